"""Reading a file of timekpr with the parser and the settings that the daemon reads it with.

That is Python's configparser with keys as they are written, keys without a value allowed, and `%` for interpolation
(design: timekpr.md, 1). What cannot be read falls back to timekpr's default, and the daemon writes the default into
the file: `unreadable` keeps count of that. A plain file, as timekpr itself writes it, is read without configparser,
which would take longer than all else of a reading.
"""

import configparser
import io
import re

from timekpr_mngr.texts import _
from timekpr_mngr.timekpr.files import plain
from timekpr_mngr.timekpr.files.lines import normal
from timekpr_mngr.timekpr.malformed import Malformed

MAX_CHARACTERS = 256 * 1024
INT32_MAX = 2**31 - 1
_SURROGATE = re.compile("[\ud800-\udfff]")


class Ini:
    """One file. Raises Malformed where the daemon would throw the whole file away."""

    def __init__(self, text: str) -> None:
        self.unreadable: list[str] = []
        """Keys that are missing or hold what they cannot: the daemon goes by its default."""
        self.fatal: list[str] = []
        """Keys at whose value the daemon's worker breaks off, each time, before it comes to the users after."""
        lines = normal(_checked(text))
        found = plain.sections(lines)
        self._file: plain.Sections | configparser.ConfigParser = _parsed(lines) if found is None else found

    def has_section(self, section: str) -> bool:
        """Whether the file has this section."""
        return section in self._file and section != configparser.DEFAULTSECT

    def text(self, section: str, key: str, default: str) -> str:
        """A text, without the spaces around it."""
        try:
            value = self._get(section, key)
        except configparser.Error:
            self.unreadable.append(key)
            return default
        if value is None:  # a key without a value: every list that the daemon splits breaks its worker
            self.fatal.append(key)
            return default
        return value

    def items(self, section: str, key: str, default: str) -> list[str]:
        """A list with `;` between its items; blank ones are left out, but not those of spaces alone."""
        value = self.text(section, key, default).strip().strip(";")
        return [item.strip() for item in value.split(";") if item != ""]

    def whole(self, section: str, key: str, default: int) -> int:
        """A whole number; one that D-Bus cannot carry breaks the daemon's worker."""
        try:
            value = int(self._get(section, key) or "none")
        except (configparser.Error, ValueError, TypeError):
            self.unreadable.append(key)
            return default
        if abs(value) > INT32_MAX:
            self.fatal.append(key)
        return max(-INT32_MAX, min(value, INT32_MAX))

    def boolean(self, section: str, key: str, default: bool) -> bool:
        """True for 1, yes, true, on; False for 0, no, false, off."""
        try:
            return configparser.ConfigParser.BOOLEAN_STATES[(self._get(section, key) or "").lower()]
        except (configparser.Error, KeyError):
            self.unreadable.append(key)
            return default

    def raw_values(self, section: str, part_of_key: str) -> list[tuple[str, str | None]]:
        """Keys that have this in their name, in the order of the file, with their values as they are written.

        The daemon reads the whole section at once to find them, so that one bad `%` in it breaks its worker.
        """
        if not self.has_section(section):
            return []
        if isinstance(self._file, dict):
            return [(key, value) for key, value in self._file[section].items() if part_of_key in key]
        try:
            self._file.items(section)
        except configparser.Error:
            self.fatal.append(section)
        return [(key, value) for key, value in self._file.items(section, raw=True) if part_of_key in key]

    def _get(self, section: str, key: str) -> str | None:
        if not isinstance(self._file, dict):
            return self._file.get(section, key)
        try:
            return self._file[section][key]
        except KeyError:
            raise configparser.NoOptionError(key, section) from None


def _checked(text: str) -> str:
    if len(text) > MAX_CHARACTERS:
        raise Malformed(
            _("The file has more than {most} KiB, which no file of timekpr's has.").format(
                most=MAX_CHARACTERS // 1024
            )
        )
    if not text.isascii() and _SURROGATE.search(text):
        raise Malformed(_("The file holds bytes that are not UTF-8."))
    if not text.strip():
        raise Malformed(_("The file is empty."))
    return text


def _parsed(lines: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(allow_no_value=True)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    try:
        parser.read_file(io.StringIO(lines), source="the file")
    except configparser.Error as problem:
        raise Malformed(problem.message.split("\n")[0]) from None
    except AttributeError:  # Python 3.11 on an indented line after a key without a value
        raise Malformed(_("The file goes on after a key that has no value.")) from None
    return parser
