"""The sealed file: age's format, and nothing else than what was sealed comes out of it."""

import io
import os
from pathlib import Path

import pytest

from timekpr_mngr.errors import Invalid
from timekpr_mngr.store.backup import Unusable
from timekpr_mngr.store.backup.sealed import CHUNK, TAG, Sealing, opened

PASSPHRASE = "grüße an alle"
SECRET = b"all that is kept " * 3


def seal(data: bytes) -> bytes:
    """All of a sealed file."""
    file = io.BytesIO()
    sealing = Sealing(file, PASSPHRASE)
    for start in range(0, len(data), 40_000):
        sealing.write(data[start : start + 40_000])
    sealing.finish()
    return file.getvalue()


def unseal(data: bytes, passphrase: str = PASSPHRASE) -> bytes:
    """What is in it."""
    return b"".join(opened(io.BytesIO(data), passphrase))


def refused(data: bytes) -> None:
    """It is no whole file of ours, or the passphrase does not fit any more."""
    with pytest.raises((Unusable, Invalid)):
        unseal(data)


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 5])
def test_what_was_sealed_comes_out_again(size: int) -> None:
    data = os.urandom(size)

    assert unseal(seal(data)) == data


def test_what_another_program_has_sealed_in_this_format_can_be_opened() -> None:
    sealed_elsewhere = (Path(__file__).parent / "data" / "sealed-elsewhere.age").read_bytes()

    assert unseal(sealed_elsewhere, "correct horse battery") == b"by another program\n"


def test_another_passphrase_opens_nothing() -> None:
    with pytest.raises(Invalid, match="does not open the file") as caught:
        unseal(seal(SECRET), "grüsse an alle")
    assert caught.value.field == "passphrase"


def test_what_is_inside_cannot_be_read_from_the_file() -> None:
    assert SECRET[:17] not in seal(SECRET)


def test_wherever_it_is_cut_off_it_is_refused() -> None:
    whole = seal(SECRET)
    for size in range(len(whole)):
        refused(whole[:size])


def test_whichever_byte_is_altered_it_is_refused() -> None:
    whole = seal(SECRET)
    for at in range(len(whole)):
        refused(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])


def test_chunks_that_are_moved_left_out_doubled_or_added_are_refused() -> None:
    whole = seal(os.urandom(3 * CHUNK + 5))
    begins = len(whole) - 3 * (CHUNK + TAG) - 5 - TAG
    head, body = whole[:begins], whole[begins:]
    one, two, three, last = (body[at : at + CHUNK + TAG] for at in range(0, len(body), CHUNK + TAG))
    assert unseal(head + one + two + three + last)

    for chunks in (
        (two, one, three, last),
        (one, two, last),
        (one, two, three),
        (one, one, two, three, last),
        (one, two, three, last, last),
        (one, two, three, last, b"x"),
        (last,),
        (),
    ):
        refused(head + b"".join(chunks))


def test_the_beginning_of_one_file_does_not_go_with_the_rest_of_another() -> None:
    one, two = seal(SECRET), seal(SECRET)

    refused(one[:-80] + two[-80:])


def test_a_file_that_wants_all_the_memory_is_refused_before_it_gets_it() -> None:
    with pytest.raises(Unusable, match="more memory"):
        unseal(seal(SECRET).replace(b" 10\n", b" 30\n", 1))


@pytest.mark.parametrize(
    "file", [b"", b"age-encryption.org/v1\n", b"\x1f\x8b\x08" + bytes(200), b"-" * 10_000]
)
def test_another_kind_of_file_is_said_to_be_no_backup(file: bytes) -> None:
    with pytest.raises(Unusable, match="no backup"):
        unseal(file)
