"""The language in force: every text that a person sees passes through `_`, every date and time of day through here.

One language for the whole process, set once by `use` as it starts. The texts of the code are English; a catalogue
`locale/LANGUAGE.po` stands in for them. How dates, times and lists are written comes from CLDR. `en` is the house's
own English: British dates, a clock of 24 hours.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale

DEFAULT = "en"
FOLDER = Path(__file__).parent / "locale"

# how `en` writes what CLDR's British English writes with a comma, or without one
_OUR_ENGLISH = {"MMMEd": "EEEE d MMM", "yMMMEd": "EEEE d MMM y", "MMMMEd": "EEEE, d MMMM"}
_QUOTED_OR_WEEKDAY = re.compile(r"'[^']*'|E+|c+")
_QUOTED_OR_MONTH = re.compile(r"'[^']*'|M{3,}")

_catalogue = NullTranslations()
_language = DEFAULT


def use(language: str, catalogue: NullTranslations | None = None) -> None:
    """From now on this language, such as `en`, `en_US` or `pt-BR`; with another `catalogue` than that of its file.

    Raises ValueError, in words, where there is no such language or no catalogue of it.
    """
    global _catalogue, _language
    found = _catalogue_of(language) if catalogue is None else catalogue
    _catalogue, _language = found, language
    _locale.cache_clear()


def check(language: str) -> None:
    """Raises as `use` does, and changes nothing."""
    _catalogue_of(language)


def _(text: str) -> str:
    """The text in the language in force."""
    return _catalogue.gettext(text) if text else ""


def counted(singular: str, plural: str, number: int) -> str:
    """The form for this many, with `{n}` filled in."""
    return _catalogue.ngettext(singular, plural, number).format(n=number)


def noop(text: str) -> str:
    """The text as it is: marks for the catalogue what passes through `_` only when it is shown."""
    return text


def tag() -> str:
    """The language in force as HTML has it: `en`, `pt-BR`."""
    return _language.replace("_", "-")


def direction() -> str:
    """`ltr` or `rtl`."""
    return _locale().text_direction


def weekday(number: int, *, short: bool = False) -> str:
    """The name of an ISO weekday: `Monday`, or `Mon`."""
    names = _locale().days["stand-alone"]["abbreviated" if short else "wide"]
    return str(names[number - 1])


def short_date(day: date, *, year: bool = False) -> str:
    """A day of the calendar: `24 Oct`, or `24 Oct 2026`."""
    return _written(day, "yMMMd" if year else "MMMd")


def weekday_date(day: date, *, year: bool = False) -> str:
    """`Friday 3 Nov`, or `Friday 3 Nov 2026`."""
    return _written(day, "yMMMEd" if year else "MMMEd")


def full_date(day: date) -> str:
    """`Friday, 3 November`, for a sentence."""
    return _written(day, "MMMMEd")


def clock(moment: datetime | time, *, seconds: bool = False) -> str:
    """A time of day as it stands there, in no other time zone: `17:04`, or `5:04 PM`; or `17:04:09`."""
    from babel.dates import format_time

    wall = moment.replace(tzinfo=None)
    return format_time(wall, "medium" if seconds else "short", locale=_locale())


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    from babel.lists import format_list

    return format_list(list(words), locale=_locale()) if words else ""


HOURS, MINUTES, SECONDS = noop("{n} h"), noop("{n} min"), noop("{n} s")


def duration(seconds: int) -> str:
    """`5400` → `1 h 30 min`; below a minute in seconds; with a minus sign where it is negative."""
    if seconds < 0:
        return "−" + duration(-seconds)
    if 0 < seconds < 60:
        return _(SECONDS).format(n=seconds)
    hours, rest = divmod(seconds, 3600)
    minutes = rest // 60
    parts = [_(HOURS).format(n=hours)] if hours else []
    if minutes or not hours:
        parts.append(_(MINUTES).format(n=minutes))
    return " ".join(parts)


def exactly(seconds: int) -> str:
    """As `duration`, and no second is left out, so that `words.seconds_in` reads the same number back."""
    if seconds < 0:
        return "−" + exactly(-seconds)
    rest = seconds % 60
    return f"{duration(seconds)} {_(SECONDS).format(n=rest)}" if rest and seconds > 60 else duration(seconds)


def number(value: float) -> str:
    """With one digit behind the point, where it has one: `1.5`, `1,000`."""
    from babel.numbers import format_decimal

    return format_decimal(value, "#,##0.#", locale=_locale())


@cache
def _locale() -> "Locale":
    from babel import Locale

    name = "en_GB" if _language == DEFAULT else _language
    return Locale.parse(name.replace("-", "_"))


def _written(day: date, skeleton: str) -> str:
    from babel.dates import format_date

    return format_date(day, _pattern(skeleton), locale=_locale())


def _pattern(skeleton: str) -> str:
    """CLDR's pattern with weekdays written out, which it has for short ones only; months too for `MMMM`."""
    if _language == DEFAULT and skeleton in _OUR_ENGLISH:
        return _OUR_ENGLISH[skeleton]
    pattern = str(_locale().datetime_skeletons[skeleton.replace("MMMM", "MMM")].pattern)
    pattern = _QUOTED_OR_WEEKDAY.sub(lambda found: _unless_quoted(found[0], "EEEE"), pattern)
    if "MMMM" in skeleton:
        pattern = _QUOTED_OR_MONTH.sub(lambda found: _unless_quoted(found[0], "MMMM"), pattern)
    return pattern


def _unless_quoted(found: str, instead: str) -> str:
    return found if found.startswith("'") else instead


def _catalogue_of(language: str) -> NullTranslations:
    from babel import Locale, UnknownLocaleError

    try:
        locale = Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError):
        locale = None
    if locale is not None and locale.language == "en":
        return NullTranslations()
    name = str(locale) if locale is not None else ""
    while name:  # `pt_BR`, then `pt`
        if (file := FOLDER / f"{name}.po").is_file():
            return _read(file)
        name = name.rpartition("_")[0]
    there = ", ".join(sorted({DEFAULT, "en_GB", "en_US", *(file.stem for file in FOLDER.glob("*.po"))}))
    raise ValueError(_("must be a language that there is a translation for: {there}").format(there=there))


def _read(file: Path) -> NullTranslations:
    from io import BytesIO

    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source, abort_invalid=True))
    compiled.seek(0)
    return GNUTranslations(compiled)
