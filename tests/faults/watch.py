"""Asks a site's /livez again and again, in a process of its own: `python -m tests.faults.watch HOST:PORT`.

Prints the milliseconds of each answer as JSON once its input ends.
"""

import http.client
import json
import sys
import threading
from time import monotonic

EVERY = 0.02


def main(place: str) -> None:
    over, answers = threading.Event(), list[float]()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    while not over.wait(EVERY):
        begun = monotonic()
        connection = http.client.HTTPConnection(place, timeout=30)
        connection.request("GET", "/livez")
        assert connection.getresponse().status == 200
        connection.close()
        answers.append(1000 * (monotonic() - begun))
    print(json.dumps(answers))


if __name__ == "__main__":
    main(sys.argv[1])
