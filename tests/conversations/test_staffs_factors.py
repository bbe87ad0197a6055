"""A second factor of somebody on the staff is theirs and superusers' to take away."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

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
