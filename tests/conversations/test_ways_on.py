"""Ends of a way: the words that pages say there, and the link that goes on."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from conversations.models import Conversation
from providers import local_model
from providers.models import LanguageModel
from tests.conftest import Cast
from tests.conversations.test_teams import enter

pytestmark = pytest.mark.usefixtures("static_files")


def test_a_reader_is_told_who_writes(cast: Cast, model: LanguageModel) -> None:
    conversation = Conversation.objects.create(owner=cast.alice, team=cast.team, title="A plan")
    page = enter(cast.rita).get(f"/conversations/{conversation.pk}/").content.decode()
    assert "You can read this conversation. Only members and leads of the team can write in it." in page


def test_a_stranger_who_wants_a_copy_is_told_why_to_sign_in(cast: Cast) -> None:
    asked = enter(None).get(f"/accounts/login/?next={reverse('copy-share')}").content.decode()
    assert "Sign in to go on from the shared conversation in a private copy of yours." in asked
    assert "private copy" not in enter(None).get("/accounts/login/").content.decode()


def test_after_the_trial_model_the_way_to_a_vendor_is_shown(cast: Cast, model: LanguageModel) -> None:
    way = f'href="{reverse("admin:providers_endpoint_preset")}"'
    assert way not in enter(cast.alice).get("/").content.decode()
    LanguageModel.objects.update(name=local_model.DISPLAY_NAME)
    assert way in enter(cast.alice).get("/").content.decode()
    assert way not in enter(cast.bob).get("/").content.decode()


def test_a_team_leads_to_its_first_conversation(cast: Cast, model: LanguageModel) -> None:
    way = f"/?team={cast.team.pk}"
    assert f'href="{way}"' in enter(cast.bob).get(f"/teams/{cast.team.pk}/").content.decode()
    assert f'href="{way}"' not in enter(cast.rita).get(f"/teams/{cast.team.pk}/").content.decode()
    assert f'<option value="{cast.team.pk}" data-model="" selected>' in enter(cast.bob).get(way).content.decode()
    assert "selected>Crew" not in enter(cast.bob).get("/").content.decode()


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "big5", "utf-8"])
def test_a_long_text_in_any_encoding_is_taken(cast: Cast, encoding: str) -> None:
    file = SimpleUploadedFile("notes.txt", ("會議記錄，第一行\n" * 9000).encode(encoding))
    told = enter(cast.alice).post("/api/v1/files", {"file": file}).json()
    assert (told.get("error"), told["media_type"]) == (None, "text/plain")


def test_what_is_no_text_at_all_is_not_called_one(cast: Cast) -> None:
    file = SimpleUploadedFile("archive.zip", b"PK\x03\x04\x14\x00\x08" + bytes(range(256)))
    assert enter(cast.alice).post("/api/v1/files", {"file": file}).json()["error"]["code"] == "unreadable_file"
