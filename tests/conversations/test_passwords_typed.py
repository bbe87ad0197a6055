"""A password is right on every keyboard: whether it composes its letters or not, in full width or not."""

import unicodedata
from typing import Any, Literal

import pytest

from chatsite import settings as site_settings
from chatsite.password_hashers import ScryptPasswordHasher
from tests.conftest import Cast
from tests.conversations.test_signing_in import enter, is_in

pytestmark = pytest.mark.usefixtures("static_files")

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
FORMS: tuple[Form, ...] = ("NFC", "NFD", "NFKC", "NFKD")
PASSWORD = "pässwörd é １２３"
"""Digits in full width, as a Chinese keyboard may type them."""


@pytest.mark.parametrize("kept", FORMS)
def test_a_password_is_right_however_its_letters_are_composed(
    cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch, kept: Form
) -> None:
    settings.PASSWORD_HASHERS = site_settings.PASSWORD_HASHERS
    monkeypatch.setattr(ScryptPasswordHasher, "work_factor", 2)  # quick
    cast.bob.set_password(unicodedata.normalize(kept, PASSWORD))
    cast.bob.save()
    for typed in FORMS:
        assert is_in(enter(cast.bob, unicodedata.normalize(typed, PASSWORD))), typed
    assert not is_in(enter(cast.bob, "password e 123"))
