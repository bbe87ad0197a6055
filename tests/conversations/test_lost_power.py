"""Links to a new password whose maker, or whose person, is not what they were when it was made."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from conversations import actions
from conversations.accounts import staff_roles
from conversations.models import PasswordLink, User
from tests.conftest import PASSWORD, Cast
from tests.conversations.test_signing_in import NEW, browser, enter, is_in, make_link

pytestmark = pytest.mark.usefixtures("static_files")

Change = Callable[[User, User], object]


def takes(path: str, person: User) -> bool:
    """Follow a link and set a password, and return whether that signs this person in."""
    visitor = browser()
    visitor.get(path)
    visitor.post("/new-password/", {"password": NEW})
    return is_in(enter(person, NEW))


def added(by: Client) -> User:
    by.post("/admin/conversations/user/add/", {"username": "nora", "language": "en"})
    return User.objects.get(username="nora")


def test_helpdesk_keeps_no_way_into_an_account_that_is_given_power(cast: Cast) -> None:
    helpdesk = User.objects.create_user("hanna", password=PASSWORD, is_staff=True)
    staff_roles.prepare()
    helpdesk.groups.add(Group.objects.get(name="helpdesk"))
    admin = enter(cast.alice)
    nora = added(admin)
    path = make_link(enter(helpdesk), nora)
    powers = {"username": "nora", "language": "en", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    assert admin.post(f"/admin/conversations/user/{nora.pk}/change/", powers).status_code == 302
    assert not takes(path, nora)
    assert takes(make_link(admin, nora), nora), "an administrator's link is none the worse"


@pytest.mark.parametrize(
    "loses",
    [
        lambda maker, _person: User.objects.filter(pk=maker.pk).update(is_superuser=False),
        lambda maker, _person: User.objects.filter(pk=maker.pk).update(is_active=False),
        lambda maker, _person: User.objects.filter(pk=maker.pk).delete(),
    ],
    ids=["power", "access", "account"],
)
def test_who_was_an_administrator_has_no_link_left(cast: Cast, loses: Change) -> None:
    former = User.objects.create_superuser("frida", password=PASSWORD)
    path = make_link(enter(former), cast.alice)
    loses(former, cast.alice)
    assert browser().get(path).status_code == 404
    assert not takes(path, cast.alice)


def test_who_led_a_team_has_no_link_left(cast: Cast) -> None:
    invitation, _ = actions.invite(cast.alice, cast.team.pk, "member", days=1, is_single_use=True)
    dora = actions.sign_up(invitation, "dora", PASSWORD, language="en")
    lead = User.objects.create_user("lena", password=PASSWORD)
    cast.team.memberships.create(user=lead, role="lead")
    path = make_link(enter(lead), dora)
    visitor = browser()
    assert visitor.get(path).status_code == 302
    actions.change_role(cast.alice, cast.team.pk, lead.pk, "member")
    assert visitor.post("/new-password/", {"password": NEW}).status_code == 404, "nor one that was followed already"
    assert not is_in(enter(dora, NEW))


def test_a_place_lost_while_the_form_was_judged_counts(cast: Cast) -> None:
    former = User.objects.create_superuser("frida", password=PASSWORD)
    make_link(enter(former), cast.bob)
    link = PasswordLink.objects.get()
    User.objects.filter(pk=former.pk).update(is_superuser=False)
    assert not link.use()
