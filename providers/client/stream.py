"""A reply as an iterable of deltas: joins request, transport and reading."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from providers.client.pictures import Fetching
from providers.client.tasks import Task
from providers.errors import BadReply, NothingSaid, ReplyTooLong, VendorError
from providers.reading.reader import Reading
from providers.text import to_utf8, without_key
from providers.transport.body.waits import BLOCKING, Wait, waited_for
from providers.transport.call import Call, HungUp, key_mask
from providers.transport.network import Network
from providers.types import Address, Clocks, Delta, Finish, Key, Part, Prompt, Usage
from providers.wires import registry
from providers.wires.declarations import web_search_form, wire_learnt
from providers.wires.json_values import merged
from providers.wires.question import doubt_if_quoted, note_model
from providers.wires.refusals import other_wire
from providers.wires.refusals.extras import extras, of_extras
from providers.wires.refusals.fields import Change, changes, fitted
from providers.wires.refusals.lessons import Lesson, lesson, without_disproved
from providers.wires.turns import refused_kinds
from providers.wires.verbatim import is_echo, joined, marked, with_calls_echoed, with_pause

USAGE_SECONDS = 2.0
_END_SECONDS = 0.05
# Without streaming, the first token arrives together with the last.
_WHOLE_REPLY_FACTOR = 10
MAX_CALLS = 8
"""Calls of one stream. Each one asks differently; more refusals than this mean another fault."""
MAX_SEARCHES = 4
"""Times in a reply that a vendor gets back its own calls, or all before a pause."""
_AT_THE_VENDOR = ("web_search", "code_execution")
"""Parameters of work at the vendor, which may be paused."""


class Stream:
    """One answer of a vendor. Iterate it for deltas, once; leave its `with` to hang up.

    Iterating waits in this thread; `steps` yields the waits, for a driver of many streams. Both raise VendorError,
    after all deltas that came before. After `stop()` they just end, with `stopped` set.
    When a vendor refuses a request before the first word, for something that can be spared, it asks again.
    It leaves that out, puts it into the range named, or spells it in another way. An empty body is asked for its
    reason, by a call without streaming. Once that is answered, `quirks` is the new value of `Address.quirks`.
    `sentences` are the vendor's words for each new quirk, "" if they quote the question. If a refusal names
    another wire for this model, it is asked over that one, unless the stream `keeps_wire`.
    `following` is the prompt with which the reply goes on, None if it has ended. The vendor then wants its
    calls of a search back, or all that it said before a pause. `searches` is how often it got that.
    """

    def __init__(
        self,
        address: Address,
        prompt: Prompt,
        key: Key | None = None,
        *,
        network: Network = Network(),  # noqa: B008  # frozen
        keeps_wire: bool = False,
        searches: int = 0,
    ) -> None:
        self.stopped = False
        self.following: Prompt | None = None
        self.sentences: dict[str, str] = {}
        self._kept = self._known = address.quirks
        self._asked = {address.quirks}
        self._address, self._prompt, self._key, self._network = address, prompt, key, network
        self._mask = key_mask(key)
        self._keeps_wire = keeps_wire
        self._fetching: Fetching | None = None
        self._task: Task | None = None
        self._calls = 0
        self._may_go_on = searches < MAX_SEARCHES
        self._over = False
        self._begin()

    @property
    def quirks(self) -> frozenset[str]:
        """Return the deployment's quirks, with what this reply has shown to hold for other questions too."""
        if self.first_token_at is None:
            return self._known
        return without_disproved(self._kept, self._address.quirks)

    @property
    def left_out(self) -> list[Change]:
        """Return the parameters that this request was sent without, or with another value, and the files in words."""
        quirks, chosen = self._address.quirks, self._prompt.parameters
        wants_search = bool(chosen.get("web_search"))
        if not quirks and not wants_search:
            return []
        asked, sent = self._options(frozenset()), self._options(quirks)
        files = (Change(kind, None) for kind in refused_kinds(self._prompt, quirks))
        # What a wire must send, and nobody has set, was changed for nobody.
        changed = (one for one in changes(asked, sent, self._wire.FIELDS) if chosen.get(one.parameter) is not None)
        searches = any(one.parameter == "web_search" and one.value(sent) is not None for one in self._wire.FIELDS)
        kept = [one for one in (*changed, *files) if one.parameter != "web_search"]
        return [*kept, *([Change("web_search", True)] if wants_search and not searches else [])]

    def _options(self, quirks: frozenset[str]) -> dict[str, Any]:
        """Return the body without turns, as a deployment with these quirks of fields and extras takes it."""
        address = replace(self._address, quirks=of_extras(quirks))
        plain = self._wire.body(address, replace(self._prompt, turns=()))
        return merged(fitted(plain, self._wire.FIELDS, quirks), extras(self._prompt, quirks))

    @property
    def usage(self) -> Usage | None:
        """Return the vendor's last report of token counts."""
        return self._reading.usage

    @property
    def finish(self) -> Finish | None:
        """Return the reason of the reply's end; None before its end, or when it broke."""
        return self._reading.finish

    @property
    def first_token_at(self) -> float | None:
        """Return the time of the first word, or thought: monotonic seconds."""
        return self._reading.first_token_at

    @property
    def has_left(self) -> bool:
        """Return whether the whole request was sent: the vendor may then answer it and bill it."""
        return self._call.has_left

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def __iter__(self) -> Iterator[Delta]:
        return waited_for(self.steps())

    def steps(self) -> Iterator[Delta | Wait]:
        """Yield deltas, and the waits between them: for data of the vendor, or for a thread that may block."""
        try:
            for delta in self._deltas():
                if self.stopped:
                    return
                if isinstance(delta, Delta) and delta.part is not None:
                    delta = marked(delta, self._address.origin)
                if self._fetching is None or isinstance(delta, Wait):
                    yield delta
                else:
                    yield from self._fetching.deltas(delta, self._call)
            yield from self._fetching.flush(self._call) if self._fetching else ()
        except HungUp:
            return
        except VendorError as error:
            if self.stopped:
                return
            yield from self._fetching.flush(self._call) if self._fetching else ()
            raise error from None
        finally:
            self._end()

    def stop(self) -> None:
        """Hang up at once. Any thread may call it at any time, even before the connection is made."""
        if not self._over:
            self.stopped = True
            self._call.abort()
            for beside in (self._task, self._fetching):
                if beside:
                    beside.abort()

    def _end(self) -> None:
        self._over = True
        self._call.close()

    def _begin(self) -> None:
        """Prepare the next call."""
        self._wire = registry.wire(self._address.wire)
        if self._fetching is None and (self._address.draws or self._wire.ONLY_PICTURES):
            self._fetching = Fetching(self._network, self._address.base_url)
        self._reading = Reading(self._wire, self._mask, streaming=self._is_streaming)
        self._call = Call(_clocks(self._address.clocks, is_streaming=self._is_streaming), self._network)
        tasks = registry.TASKS.get(self._wire.NAME)
        self._task = Task(tasks, self._address, self._key, self._network) if tasks else None
        self._heard = (0, False, False)
        self._calls += 1

    @property
    def _is_streaming(self) -> bool:
        return self._address.streaming and not self._wire.ONLY_PICTURES

    def _deltas(self) -> Iterator[Delta | Wait]:
        while True:
            try:
                self.following = yield from self._one_call()
            except VendorError as error:
                error.quote = without_key(error.quote, self._mask)
                doubt_if_quoted(error, self._prompt)
                note_model(error, self._prompt.model)
                if not (self._learn(error) or self._ask_for_the_reason(error)):
                    raise
                continue
            return

    def _one_call(self) -> Generator[Delta | Wait, None, Prompt | None]:
        """Yield one call's deltas; returns the prompt of the call that goes on, if the vendor wants one."""
        form = web_search_form(
            self._wire.WEB_SEARCHES, self._address.web_search, self._address.base_url, self._prompt.model
        )
        given = self._prompt.parameters
        if form and form.echoed and given.get("web_search"):
            said = yield from self._without_echoes(form.echoed)
            return with_calls_echoed(self._wire.NAME, self._prompt, said) if said else None
        if self._wire.PAUSE and any(map(given.get, _AT_THE_VENDOR)):
            said = yield from self._until_a_pause()
            return with_pause(self._prompt, said) if said else None
        yield from self._attempt()
        return None

    def _without_echoes(self, function: str) -> Generator[Delta | Wait, None, list[Part]]:
        """Yield one call's deltas without calls of the vendor's own function, which it wants to be given back.

        Returns what is given back, with the words and thoughts before. A call from which none goes on yields all of it.
        """
        thoughts, words, calls = list[str](), list[str](), list[Part]()
        for delta in self._attempt():
            part = delta.part if isinstance(delta, Delta) else None
            if isinstance(delta, Wait):
                yield delta
            elif part and self._may_go_on and is_echo(part, function):
                calls.append(part)
            else:
                thoughts.append(delta.thought)
                words.append(delta.text)
                yield delta
        return [Part("thought", "".join(thoughts)), Part("text", "".join(words)), *calls] if calls else calls

    def _until_a_pause(self) -> Generator[Delta | Wait, None, list[Part]]:
        """Yield one call's deltas; returns all of it if the vendor has only paused, and is to go on."""
        said = list[Part]()
        for delta in self._attempt():
            if isinstance(delta, Delta):
                said += [delta.part] if delta.part else [Part("thought", delta.thought), Part("text", delta.text)]
            yield delta
        is_paused = self.finish is not None and self.finish.vendor_reason == self._wire.PAUSE
        return joined(said) if is_paused and self._may_go_on else []

    def _learn(self, error: VendorError) -> bool:
        """Return whether `error` teaches another way to ask, after preparing a call that uses it."""
        if self._reading.first_token_at is not None or self._calls == MAX_CALLS:
            return False
        neighbours = () if self._keeps_wire else self._wire.NEIGHBOURS
        learnt = other_wire.lesson(neighbours, self._address.quirks, self._prompt, error)
        learnt = learnt or lesson(self._wire, self._address, self._prompt, error)
        if learnt is None or learnt.quirks in self._asked:
            return False
        self._note_lesson(learnt)
        wire = wire_learnt(learnt.quirks - self._address.quirks) or self._address.wire
        self._repeat(replace(self._address, wire=wire, quirks=learnt.quirks))
        return True

    def _ask_for_the_reason(self, error: VendorError) -> bool:
        """Return whether the body was empty: servers that fail before the first event tell why without streaming."""
        was_empty = isinstance(error, NothingSaid) and self._reading.is_blank
        if not was_empty or not self._is_streaming or self._calls == MAX_CALLS:
            return False
        self._repeat(replace(self._address, streaming=False))
        return True

    def _repeat(self, address: Address) -> None:
        """Prepare the next call, in another form. Raises HungUp if the stream was stopped meanwhile."""
        self._call.close()
        self._address = address
        self._begin()
        if self.stopped:
            raise HungUp

    def _note_lesson(self, learnt: Lesson) -> None:
        self._asked.add(learnt.quirks)
        self._kept |= learnt.suspected
        if learnt.lasts:
            before = self._address.quirks
            new = learnt.quirks - before
            self._kept = (self._kept | new) - (before - learnt.quirks)
            self.sentences |= dict.fromkeys(new, learnt.sentence)

    def _attempt(self) -> Iterator[Delta | Wait]:
        yield BLOCKING
        self._open()
        utf8 = to_utf8(self._call.headers.get("Content-Type", ""))
        try:
            for chunk in [self._task.answer(self._call)] if self._task else self._call.chunks():
                if isinstance(chunk, Wait):
                    yield chunk
                else:
                    yield from self._read(utf8(chunk))
        except VendorError as error:
            # A break after the end of the reply does no harm.
            if not self._reading.is_believed or isinstance(error, ReplyTooLong):
                yield from self._reading.broken()
                raise
        yield from self._reading.end()

    def _open(self) -> None:
        self._call.open(self._wire.request(self._address, self._prompt), self._key)
        status = self._call.status
        if 300 <= status < 400:
            # The target is not shown: it may repeat the key of the query.
            raise BadReply(because="The vendor redirects calls to another address, which this site does not follow.")
        if status >= 400:
            raise self._wire.error(status, self._call.headers, self._call.error_body())

    def _read(self, chunk: bytes) -> Iterator[Delta]:
        for delta in self._reading.feed(chunk):
            self._set_clocks()
            yield delta
        self._set_clocks()

    def _set_clocks(self) -> None:
        heard = (self._reading.meaningful, self._reading.is_over, self._reading.done)
        if self._heard == heard:
            return
        self._heard = heard
        self._call.hear()
        if self._reading.done and self._reading.is_over:
            # Read the rest of the body for at most 0.05 s: for token counts, and so that the connection can be reused.
            self._call.conclude(_END_SECONDS)
        elif self._reading.done or self._reading.is_over:
            # Some gateways put an end marker behind every event.
            self._call.conclude(USAGE_SECONDS)


def _clocks(clocks: Clocks, *, is_streaming: bool) -> Clocks:
    return clocks if is_streaming else replace(clocks, first_token=clocks.first_token * _WHOLE_REPLY_FACTOR)
