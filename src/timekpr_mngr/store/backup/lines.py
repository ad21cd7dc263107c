"""Lines of JSON in a sealed file, packed by gzip: what `age -d FILE | zcat` shows."""

import json
import math
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from timekpr_mngr.domain.change import Json
from timekpr_mngr.store.backup.sealed import Sealing, opened
from timekpr_mngr.store.backup.unusable import Unusable
from timekpr_mngr.texts import _

LINE_MAX = 32 << 20  # bytes
GZIP = 31  # zlib's number for it
UNPACKED_AT_ONCE = (
    256 * 1024
)  # bytes; however far a packed byte may grow, no more is unpacked before it is looked at


class Writing:
    """Writes lines. They are only whole, and can only be read, after `finish`."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        self._sealing = Sealing(file, passphrase)
        self._packing = zlib.compressobj(wbits=GZIP)

    def write(self, value: Json) -> None:
        """One line."""
        line = json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n"
        if len(line) > LINE_MAX:
            raise ValueError(f"a line of {len(line)} bytes could not be read again")
        self._sealing.write(self._packing.compress(line))

    def finish(self) -> None:
        """Ends it; the file itself stays open."""
        self._sealing.write(self._packing.flush())
        self._sealing.finish()


def read(file: BinaryIO, passphrase: str) -> Iterator[Json]:
    """Every line's value. Raises Invalid for another passphrase, and Unusable.

    The end of the iteration proves that the file is whole.
    """
    return (_value(line) for line in _lines(_unpacked(opened(file, passphrase))))


def _unpacked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    packed = zlib.decompressobj(wbits=GZIP)
    for chunk in chunks:
        waiting, is_more = chunk, True
        while is_more:
            try:
                piece = packed.decompress(waiting, UNPACKED_AT_ONCE)
            except zlib.error:
                raise _nonsense() from None
            if packed.unused_data:
                raise _nonsense()
            waiting = packed.unconsumed_tail
            is_more = bool(waiting) or len(piece) == UNPACKED_AT_ONCE
            yield piece
    if not packed.eof:
        raise _nonsense()


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for piece in pieces:
        first, *whole = piece.split(b"\n")
        held += first
        if len(held) > LINE_MAX:
            raise _nonsense()
        if whole:
            yield bytes(held)
            yield from whole[:-1]
            held = bytearray(whole[-1])
    if held:
        raise _nonsense()


def _value(line: bytes) -> Json:
    try:
        value: Json = _DECODER.decode(line.decode())
    except (ValueError, RecursionError):
        raise _nonsense() from None
    return value


def _number(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


def _no_number(text: str) -> Any:
    raise ValueError(text)


_DECODER = json.JSONDecoder(parse_constant=_no_number, parse_float=_number)


def _nonsense() -> Unusable:
    return Unusable(
        _("This file was sealed with the passphrase, but what is in it is no backup of timekpr-mngr.")
    )
