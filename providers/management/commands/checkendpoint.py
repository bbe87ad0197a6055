"""`checkendpoint`: makes one short real call with each key of an endpoint, or detects how to call it."""

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from providers.audit import log
from providers.audit.log import Act
from providers.client.route import Route, route_of
from providers.encryption.sealing import Locked
from providers.endpoints.detection import QUESTION, conclude, detect_endpoint, detection_obstacle
from providers.errors import VendorError
from providers.models import Deployment, Endpoint
from providers.pool import cooldown
from providers.types import Address, Part, Prompt, Turn
from providers.wires import registry


class Command(BaseCommand):
    help = "Calls an endpoint once with each of its keys and says how it went; never prints a key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the endpoint's name")
        parser.add_argument(
            "--detect", action="store_true", help="try in at most 12 calls how it can be called, and store what works"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        endpoint = Endpoint.objects.filter(name=options["name"]).first()
        if endpoint is None:
            known = ", ".join(Endpoint.objects.values_list("name", flat=True)) or "none"
            raise CommandError(f"There is no endpoint “{options['name']}”. Known are: {known}.")
        deployment = endpoint.deployments.for_replies().first()
        if deployment is None:
            raise CommandError("This endpoint serves no model.")
        if options["detect"]:
            self._detect(deployment)
            return
        results = [self._check(route, label) for route, label in _routes(deployment)]
        with log.by_command("checkendpoint"):
            log.note(None, Act.TESTED, endpoint, after={"calls": len(results), "working": sum(results)})
        if not results or not all(results):
            raise CommandError("Not every key works." if results else "This endpoint has no key.")

    def _detect(self, deployment: Deployment) -> None:
        endpoint = deployment.endpoint
        if reason := detection_obstacle(endpoint):
            raise CommandError(reason)
        try:
            detection = detect_endpoint(endpoint, deployment.vendor_id)
        except Locked as error:
            raise CommandError(str(error)) from None
        for tried in detection.tries:
            self.stdout.write(f"{tried.method} {tried.url} (key: {tried.placement}): {tried.came}")
        with log.by_command("checkendpoint"):
            stored = conclude(None, endpoint, detection)
        if detection.findings is None:
            raise CommandError("Nothing works. The endpoint is as it was.")
        if not stored:
            raise CommandError("The endpoint was changed meanwhile. Nothing is stored.")
        self.stdout.write(_stored(detection.findings))

    def _check(self, route: Route, label: str) -> bool:
        try:
            self.stdout.write(f"{label}: {_measured(route)}")
        except (VendorError, Locked) as error:
            self.stdout.write(f"{label}: {error}")
            return False
        cooldown.reset(filter(None, (route.key_id, route.endpoint, route.deployment)))
        return True


def _routes(deployment: Deployment) -> Iterator[tuple[Route, str]]:
    keys = list(deployment.endpoint.keys.of_site())
    for key in keys:
        yield route_of(deployment, key), str(key.secret)
    if not keys and not deployment.endpoint.needs_key:
        yield route_of(deployment), "without a key"


def _measured(route: Route) -> str:
    begun = time.monotonic()
    prompt = Prompt(route.vendor_id, (Turn("user", (Part("text", QUESTION),)),))
    with route.stream(prompt) as stream:
        said = "".join(delta.text for delta in stream)
    first = (stream.first_token_at or time.monotonic()) - begun
    usage = stream.usage
    counts = f"{usage.input_tokens} in, {usage.output_tokens} out" if usage else "no usage reported"
    words = " ".join(said.split())[:60]
    return f"works: first token {first:.2f} s, reply {time.monotonic() - begun:.2f} s, {counts}: “{words}”"


def _stored(found: Address) -> str:
    options = [(word, getattr(found, field)) for field, word in registry.wire(found.wire).OPTIONS.items()]
    name = " ".join([found.wire, *(value for _, value in options if isinstance(value, str))])
    switches = [("streaming", found.streaming), *((word, on) for word, on in options if isinstance(on, bool))]
    form = ", ".join([f"key: {found.key_placement}", *(f"{word} {_yes(on)}" for word, on in switches)])
    return f"Stored: {name} at {found.base_url}, {form}"


def _yes(switch: bool) -> str:
    return "on" if switch else "off"
