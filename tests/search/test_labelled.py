"""The labelled queries: each finds its message among the first ten, and nobody is shown what they may not read."""

from textwrap import dedent

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conversations.search.queries import parse
from conversations.search.results import search
from tests.search.conftest import NOISE, Corpus
from tests.search.corpus import CONVERSATIONS, PEOPLE, QUERIES

FIRST = 10
LABELLED = [tuple(map(str.strip, line.split("|"))) for line in dedent(QUERIES).strip().splitlines()]


def test_each_query_finds_its_message_among_the_first_ten(corpus: Corpus) -> None:
    missed = {}
    for person, typed, name in LABELLED:
        results = search(corpus.people[person], parse(typed)).results[:FIRST]
        found = [corpus.names.get((result.conversation, result.message), "noise") for result in results]
        if name not in found:
            missed[typed] = found
    assert len(LABELLED) >= 80
    assert missed == {}


def test_nobody_finds_what_they_may_not_read(corpus: Corpus, pytestconfig: pytest.Config) -> None:
    """Without --soak each person asks a quarter of the queries, so that each query is asked by several."""
    found, step = set(), 1 if pytestconfig.getoption("--soak") else 4
    for number, name in enumerate(PEOPLE):
        for _, typed, _ in LABELLED[number % step :: step]:
            for result in search(corpus.people[name], parse(typed), "newest").results:
                said = corpus.names.get((result.conversation, result.message), "noise")
                found.add((name, said))
    allowed = {(person, conversation) for conversation in CONVERSATIONS for person in corpus.readers[conversation]}
    outside = {(person, said) for person, said in found if said != "noise"} - {
        (person, said) for person, said in found if (person, said.partition(".")[0]) in allowed
    }
    assert outside == set()
    assert {person for person, said in found if said == "noise"} <= {"alice", "bob", "rita"}
    assert {person for person, _ in found} == {"alice", "bob", "rita", "wang", "carol"}


def test_pages_repeat_and_miss_nothing(corpus: Corpus) -> None:
    alice = corpus.people["alice"]
    for sort in ("relevance", "newest"):
        seen, cursor = [], ""
        while True:
            with CaptureQueriesContext(connection) as queries:
                page = search(alice, parse("数据 week"), sort, cursor)
            assert len(queries) <= 12
            seen += [result.message for result in page.results]
            cursor = page.next
            if not cursor:
                break
        assert len(seen) == len(set(seen)) == NOISE
