"""Fifty questions at the same moment, at a site in processes of its own, of which a budget allows ten."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any
from uuid import UUID

from conversations.usage import estimates
from tests.fake_vendor import FakeVendor
from tests.faults.rows import connected
from tests.shell import inside
from tests.sockets import Socket
from tests.vendor_replies import default_reply, openai_stream

QUESTIONS, PASS = 50, 10
TYPICAL = 1 + 2 * estimates.TYPICAL_OUTPUT
"""Millionths reserved for “Hi” when a million tokens cost 1 in and 2 out."""
COST = 3 + 2 * 5
"""Millionths of the answer: three tokens in, five out."""

_BUDGETED = f"""
from decimal import Decimal
endpoint = Endpoint.objects.get()
model = LanguageModel.objects.create(name="rationed")
Deployment.objects.create(model=model, endpoint=endpoint, vendor_id="rationed", input_price=1, output_price=2)
budget = Budget.objects.create(kind="model", period="day", target=model.pk, hard=Decimal({PASS * TYPICAL}) / 1_000_000)
"""

_TALLY = "SELECT spent, reserved FROM conversations_tally WHERE budget_id = {}"
_ASKED = "SELECT id FROM conversations_message WHERE role = 'assistant' AND model_id = '{}'"


class Storm:
    """The storm; `open_socket(n)` opens a socket for the n-th question. A person may run eight replies at most."""

    def __init__(self, environment: Mapping[str, str], vendor: FakeVendor) -> None:
        self._environment, self._vendor, self._gate = environment, vendor, Event()
        self._budget, self._model = inside(environment, _BUDGETED, "[budget.pk, model.pk]")

    def rage(self, open_socket: Callable[[int], Socket]) -> None:
        """Ask, check how many pass and what is reserved, let the vendor answer, and check what is spent."""
        self._vendor.script = lambda _: [200, self._gate, openai_stream(["Hello"])]
        sockets = [open_socket(number) for number in range(QUESTIONS)]
        start = Barrier(QUESTIONS)
        with ThreadPoolExecutor(QUESTIONS) as pool:
            answers = list(pool.map(lambda socket: self._ask(socket, start), sockets))
        assert self._counts() == [0, PASS * TYPICAL, PASS]
        refused = [answer["code"] for answer in answers if answer["type"] == "error"]
        assert refused == ["over_budget"] * (QUESTIONS - PASS)
        self._gate.set()
        self._vendor.script = default_reply
        self._hear_the_ends(sockets, answers)
        assert self._counts() == [PASS * COST, 0, PASS]

    def _ask(self, socket: Socket, start: Barrier) -> dict[str, Any]:
        start.wait(20)
        return socket.ask("message.send", conversation=None, text="Hi", models=[self._model])

    def _hear_the_ends(self, sockets: Sequence[Socket], answers: Sequence[dict[str, Any]]) -> None:
        for socket, answer in zip(sockets, answers, strict=True):
            if answer["type"] == "ack":
                assert socket.event("message.finished")["message"]["status"] == "complete"

    def _counts(self) -> list[int]:
        """Return the spent and the reserved amount, and the number of replies."""
        database = self._environment.get("DATABASE_URL") or f"{self._environment['CHATSITE_DATA']}/chatsite.sqlite3"
        model, budget = UUID(self._model), self._budget
        with connected(database) as connection:
            [tally] = connection.cursor().execute(_TALLY.format(budget)).fetchall()
            asked = connection.cursor().execute(_ASKED.format(model if "://" in database else model.hex)).fetchall()
        return [*tally, len(asked)]
