"""Tries masks on programs. In a process of its own: a pattern can be such that it is never done."""

import asyncio
import contextlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from timekpr_mngr.domain.mask import patterns, program_of

PATIENCE_SECONDS = 8.0
MOST_MASKS, MOST_NAMES, NAME_MAX = 100, 40, 512
_PROGRAM = """
import json, re, sys
masks, programs = json.load(sys.stdin)
ready = [[re.compile(one) for one in patterns] for patterns in masks]
found = lambda patterns, text: any(one.search(text) for one in patterns)
json.dump([[[found(mask, text) for text in program] for mask in ready] for program in programs], sys.stdout)
"""


@dataclass(frozen=True, slots=True)
class Tried:
    """Of one name: the first mask that matches the program, and the first that matches its command; None for none."""

    name: str
    by: str | None
    by_command: str | None


async def tried(
    masks: Sequence[str], names: Sequence[str], patience_seconds: float = PATIENCE_SECONDS
) -> tuple[Tried, ...] | None:
    """What timekpr would say of each name, in their order; None where it would take too long over a mask."""
    masks = masks[:MOST_MASKS]
    names = [name[:NAME_MAX] for name in names[:MOST_NAMES]]
    programs = [program_of(name) for name in names]
    question = [
        [patterns(mask) for mask in masks],
        [(program.path, program.command) for program in programs],
    ]
    answer = await _answered(json.dumps(question).encode(), patience_seconds)
    if answer is None:
        return None
    result = []
    for name, row in zip(names, answer, strict=True):
        by = next((mask for mask, found in zip(masks, row, strict=True) if found[0]), None)
        by_command = next((mask for mask, found in zip(masks, row, strict=True) if found[1]), None)
        result.append(Tried(name, by, by_command))
    return tuple(result)


async def _answered(question: bytes, patience_seconds: float) -> list[list[list[bool]]] | None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-S",
        "-c",
        _PROGRAM,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(patience_seconds):
            said, _nothing = await process.communicate(question)
    except TimeoutError:
        return None
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    answer: list[list[list[bool]]] | None = json.loads(said) if process.returncode == 0 else None
    return answer
