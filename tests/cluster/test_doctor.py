"""`doctor` beside a running site: a line for each thing it depends on, exit 1 where one is wrong."""

import json
import re
import subprocess
import sys

from tests import canaries
from tests.canaries import CANARY
from tests.cluster.site import BASE, Process, Site


def doctor(site: Site, process: Process) -> tuple[int, dict[str, str]]:
    """Run `doctor` and return its exit code and its lines by name; each begins with `ok` or `WRONG`."""
    environment = site.environment | {"CHATSITE_ORIGINS": process.origin}
    run = subprocess.run(
        [sys.executable, "-m", "django", "doctor"], cwd=BASE, env=environment, capture_output=True, text=True
    )
    assert "Traceback" not in run.stderr
    secrets = canaries.of_site(site.folder) | site.sessions
    assert canaries.hits((run.stdout + run.stderr).encode(), secrets) == [], "K13"
    lines = {}
    for line in run.stdout.splitlines():
        verdict, _, rest = line.partition(" ")
        name, _, found = rest.strip().partition(": ")
        lines[name] = f"{verdict} {found}"
    return run.returncode, lines


def test_a_healthy_site_is_told_line_by_line(site: Site, here: Process) -> None:
    code, lines = doctor(site, here)
    assert code == 0, lines
    assert list(lines) == [
        "environment",
        "settings",
        "database",
        "version",
        "disk",
        "clock",
        "authorities",
        "keys",
        "protocols",
        "models",
        "teams",
        "search",
        "encryption keys",
        "endpoints",
        "Redis",
        "websocket",
        "endpoint parrot",
    ]
    assert "CHATSITE_DATA, CHATSITE_ORIGINS, " in lines["environment"]
    assert f"; files in {site.folder}, rows in " in lines["environment"]
    assert lines["database"].startswith("ok PostgreSQL ")
    assert lines["Redis"].startswith("ok Redis ")
    assert lines["websocket"] == f"ok handshake works; {here.origin} answers"
    assert re.fullmatch(r"ok 1 in the ring \([0-9a-f]{8}\), stored keys that open: 1", lines["encryption keys"])
    assert "works: first token" in lines["endpoint parrot"]


def test_what_is_wrong_is_said_and_the_rest_is_looked_at(site: Site, here: Process) -> None:
    """K13: of the vendor's words all is told but the key."""
    echo = {"error": {"message": f"Incorrect API key provided: {CANARY}", "code": "invalid_api_key"}}
    site.redis.stop()
    site.vendor.play([401, {"Content-Type": "application/json"}, json.dumps(echo).encode()])
    try:
        code, lines = doctor(site, here)
    finally:
        site.redis.start()
    assert code == 1
    wrong = {name for name, found in lines.items() if found.startswith("WRONG")}
    assert wrong == {"Redis", "endpoint parrot"}
    assert "REDIS_URL" in lines["Redis"]
    assert "Incorrect API key provided" in lines["endpoint parrot"], "the vendor's words are told, without the key"
