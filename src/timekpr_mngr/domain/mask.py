"""What a PlayTime mask matches: timekpr-next searches a program with three patterns made of it.

Seen in the rig and read in its source (0.5.4): the program is its whole path, `/usr/bin/steam`; where the server's
PlayTime also looks at the command, the first 512 characters of that are searched as well. Capitals count. What is no
pattern is taken letter by letter.
"""

import re
from dataclasses import dataclass

COMMAND_MAX = 512
USUAL_FOLDER = "/usr/bin/"


@dataclass(frozen=True, slots=True)
class Program:
    """What timekpr would see of a running program: a space stands after the last word of its command."""

    path: str
    command: str


def program_of(typed: str) -> Program:
    """What a person means by a name: `steam` is `/usr/bin/steam`, and in `java -jar x.jar` the program is java."""
    command = typed.strip()
    first = command.split(" ", 1)[0]
    path = first if first.startswith("/") else f"{USUAL_FOLDER}{first}"
    return Program(path, f"{command} "[:COMMAND_MAX])


def patterns(mask: str) -> tuple[str, ...]:
    """Each of them is searched for; one that is found is enough. The mask stands in them as it is, not in brackets."""
    try:
        re.compile(f"^{mask}$")
        meant = mask
    except re.error:
        meant = re.escape(mask)
    return f"^{meant}$", rf"[/\\]{meant}$", rf"[/\\]{meant} "


def has_open_choice(mask: str) -> bool:
    """Whether a | stands outside of all ( ): `a|b` then also matches what merely begins or ends like one of them."""
    return any(letter == "|" and not depth for letter, depth in _letters(mask))


def repeats_repeats(mask: str) -> bool:
    """Whether something that repeats, or has a choice in it, is itself repeated, as in `(a+)+`.

    A name can be made for such a mask over which timekpr, and with it the limits of everybody, would hang for hours.
    """
    groups: list[bool] = []  # for each that is open: whether something in it repeats, or is a choice
    position = 0
    while position < len(mask):
        letter = mask[position]
        step = 2 if letter == "\\" else 1
        if letter == "(":
            groups.append(False)
        elif letter == ")" and groups:
            inside = groups.pop()
            length = _repetition(mask[position + 1 :])
            if inside and length:
                return True
            if groups:
                groups[-1] = groups[-1] or inside or bool(length)
        elif groups and (letter == "|" or _repetition(mask[position:])):
            groups[-1] = True
        position += step
    return False


def _repetition(rest: str) -> int:
    """The length of the `*`, `+` or `{2,5}` at the start; 0 where there is none."""
    match = re.match(r"[*+]|\{\d*,?\d*\}", rest)
    return match.end() if match else 0


def _letters(mask: str) -> list[tuple[str, int]]:
    """Those that mean something, with how deep in ( ) they stand."""
    found, depth, position = [], 0, 0
    while position < len(mask):
        letter = mask[position]
        if letter == "\\":
            position += 2
            continue
        depth += (letter == "(") - (letter == ")")
        found.append((letter, depth))
        position += 1
    return found
