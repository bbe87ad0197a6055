"""A program that fills a new site's database with people, a team and a model.

    python -m tests.faults.furnish VENDOR_ADDRESS

It is a program because the site to be killed has settings of its own. It prints JSON: each person's session, the model
and the team.
"""

import json
import os
import sys

import django

from tests.canaries import CANARY

PEOPLE = ("alice", "bob", "rita", *(f"guest{number}" for number in range(5)))


def furnish(vendor: str) -> dict[str, object]:
    from django.core.management import call_command
    from django.test import Client

    from chatsite.static_collection import collect_if_changed
    from conversations.models import Membership, Team, User
    from providers.models import ApiKey, Deployment, Endpoint, LanguageModel

    call_command("migrate", interactive=False, verbosity=0)
    collect_if_changed()
    User.objects.create_superuser("admin")
    team = Team.objects.create(name="Crew")
    sessions = {}
    for name in PEOPLE:
        person, browser = User.objects.create_user(name, language="en"), Client(headers={"host": "127.0.0.1"})
        Membership.objects.create(team=team, user=person, role="member")
        browser.force_login(person)
        sessions[name] = browser.cookies["sessionid"].value
    endpoint = Endpoint.objects.create(name="vendor", wire="openai", base_url=vendor, key_placement="bearer")
    ApiKey.objects.create(endpoint=endpoint, secret=CANARY)
    model = LanguageModel.objects.create(name="parrot")
    Deployment.objects.create(model=model, endpoint=endpoint, vendor_id="parrot")
    return {"sessions": sessions, "model": str(model.id), "team": str(team.id)}


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    django.setup()
    print(json.dumps(furnish(sys.argv[1])))
