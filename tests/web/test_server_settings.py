"""Each setting of a server says what it does and when it takes effect."""

from timekpr_mngr.domain.field import SERVER_FIELDS
from timekpr_mngr.web.ui.parts.server_settings import EXPLAINED, explained


def test_no_setting_is_without_its_explanation() -> None:
    assert EXPLAINED.keys() == SERVER_FIELDS.keys()
    assert all(len(explained(name).splitlines()) == 2 for name in SERVER_FIELDS)
