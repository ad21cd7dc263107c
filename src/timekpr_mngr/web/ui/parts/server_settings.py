"""timekpr.conf as fields, grouped, each with what it does and when it takes effect.

When each takes effect was tried with the real daemon (tests/contract/test_when_settings_apply.py); timekpr reads its
file only when it starts, but what is set through it holds without a restart.
"""

from timekpr_mngr.services import words
from timekpr_mngr.texts import _, noop
from timekpr_mngr.web.ui.edits import Edits
from timekpr_mngr.web.ui.parts.card import card
from timekpr_mngr.web.ui.parts.fields import choice_field, duration_field, switch_field, words_field
from timekpr_mngr.web.ui.parts.text import element

AT_ONCE = noop("Takes effect at once.")

EXPLAINED: dict[str, tuple[str, str]] = {
    "final_notification_seconds": (
        noop("The last message with the time left comes so long before the end."),
        AT_ONCE,
    ),
    "final_warning_seconds": (
        noop("For so long before the end a warning counts down on the screen."),
        AT_ONCE,
    ),
    "termination_seconds": (
        noop("When time is over, it takes so long until the session ends. Time given meanwhile stops it."),
        noop("Takes effect at once; an end that is already counted down keeps its length."),
    ),
    "session_types": (
        noop("Time passes in these kinds of sessions: x11 and wayland are desktops, tty is a text console."),
        noop("Takes effect within seconds, also for who is signed in now."),
    ),
    "excluded_session_types": (
        noop("In these no time passes, even if they stand above."),
        noop("Takes effect within seconds, also for who is signed in now."),
    ),
    "excluded_users": (
        noop("Logins without any limit, such as the login screen's own."),
        noop("Who is added is counted until their session ends; who is taken off is counted within seconds."),
    ),
    "track_inactive": (
        noop("Meant for new users: that time passes while the screen is locked."),
        noop(
            "So far without effect: timekpr keeps it and does not pass it on. Each user has a switch of their own."
        ),
    ),
    "playtime_enabled": (
        noop("Needed besides each user's own switch."),
        noop("Takes effect within half a minute, also for programs that run now."),
    ),
    "playtime_enhanced": (
        noop(
            "Compares the whole command, not the program's name alone: needed for games that run in java or wine."
        ),
        noop("Switched on, it takes effect for programs that are started afterwards."),
    ),
    "poll_seconds": (
        noop(
            "How often timekpr looks who is there and counts: 1 to 30 s. Longer saves power and is less exact."
        ),
        noop("Takes effect after its next look."),
    ),
    "save_seconds": (
        noop(
            "How often it writes down the time used. As much is lost when the computer is switched off hard, and so "
            "long a time given right after the day's first sign-in waits."
        ),
        AT_ONCE,
    ),
    "log_level": (noop("How much it writes to its log, for finding out what went wrong."), AT_ONCE),
}
"""What a setting does, and when it takes effect."""


def server_settings(edits: Edits, *, enabled: bool) -> None:
    """Every setting of a server but its directories."""
    with card(_("When time runs out"), _("The same for everybody on this computer.")), element("div"):
        for name in ("final_notification_seconds", "final_warning_seconds", "termination_seconds"):
            duration_field(edits, name, explained(name), enabled=enabled)
    with card(_("Who and what is counted")), element("div"):
        for name in ("session_types", "excluded_session_types", "excluded_users"):
            words_field(edits, name, explained(name), enabled=enabled)
        switch_field(edits, "track_inactive", explained("track_inactive"), enabled=enabled)
    with card(_("PlayTime")), element("div"):
        for name in ("playtime_enabled", "playtime_enhanced"):
            switch_field(edits, name, explained(name), enabled=enabled)
    with card(_("How timekpr works"), _("The defaults are good.")), element("div"):
        for name in ("poll_seconds", "save_seconds"):
            duration_field(edits, name, explained(name), enabled=enabled)
        choice_field(
            edits,
            "log_level",
            explained("log_level"),
            {level: _(word) for level, word in words.LOG_LEVELS.items()},
            enabled=enabled,
        )


def explained(name: str) -> str:
    """What the setting does, and on a line of its own when it takes effect."""
    what, when = EXPLAINED[name]
    return f"{_(what)}\n{_(when)}"
