"""Firefox and WebKit, driven over their own protocols with the little that a smoke test needs."""

import json
import os
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from websockets.sync.client import ClientConnection, connect

from chatsite.bootstrap.other_browsers import mini_browser
from tests.conversations.test_engine import until

ENTER = "\ue007"
_PATIENCE = 60  # seconds, of a start on a busy machine


class Driver(Protocol):
    """One window of a browser."""

    def open(self, address: str) -> None: ...

    def run(self, expression: str) -> Any:
        """Return the value of a JavaScript expression in the page: JSON."""

    def type(self, selector: str, text: str) -> None:
        """Press the keys of this text in an element."""


class Firefox:
    """Firefox over WebDriver BiDi, which is a websocket."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._last = socket, 0
        self._ask("session.new", capabilities={})
        self._context = self._ask("browsingContext.create", type="tab")["context"]

    def open(self, address: str) -> None:
        self._ask("browsingContext.navigate", context=self._context, url=address, wait="complete")

    def run(self, expression: str) -> Any:
        told = self._ask(
            "script.evaluate",
            expression=f"JSON.stringify({expression} ?? null)",
            target={"context": self._context},
            awaitPromise=True,
        )
        return json.loads(told["result"]["value"]) if told["type"] == "success" else None

    def type(self, selector: str, text: str) -> None:
        self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        keys = [{"type": act, "value": key} for key in text for act in ("keyDown", "keyUp")]
        self._ask(
            "input.performActions", context=self._context, actions=[{"type": "key", "id": "keys", "actions": keys}]
        )

    def _ask(self, method: str, **params: Any) -> Any:
        self._last += 1
        self._socket.send(json.dumps({"id": self._last, "method": method, "params": params}))
        while True:
            told = json.loads(self._socket.recv(timeout=_PATIENCE))
            if told.get("id") == self._last:
                assert told["type"] == "success", told
                return told["result"]


class WebKit:
    """WebKitGTK's small browser over WebDriver, which is plain HTTP."""

    def __init__(self, address: str) -> None:
        self._address = address
        options = {"binary": str(mini_browser()), "args": ["--automation"]}
        wanted = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
        self._address += f"/session/{self._ask('/session', wanted)['sessionId']}"

    def open(self, address: str) -> None:
        self._ask("/url", {"url": address})

    def run(self, expression: str) -> Any:
        return json.loads(
            self._ask("/execute/sync", {"script": f"return JSON.stringify({expression} ?? null)", "args": []})
        )

    def type(self, selector: str, text: str) -> None:
        found = self._ask("/element", {"using": "css selector", "value": selector})
        self._ask(f"/element/{next(iter(found.values()))}/value", {"text": text})

    def quit(self) -> None:
        self._request("DELETE", "", None)

    def _ask(self, path: str, body: dict[str, Any]) -> Any:
        return self._request("POST", path, body)

    def _request(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self._address + path, data, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=_PATIENCE) as response:
            return json.load(response)["value"]


@contextmanager
def firefox(folder: Path) -> Iterator[Driver]:
    """Start Firefox with a profile of its own in this folder, and end it afterwards."""
    command = ["firefox-esr", "--headless", "--no-remote", "--profile", str(folder), "--remote-debugging-port", "0"]
    with _started(command, {"HOME": str(folder)}, stderr=subprocess.PIPE) as process:
        assert process.stderr
        found = next(filter(None, (re.search(rb"ws://\S+", line) for line in process.stderr)))
        with connect(f"{found[0].decode()}/session", max_size=None, compression=None) as socket:
            yield Firefox(socket)


@contextmanager
def webkit(folder: Path) -> Iterator[Driver]:
    """Start WebKit on a display of its own, and end both afterwards."""
    display = ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    with _started(display, {}, stdout=subprocess.PIPE) as screen:
        assert screen.stdout
        home = {"DISPLAY": f":{screen.stdout.readline().decode().strip()}", "HOME": str(folder)}
        port = 20_000 + os.getpid() % 10_000
        with _started(["WebKitWebDriver", f"--port={port}"], home):
            address = f"http://127.0.0.1:{port}"
            until(lambda: _answers(f"{address}/status"), _PATIENCE)
            driver = WebKit(address)
            try:
                yield driver
            finally:
                driver.quit()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


@contextmanager
def _started(command: list[str], more: dict[str, str], **pipes: Any) -> "Iterator[subprocess.Popen[bytes]]":
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **pipes}
    process = subprocess.Popen(command, env=os.environ | more, **streams)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(_PATIENCE)
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()
