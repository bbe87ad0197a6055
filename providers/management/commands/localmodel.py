"""`localmodel [--port P]`: serves the small local model to all programs of this machine."""

import os
import signal
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from providers.local_model import DEFAULT_PORT, DISPLAY_NAME, fetch
from providers.local_model.serving import serve


class Command(BaseCommand):
    """The command, which fetches the model if needed, then serves it in the foreground until Ctrl-C or SIGTERM."""

    help = f"Serves {DISPLAY_NAME} as an OpenAI-compatible endpoint on 127.0.0.1."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=DEFAULT_PORT, help=f"port on 127.0.0.1 ({DEFAULT_PORT})")

    def handle(self, *, port: int, **options: Any) -> None:
        fetched = fetch(Path(sys.executable), settings.CHATSITE_DATA)
        if fetched.stage != "ready":
            raise CommandError(fetched.reason)
        self._serve_until_told_to_stop(port)

    def _serve_until_told_to_stop(self, port: int) -> None:
        endings = {signal.SIGINT, signal.SIGTERM}
        signal.pthread_sigmask(signal.SIG_BLOCK, endings)  # before the engine's threads, so that they inherit it
        try:
            server = serve(port)
        except RuntimeError as error:
            raise CommandError(f"Port {port} is taken, or the model does not load.") from error
        self.stdout.write(f"{DISPLAY_NAME} answers at {server.listening_address}/v1")
        self.stdout.flush()
        signal.sigwait(endings)
        os._exit(0)  # closing the server would first finish the running replies
