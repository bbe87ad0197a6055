"""Only superusers may remove people who have power over the site, and what protects them."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from conversations.models import User
from tests.conftest import Cast
from tests.providers.administering import page, staff

pytestmark = pytest.mark.usefixtures("static_files")


def test_the_second_factors_of_staff_are_taken_away_by_superusers_alone(cast: Cast) -> None:
    for person in (cast.alice, cast.carol):
        TOTP.activate(person, generate_totp_secret())
    client = staff(cast, "view_authenticator", "delete_authenticator")
    for person, status in ((cast.alice, 403), (cast.carol, 302)):
        factor = Authenticator.objects.get(user=person)
        assert client.post(page(Authenticator, "delete", factor.pk), {"post": "yes"}).status_code == status
    assert Authenticator.objects.get().user == cast.alice
    client.post(page(Authenticator, "changelist"), {"action": "delete_selected", "post": "yes",
                "_selected_action": [str(Authenticator.objects.get().pk)]})  # fmt: skip
    assert Authenticator.objects.get().user == cast.alice


def test_people_with_power_are_deleted_by_superusers_alone(cast: Cast) -> None:
    client = staff(cast, "view_user", "delete_user")
    mighty = User.objects.create_user("dora", is_staff=True)
    for person, status in ((mighty, 403), (cast.carol, 302)):
        assert client.post(page(User, "delete", person.pk), {"post": "yes"}).status_code == status
        assert User.objects.filter(pk=person.pk).exists() == (status == 403)
