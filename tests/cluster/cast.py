"""A program that prepares a site's database and prints its sessions as JSON; run it in the site's environment."""

import json
import sys

import django

from tests.canaries import CANARY, PASSWORD


def main(vendor_url: str, robot_url: str) -> None:
    django.setup()
    from django.conf import settings
    from django.contrib.auth.hashers import make_password
    from django.core.management import call_command
    from django.test import Client

    from chatsite.static_collection import collect_if_changed
    from conversations.models import Membership, Target, Team, User
    from providers.models import ApiKey, Deployment, Endpoint, LanguageModel

    call_command("migrate", interactive=False, verbosity=0)
    collect_if_changed()
    team = Team.objects.create(name="Crew")
    sessions, password = {}, make_password(PASSWORD)  # one hash for all: it takes long on purpose
    for name in ("alice", "bob", "carol", *(f"reader{number}" for number in range(10))):
        person = User.objects.create_user(name, language="en", is_superuser=name == "alice")
        person.password = password
        person.save()
        if name != "carol":
            Membership.objects.create(team=team, user=person, role="lead")
        client = Client()
        client.force_login(person)
        sessions[name] = client.cookies[settings.SESSION_COOKIE_NAME].value
    bob = User.objects.get(username="bob")
    Target.objects.create(person=bob, form="webhook", name="Robot", address=robot_url, kinds=["mention"])
    endpoint = Endpoint.objects.create(name="parrot", wire="openai", base_url=vendor_url, key_placement="bearer")
    ApiKey.objects.create(endpoint=endpoint, secret=CANARY)
    model = LanguageModel.objects.create(name="parrot")
    Deployment.objects.create(model=model, endpoint=endpoint, vendor_id="parrot")
    print(json.dumps({"sessions": sessions, "team": str(team.id), "model": str(model.id)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
