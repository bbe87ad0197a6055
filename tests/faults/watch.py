"""A program that requests a site's /livez again and again: `python -m tests.faults.watch HOST:PORT`.

When its input ends it prints the milliseconds of each answer as JSON. In turns it asks an idle server too, whose times
show the load of the machine itself.
"""

import http.client
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic

EVERY = 0.02


class _Idle(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Log nothing."""


def main(site: str) -> None:
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    idle = ThreadingHTTPServer(("127.0.0.1", 0), _Idle)
    threading.Thread(target=idle.serve_forever, daemon=True).start()
    places = {"site": site, "idle": f"127.0.0.1:{idle.server_address[1]}"}
    answers = {name: list[float]() for name in places}
    is_over = False
    while not is_over:
        for name, place in places.items():
            answers[name].append(_ask(place))
        is_over = over.wait(EVERY)
    print(json.dumps(answers))


def _ask(place: str) -> float:
    begun = monotonic()
    connection = http.client.HTTPConnection(place, timeout=30)
    connection.request("GET", "/livez")
    assert connection.getresponse().status == 200
    connection.close()
    return 1000 * (monotonic() - begun)


if __name__ == "__main__":
    main(sys.argv[1])
