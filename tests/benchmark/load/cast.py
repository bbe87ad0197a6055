"""The people of a load, each with a conversation, and several models at several vendors.

Runs as a process; its argument is the number of people. Prints their ids and their conversations' as one line of JSON.
"""

import json
import os
import sys

import django

MODELS, ENDPOINTS = 4, 4


def main(count: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    django.setup()
    from conversations.models import Conversation, User

    _make_models()
    people = User.objects.bulk_create(User(username=f"person{number}", password="!") for number in range(count))
    conversations = Conversation.objects.bulk_create(
        Conversation(owner=person, title=person.username, revision=1) for person in people
    )
    print(json.dumps([[str(one.owner_id), str(one.pk)] for one in conversations]))


def _make_models() -> None:
    from providers.models import ApiKey, Deployment, Endpoint, LanguageModel

    models = [LanguageModel.objects.create(name=f"model-{number}") for number in range(MODELS)]
    for number in range(ENDPOINTS):
        address = f"http://127.0.0.1:{number + 1}/v1"
        endpoint = Endpoint.objects.create(name=f"vendor-{number}", wire="openai", base_url=address)
        ApiKey.objects.create(endpoint=endpoint, secret=f"not-a-key-but-as-long-as-one-{number}")
        for model in models:
            prices = {"input_price": "0.3", "output_price": "2.5"}
            Deployment.objects.create(model=model, endpoint=endpoint, vendor_id=model.name, **prices)


if __name__ == "__main__":
    main(int(sys.argv[1]))
