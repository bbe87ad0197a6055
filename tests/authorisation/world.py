"""The rows of the access matrix, the same for every role: each change to them is rolled back."""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core import signing
from django.test import Client
from django.utils import timezone

from conversations.actions.assistants.files import add_files as add_assistant_files
from conversations.actions.assistants.writing import create_assistant
from conversations.actions.prompts.writing import create_prompt
from conversations.files import storage
from conversations.hashed_tokens import new_token, token_digest
from conversations.mail import addresses
from conversations.models import (
    Arrangement,
    Budget,
    CatchUp,
    Conversation,
    ConversationImport,
    Guest,
    Installation,
    Instructions,
    Invitation,
    Membership,
    Message,
    Notification,
    PasswordLink,
    PersonalToken,
    Project,
    ProjectFile,
    ProjectMember,
    Remark,
    Share,
    Summary,
    Target,
    Team,
    TeamGrant,
    UsageRecord,
    User,
    Verification,
)
from conversations.models.message import Role as Speaker
from conversations.models.message import Status
from conversations.protocol.prompts import Place, checked
from conversations.search.rebuilding import mend
from providers.audit import log
from providers.models import ApiKey, Deployment, Endpoint, LanguageModel, Trouble
from tests.authorisation.roles import SIGNED_IN, Role
from tests.conftest import PASSWORD

Ids = dict[str, Any]
HOUR = timedelta(hours=1)
PROJECTS = ("private", "shared", "narrow", "foreign")
TITLE, WORDS, FILE = "canary-title-of-{}", "canary-words-in-{}", "canary-file-in-{}.txt"


@dataclass
class World:
    """`targets` are the ids in addresses and bodies, `markers` the words of each conversation."""

    people: dict[str, User] = field(default_factory=dict)
    targets: dict[str, Ids] = field(default_factory=dict)
    markers: dict[str, list[str]] = field(default_factory=dict)
    clients: dict[Role, Client] = field(default_factory=dict)
    tokens: dict[Role, str] = field(default_factory=dict)

    def session(self, role: Role) -> str:
        cookie = self.clients[role].cookies.get("sessionid")
        return cookie.value if cookie else ""


def absent(ids: Ids, only: str = "") -> Ids:
    """Return ids of the same form that no row has; with `only`, replace that one alone."""
    return {name: _other(value) if only in ("", name) else value for name, value in ids.items()}


def _other(value: Any) -> Any:
    if isinstance(value, UUID):
        return uuid4()
    if isinstance(value, int):
        return value + 10**6
    return secrets.token_urlsafe(32)[: len(value)]


def build() -> World:
    """Create people, two teams, three conversations, links, tokens, and one row of every model in the admin."""
    world = World()
    crew, others = Team.objects.create(name="Crew"), Team.objects.create(name="Foreigners")
    _people(world, crew, others)
    _models(world, crew, others)
    _projects(world, crew)
    _conversations(world, crew)
    _archive(world, crew)
    _moves(world, crew, others)
    _links(world, crew, others)
    _shares(world)
    _tokens(world)
    _prompts(world, crew)
    _assistants(world, crew)
    _imports(world)
    _notifications(world, crew)
    _rows_for_the_admin(world)
    sum(mend())
    _sign_in(world)
    return world


def _people(world: World, crew: Team, others: Team) -> None:
    names = [role for role in Role if "program" not in role and role != Role.ANONYMOUS] + [
        "both",
        "clerk",
        "newcomer",
        "guarded",
    ]
    for name in names:
        world.people[name] = User.objects.create_user(name, password=PASSWORD, language="en")
    for name in ("newcomer", "guarded", "both", "clerk"):
        _with(world.people[name], made_in=crew)
    TOTP.activate(world.people["guarded"], generate_totp_secret())
    told = {"user": world.people["guarded"], "type": Authenticator.Type.WEBAUTHN, "data": {"name": "Blue key"}}
    world.targets["passkey"] = {"pk": Authenticator.objects.create(**told).pk}
    _with(world.people["staff"], is_staff=True)
    _with(world.people["clerk"], is_staff=True)
    _with(world.people["superuser"], is_staff=True, is_superuser=True)
    places = {"reader": "reader", "lead": "lead", "deactivated": "lead"}
    places |= dict.fromkeys(["member", "owner", "half", "both", "clerk", "newcomer", "guarded"], "member")
    for name, role in places.items():
        Membership.objects.create(team=crew, user=world.people[name], role=role)
    for name, role in {"other": "lead", "both": "member"}.items():
        Membership.objects.create(team=others, user=world.people[name], role=role)


def _with(person: User, **fields: Any) -> None:
    User.objects.filter(pk=person.pk).update(**fields)
    person.refresh_from_db()


def _models(world: World, crew: Team, others: Team) -> None:
    """Create one model for everybody, and one for each team."""
    endpoint = Endpoint.objects.create(name="Ours", wire="openai", base_url="https://vendor.example/v1")
    site = ApiKey.objects.create(endpoint=endpoint, secret="sk-test-of-the-matrix")
    own = ApiKey.objects.create(endpoint=endpoint, secret="sk-test-of-a-member", owner=world.people["member"])
    world.targets |= {"site key": {"key_id": site.pk}, "own key": {"key_id": own.pk}}
    for name, team in (("parrot", None), ("crew-parrot", crew), ("foreign-parrot", others)):
        model = LanguageModel.objects.create(name=name)
        Deployment.objects.create(model=model, endpoint=endpoint, vendor_id=name)
        if team:
            team.models.add(model)
            world.targets[name] = {"model_id": model.pk}
            world.markers[name] = [name]


def _conversations(world: World, crew: Team) -> None:
    parrot = LanguageModel.objects.get(name="parrot")
    told = (("private", "owner", None), ("shared", "owner", crew), ("left", "gone", crew), ("deleted", "owner", crew),
            ("narrow", "owner", crew), ("guests", "owner", None))  # fmt: skip
    narrow = world.targets["project narrow"]["project_id"]
    for name, owner, team in told:
        person = world.people[owner]
        world.markers[name] = [text.format(name) for text in (TITLE, WORDS, FILE)]
        title, words, file_name = world.markers[name]
        conversation = Conversation.objects.create(
            owner=person, team=team, title=title, revision=2, system_prompt=words,
            deleted_at=timezone.now() if name == "deleted" else None, project_id=narrow if name == "narrow" else None,
        )  # fmt: skip
        file = storage.store(person, file_name, "text/plain", words.encode())
        question = Message.objects.create(
            conversation=conversation, role=Speaker.USER, author=person, text=words, status=Status.COMPLETE, revision=1,
            parts=[storage.part_of(file), {"kind": "text", "text": words}],
        )  # fmt: skip
        storage.attach(question, [file])
        reply = Message.objects.create(
            conversation=conversation, parent=question, role=Speaker.ASSISTANT, author=person, text=words, revision=2,
            parts=[{"kind": "text", "text": words}], status=Status.STOPPED, model=parrot, model_name="parrot",
        )  # fmt: skip
        said = Message.objects.create(
            conversation=conversation, parent=reply, role=Speaker.USER, author=person, text=words, revision=2,
            parts=[{"kind": "text", "text": words}], status=Status.COMPLETE, for_people=True,
        )  # fmt: skip
        ids = {"conversation_id": conversation.pk, "question": question.pk, "reply": reply.pk, "file_id": file.pk}
        ids["said"] = said.pk
        vouched = Message.objects.create(
            conversation=conversation, parent=question, role=Speaker.ASSISTANT, author=person, text=words, revision=2,
            parts=[{"kind": "text", "text": words}], status=Status.COMPLETE, model=parrot, model_name="parrot",
        )  # fmt: skip
        Verification.objects.create(message=vouched, conversation=conversation, by=person, note=words, revision=2)
        ids["vouched"] = vouched.pk
        remark = Remark(message=reply, conversation=conversation, author=person, text=words, revision=2)
        remark.save()
        ids["remark"] = remark.pk
        told = CatchUp(conversation=conversation, first=1, last=2, language="en", asker=person, model_name="parrot")
        told.save()
        ids["catch_up_id"] = told.pk
        summary = Summary(conversation=conversation, message=reply, status="ready", text=words, model_name="parrot")
        summary.save()
        summary.versions.create(number=1, text=words, is_by_model=True)
        ids["summary_id"] = summary.pk
        world.targets[name] = {**ids, "team_id": crew.pk} if team else ids
    guests = world.targets["guests"]
    Conversation.objects.filter(pk=guests["conversation_id"]).update(has_guests=True)
    for name in ("reader", "member"):
        place = {"conversation_id": guests["conversation_id"], "user": world.people[name]}
        Guest.objects.create(**place, writes=name == "member")
        world.targets[f"guests, the {name}"] = {**guests, "person_id": world.people[name].pk}
    others = Team.objects.get(name="Foreigners")
    TeamGrant.objects.create(conversation_id=guests["conversation_id"], team=others, writes=True)
    world.targets["guests, a team"] = {**guests, "team_id": others.pk}
    world.targets["shared, no guest"] = {**world.targets["shared"], "person_id": world.people["member"].pk}
    unsent = storage.store(world.people["owner"], FILE.format("unsent"), "text/plain", b"x")
    world.targets["unsent"] = {"file_id": unsent.pk}


def _archive(world: World, crew: Team) -> None:
    world.markers["archived"] = [TITLE.format("archived")]
    archived = Conversation.objects.create(owner=world.people["lead"], team=crew, title=TITLE.format("archived"))
    Arrangement.objects.create(user=world.people["member"], conversation=archived, archived_at=1)


def _projects(world: World, crew: Team) -> None:
    """Create projects: one's own, the team's, one for the owner and the lead alone, one of another team."""
    told: tuple[tuple[str, str, Team | None, tuple[str, ...]], ...] = (
        ("private", "owner", None, ()),
        ("shared", "owner", crew, ()),
        ("narrow", "owner", crew, ("owner", "lead")),
        ("foreign", "other", _team_of_projects(world), ()),
    )
    for name, owner, team, members in told:
        person = world.people[owner]
        world.markers[f"project {name}"] = [text.format(f"project-{name}") for text in (TITLE, WORDS, FILE)]
        title, words, file_name = world.markers[f"project {name}"]
        project = Project.objects.create(
            name=title, owner=person, team=team, is_narrow=bool(members), instructions=words, version=1
        )
        Instructions.objects.create(project=project, number=1, text=words, author=person)
        file = storage.store(person, file_name, "text/plain", words.encode())
        ProjectFile.objects.create(project=project, file=file)
        for member in members:
            place = Membership.objects.get(team=team, user=world.people[member])
            ProjectMember.objects.create(project=project, membership=place)
        heir = world.people["other" if name == "foreign" else "lead"]
        ids = {"project_id": project.pk, "file_id": file.pk, "person_id": heir.pk, "number": 1}
        world.targets[f"project {name}"] = ids


def _team_of_projects(world: World) -> Team:
    """Create another foreign team: the other one is deleted by administrators, who delete none with projects."""
    team = Team.objects.create(name="Overseas")
    Membership.objects.create(team=team, user=world.people["other"], role="lead")
    return team


def _moves(world: World, crew: Team, others: Team) -> None:
    """Create possible moves of conversations, and the words that pages show to people who may make them."""
    private, shared, model = world.targets["private"], world.targets["shared"], world.targets["foreign-parrot"]
    readers = Conversation.objects.create(owner=world.people["reader"], revision=1)
    world.targets |= {
        "private, to the team": {**private, "team_id": crew.pk},
        "private, to a foreign team": {**private, "team_id": others.pk},
        "shared, to a foreign team": {**shared, "team_id": others.pk},
        "a reader's own, to the team": {"conversation_id": readers.pk, "team_id": crew.pk},
        "a foreign model, to the team": {**shared, **model},
        **{f"shared, to the {kind} project": {**shared, **world.targets[f"project {kind}"]} for kind in PROJECTS},
        "private, to the shared project": {**private, **world.targets["project shared"]},
        "project shared, a file of the owner": {**world.targets["project shared"], **world.targets["unsent"]},
    }
    world.markers |= {
        "foreign team": ["Foreigners"],
        "moving": ['name="team"'],
        "sharing": ["data-sharable"],
        "only reading": ["Only members and leads of the team can write in it."],
        "is linked": [" data-shared"],
        "links": ["Public links (up to"],
        "open invitation": ["asked@mail.example"],
        "revoked invitation": ["asked.no.more@mail.example"],
        "open token": [f"<bdi>{Role.PROGRAM}</bdi>"],
        "revoked token": [Role.REVOKED_PROGRAM],
        "expired token": [Role.EXPIRED_PROGRAM],
    }


def _links(world: World, crew: Team, others: Team) -> None:
    lead = world.people["lead"]
    now = timezone.now()
    for name, fields in {
        "open": {"uses": 3, "mailed_to": "asked@mail.example"},
        "for one": {"is_single_use": True},
        "revoked": {"revoked_at": now, "mailed_to": "asked.no.more@mail.example"},
        "expired": {"expires_at": now - HOUR},
        "used up": {"is_single_use": True, "uses": 1},
        "of who left": {"made_by": world.people["gone"]},
        "of who leads elsewhere": {"made_by": world.people["other"]},
        "of who leads no more": {"made_by": world.people["member"]},
        "of a lead switched off": {"made_by": world.people["deactivated"]},
    }.items():
        secret = new_token()
        usual = {"team": crew, "made_by": lead, "role": "reader", "is_single_use": False, "expires_at": now + HOUR}
        made = Invitation.objects.create(digest=token_digest(secret), **{**usual, **fields})
        world.targets[f"invitation {name}"] = {"secret": secret}
        if name == "open":
            world.targets["team"] = {
                "team_id": crew.pk,
                "person_id": world.people["reader"].pk,
                "invitation_id": made.pk,
            }
    foreign = Invitation.objects.create(
        team=others, made_by=world.people["other"], digest="d", expires_at=now + HOUR, role="reader"
    )
    stranger = world.people["other"].pk
    world.targets["team, not its children"] = {"team_id": crew.pk, "person_id": stranger, "invitation_id": foreign.pk}
    world.targets["team, its lead"] = {"team_id": crew.pk, "person_id": lead.pk}
    world.targets["team, switched off"] = {"team_id": crew.pk, "person_id": world.people["deactivated"].pk}
    for name, fields in {
        "open": {},
        "used": {"used_at": now},
        "expired": {"expires_at": now - HOUR},
        "outdated": {"replaces": "another password"},
        "of the deactivated": {"user": world.people["deactivated"]},
    }.items():
        secret, person = new_token(), fields.get("user", world.people["alone"])
        usual = {"user": person, "replaces": PasswordLink.state_of(person), "expires_at": now + HOUR}
        PasswordLink.objects.create(digest=token_digest(secret), **{**usual, **fields})
        world.targets[f"password link {name}"] = {"secret": secret}
    member = world.people["member"]
    wanted = [str(member.pk), "other@mail.example", addresses._state_of(member)]
    world.targets["address link"] = {"token": signing.dumps(wanted, salt=addresses.SALT)}
    for name in ("member", "newcomer", "guarded", "both", "clerk", "alone", "lead", "superuser", "deactivated"):
        world.targets[f"person {name}"] = {"person_id": world.people[name].pk}


def _shares(world: World) -> None:
    now, shared, private = timezone.now(), world.targets["shared"], world.targets["private"]
    owner = world.people["owner"]
    for name, fields in {
        "open": {"expires_at": now + HOUR},
        "of who left": {"made_by": world.people["gone"]},
        "revoked": {"revoked_at": now},
        "expired": {"expires_at": now - HOUR},
        "of the deactivated": {"made_by": world.people["deactivated"]},
        "locked": {"pass_phrase": make_password("open sesame")},
        "of what is private": {"conversation_id": private["conversation_id"], "message_id": private["question"]},
    }.items():
        secret = new_token()
        usual = {"conversation_id": shared["conversation_id"], "message_id": shared["question"], "made_by": owner}
        title = world.markers["shared"][0] if name == "open" else f"As it was called when this was made: {name}"
        share = Share.objects.create(digest=token_digest(secret), title=title, **{**usual, **fields})
        share.files.add(shared["file_id"])
        world.targets[f"share {name}"] = {"secret": secret, "share_id": share.pk, "file_id": shared["file_id"]}
    left = world.targets["left"]
    Share.objects.create(digest="d", title="left", made_by=world.people["gone"], revoked_at=now,
                         conversation_id=left["conversation_id"], message_id=left["question"])  # fmt: skip
    world.targets["shared, a question from elsewhere"] = {**shared, "question": private["question"]}
    world.targets["share, another file"] = {**world.targets["share open"], "file_id": private["file_id"]}


def _tokens(world: World) -> None:
    now = timezone.now()
    for role, person, fields in (
        (Role.PROGRAM, "member", {}),
        (Role.FOREIGN_PROGRAM, "other", {}),
        (Role.REVOKED_PROGRAM, "member", {"revoked_at": now}),
        (Role.EXPIRED_PROGRAM, "member", {"expires_at": now - HOUR}),
        (Role.DEACTIVATED_PROGRAM, "deactivated", {}),
    ):
        world.tokens[role] = new_token(PersonalToken.PREFIX)
        usual = {"user": world.people[person], "name": role, "hint": "0000", "expires_at": now + HOUR}
        usual["last_used_at"] = now + HOUR  # every use is noted, at most once a minute: here never
        token = PersonalToken.objects.create(digest=token_digest(world.tokens[role]), **{**usual, **fields})
        if role == Role.PROGRAM:
            world.targets["token"] = {"token_id": token.pk}


def _prompts(world: World, crew: Team) -> None:
    """Create one prompt of each kind, and one that the member has proposed."""
    narrow = world.targets["project narrow"]["project_id"]
    places = {
        "own": ("owner", Place()),
        "of the team": ("lead", Place("team", crew.pk)),
        "proposed": ("member", Place("team", crew.pk)),
        "of the project": ("owner", Place("project", project=narrow)),
        "of the site": ("superuser", Place("site")),
    }
    for name, (person, place) in places.items():
        words = f"canary-prompt-{name.replace(' ', '-')}"
        made = create_prompt(world.people[person], place, checked(words, f"{words} about {{{{x}}}}"))
        world.targets[f"prompt {name}"] = {"prompt_id": made.pk, "number": 1}
        world.markers[f"prompt {name}"] = [words]
        for proposal in made.versions.proposed():
            world.targets[f"prompt {name}"]["proposal_id"] = proposal.pk
    proposed = world.targets["prompt proposed"]
    world.targets["prompt of the team, proposal of another"] = {
        **world.targets["prompt of the team"],
        "proposal_id": proposed["proposal_id"],
    }


def _assistants(world: World, crew: Team) -> None:
    """Create one assistant of each kind, with a file."""
    places = {
        "own": ("owner", Place()),
        "of the team": ("lead", Place("team", crew.pk)),
        "of the site": ("superuser", Place("site")),
    }
    for name, (person, place) in places.items():
        words = f"canary-assistant-{name.replace(' ', '-')}"
        made = create_assistant(world.people[person], place, name=words, instructions=words, starters=[words])
        file = storage.store(world.people[person], f"{words}.txt", "text/plain", words.encode())
        add_assistant_files(world.people[person], made.pk, [file.pk])
        told = {"assistant_id": made.pk, "number": 1, "file_id": file.pk}
        world.targets[f"assistant {name}"] = told
        world.markers[f"assistant {name}"] = [words]


def _team_of(world: World, target: str) -> dict[str, Any]:
    return {"team_id": world.targets[target]["team_id"]}


def _imports(world: World) -> None:
    batch = ConversationImport.objects.create(owner=world.people["member"], name="old.zip", status="ready")
    world.targets["import"] = {"import_id": batch.pk}
    coming = {"owner": world.people["member"], "name": "large.zip", "status": "uploading", "size": 10**6}
    world.targets["upload"] = {"import_id": ConversationImport.objects.create(**coming).pk}
    for name in ("to the team", "to a foreign team"):
        world.targets[f"import, {name}"] = {"import_id": batch.pk, **_team_of(world, f"private, {name}")}


def _notifications(world: World, crew: Team) -> None:
    """Tell people of each conversation, one of whom has lost it, and staff and somebody else of a budget."""
    for name in ("private", "shared", "left", "deleted", "narrow", "guests"):
        told = {"person": world.people["gone" if name == "left" else "owner"], "kind": "mention", "key": name}
        made = Notification.objects.create(conversation_id=world.targets[name]["conversation_id"], **told)
        world.targets[name]["notification_id"] = made.pk
    world.markers["notice to staff"] = ["canary-budget"]
    for person in ("owner", "staff"):
        told = {"person": world.people[person], "kind": "budget", "key": "budget", "subject": "canary-budget"}
        made = Notification.objects.create(**told)
    for name, owner in (("own", {"person": world.people["member"]}), ("of the team", {"team": crew})):
        place = Target.objects.create(form="slack", name=f"canary-target-{name}", address="https://a.example", **owner)
        world.targets[f"target {name}"] = {"target_id": place.pk}
        world.markers[f"target {name}"] = [place.name]
    world.targets["notice to staff"] = {"notification_id": made.pk}


def _rows_for_the_admin(world: World) -> None:
    Installation.objects.create(pk=1, administrator=world.people["superuser"], staff_makes_teams=True)
    Budget.objects.create(kind="person", period="day", hard=5)
    Group.objects.create(name="Accountants")
    now = timezone.now()
    Trouble.objects.create(subject=uuid4(), code="quota", text="No money", since=now, cooling_until=now)
    UsageRecord.objects.create(conversation=uuid4(), message=uuid4(), model_name="parrot", endpoint_name="Ours",
                               outcome="complete", total_ms=1)  # fmt: skip
    log.added(world.people["superuser"], world.people["alone"])
    TOTP.activate(world.people["half"], generate_totp_secret())


def _sign_in(world: World) -> None:
    """Sign each role in as far as possible: with a session, with half of one, or with a token."""
    for role in Role:
        world.clients[role] = Client(headers=_headers(world, role), raise_request_exception=False)
        if role in SIGNED_IN or role == Role.DEACTIVATED:
            world.clients[role].force_login(world.people[role])
    superuser = world.clients[Role.SUPERUSER]
    superuser.post("/accounts/reauthenticate/", {"password": PASSWORD})  # as changing an address wants it
    half = {"login": "half", "password": PASSWORD}
    assert "2fa" in world.clients[Role.HALF].post("/accounts/login/", half).headers["Location"]
    _with(world.people["deactivated"], is_active=False)
    elsewhere = Client()
    elsewhere.force_login(world.people["member"])
    key = elsewhere.cookies["sessionid"].value
    session = UserSession.objects.create(
        pk=700_001, user=world.people["member"], session_key=key, ip="::1", user_agent="x"
    )
    world.targets["session"] = {"session_id": session.pk}


def _headers(world: World, role: Role) -> dict[str, str]:
    bearer = {"authorization": f"Bearer {world.tokens[role]}"} if role in world.tokens else {}
    return {"host": "127.0.0.1", **bearer}
