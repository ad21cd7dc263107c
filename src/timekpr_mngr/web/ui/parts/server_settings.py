"""timekpr.conf as fields, grouped, each with what it does and when it takes effect."""

from timekpr_mngr.services import words
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.edits import Edits
from timekpr_mngr.web.ui.parts.card import card
from timekpr_mngr.web.ui.parts.fields import choice_field, duration_field, switch_field, words_field
from timekpr_mngr.web.ui.parts.text import element


def server_settings(edits: Edits, *, enabled: bool) -> None:
    """Every setting of a server but its directories. All of them take effect at once, unless it says otherwise."""
    with card(_("When time runs out"), _("Takes effect at once.")), element("div"):
        duration_field(
            edits,
            "final_notification_seconds",
            _("The last notification comes so long before the end."),
            enabled=enabled,
        )
        duration_field(
            edits,
            "final_warning_seconds",
            _("For so long before the end a warning counts down on the screen."),
            enabled=enabled,
        )
        duration_field(
            edits,
            "termination_seconds",
            _("When time is over, it takes so long until the session ends. Time given meanwhile stops it."),
            enabled=enabled,
        )
    with card(_("Who and what is counted"), _("Applies from each user's next sign-in.")), element("div"):
        words_field(edits, "session_types", _("Kinds of sessions in which time passes."), enabled=enabled)
        words_field(
            edits,
            "excluded_session_types",
            _("In these no time passes, even if they stand above."),
            enabled=enabled,
        )
        words_field(
            edits,
            "excluded_users",
            _("Logins that are not counted at all, such as the login screen's own."),
            enabled=enabled,
        )
        switch_field(
            edits,
            "track_inactive",
            _("What new users start with, says timekpr; so far it does not pass it on."),
            enabled=enabled,
        )
    with card(_("PlayTime"), _("Takes effect at once.")), element("div"):
        switch_field(edits, "playtime_enabled", _("Needed besides each user's own switch."), enabled=enabled)
        switch_field(
            edits,
            "playtime_enhanced",
            _("Compares the whole command line, not the program's name alone."),
            enabled=enabled,
        )
    with card(_("How timekpr works"), _("Takes effect at once. The defaults are good.")), element("div"):
        duration_field(
            edits, "poll_seconds", _("How often timekpr looks who is there: 1 to 60 s."), enabled=enabled
        )
        duration_field(
            edits,
            "save_seconds",
            _("How often it writes down the time used, and sees what was edited by hand."),
            enabled=enabled,
        )
        choice_field(
            edits,
            "log_level",
            _("How much it writes to its log."),
            {level: _(word) for level, word in words.LOG_LEVELS.items()},
            enabled=enabled,
        )
