"""A duration, typed as people say it."""

from collections.abc import Callable

from nicegui import ui

from timekpr_mngr.errors import Invalid
from timekpr_mngr.services import words
from timekpr_mngr.texts import _


class DurationInput(ui.input):
    """Takes `3 h 30 min`, `3:30`, `210`; with `whole`, also `no limit`, which is that much. Tidies up when left.

    `seconds` is None while what stands there cannot be read; then the field says so.
    """

    def __init__(
        self,
        name: str,
        seconds: int | None,
        *,
        whole: int | None = None,
        label: bool = False,
        on_seconds: Callable[[], None] | None = None,
    ) -> None:
        self._whole = whole
        self._on_seconds = on_seconds
        super().__init__(
            name if label else None,
            value=self._words(seconds),
            placeholder=_("no limit") if whole else "1 h 30 min",
            on_change=self._typed,
        )
        self.props("outlined dense hide-bottom-space no-error-icon autocomplete=off").props["aria-label"] = (
            name
        )
        self.seconds = seconds
        self.without_auto_validation()
        self.on("blur", self._tidy)

    def put(self, seconds: int | None) -> None:
        """Shows a value that does not come from the keyboard."""
        self.seconds = seconds
        self.set_value(self._words(seconds))
        self.error = None

    def _typed(self) -> None:
        try:
            self.seconds = words.seconds_in(self.value or "", self._whole)
            if self._whole is not None and self.seconds > self._whole:
                raise Invalid("", _("At most {time}.").format(time=words.exactly(self._whole)))
            self.error = None
        except Invalid as problem:
            self.seconds = None
            self.error = problem.message
        if self._on_seconds is not None:
            self._on_seconds()

    def _tidy(self) -> None:
        """Not where an error stands, which would be wiped: a press on Save can be heard before the field is left."""
        if self.seconds is not None and not self.error:
            self.set_value(self._words(self.seconds))

    def _words(self, seconds: int | None) -> str:
        if seconds is None:
            return ""
        return words.limit(seconds, self._whole) if self._whole is not None else words.exactly(seconds)
