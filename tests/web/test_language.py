"""The language of a page, for whoever reads it out, and which way it is read."""

from collections.abc import Iterator
from gettext import NullTranslations

import pytest

from timekpr_mngr import texts
from timekpr_mngr.web.plain_page import plain_page
from timekpr_mngr.web.ui.language import language


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    texts.use(texts.DEFAULT)


@pytest.mark.parametrize(
    ("in_force", "of_pages"),
    [
        ("en", "en-GB"),
        ("en_US", "en-US"),
        ("en_NZ", "en-GB"),  # what the elements do not speak is spoken by the nearest that they do
        ("de", "de"),
        ("de_AT", "de"),
        ("pt_BR", "pt-BR"),
        ("nb", "nb-NO"),
        ("cy", "en-GB"),
    ],
)
def test_the_elements_speak_the_language_in_force_or_the_nearest(in_force: str, of_pages: str) -> None:
    texts.use(in_force, NullTranslations())

    assert language() == of_pages


@pytest.mark.parametrize(
    ("in_force", "head"), [("en", '<html lang="en" dir="ltr">'), ("ar", '<html lang="ar" dir="rtl">')]
)
def test_the_page_to_sign_in_says_its_language(in_force: str, head: str) -> None:
    texts.use(in_force, NullTranslations())

    assert head in bytes(plain_page("").body).decode()
