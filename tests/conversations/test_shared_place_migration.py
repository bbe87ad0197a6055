"""Choices of people for themselves from before a team's thread had one place."""

from importlib import import_module

import pytest
from django.apps import apps

from conversations.models import BranchChoice, Message, SharedPlace, User
from tests.conftest import Cast
from tests.conversations.test_shared_place import Tree

migration = import_module("conversations.migrations.0021_shared_place")


@pytest.fixture
def tree(cast: Cast) -> Tree:
    """Return a question with three replies, none of which has a place."""
    tree = Tree(cast)
    tree.add("q1", moves=False)
    for name in ("r1", "r2", "r3"):
        tree.add(name, "q1", moves=False)
    return tree


def carry_over(tree: Tree, **choices: User) -> None:
    for name, person in choices.items():
        BranchChoice.objects.choose(person, Message.objects.get(pk=tree.ids[name]))
    migration.carry_over(apps, None)
    tree.row.refresh_from_db()


def test_the_branch_that_was_written_last_is_everybody_s(cast: Cast, tree: Tree) -> None:
    tree.add("q2", "r1", cast.bob, moves=False)
    carry_over(tree, r1=cast.bob, r2=cast.alice)
    assert tree.branch(cast.alice) == tree.branch(cast.bob) == "q1 r1 q2"
    assert SharedPlace.objects.get().person == cast.bob


def test_words_of_somebody_who_chose_nothing_count_as_well(cast: Cast, tree: Tree) -> None:
    tree.add("q2", "r2", cast.bob, moves=False)
    carry_over(tree, r1=cast.alice)
    assert tree.branch(cast.rita) == "q1 r2 q2"


def test_a_choice_among_the_last_replies_stays(cast: Cast, tree: Tree) -> None:
    carry_over(tree, r1=cast.alice)
    assert tree.branch(cast.bob) == "q1 r1"


def test_choices_beside_it_stay_at_their_forks(cast: Cast, tree: Tree) -> None:
    tree.add("q2", "r1", moves=False)
    for name in ("r4", "r5"):
        tree.add(name, "q2", moves=False)
    tree.add("q3", "r2", cast.bob, moves=False)
    carry_over(tree, r4=cast.alice, q3=cast.bob)
    assert tree.branch(cast.alice) == "q1 r2 q3"
    assert tree.branch(cast.alice, at="r1") == "q1 r1 q2 r4"
    tree.choose("r1", cast.alice)
    assert tree.branch(cast.bob) == "q1 r1 q2 r4", "what moves later counts"


def test_private_choices_are_left_alone(cast: Cast) -> None:
    private = Tree(cast, team=False)
    private.add("q1", moves=False)
    for name in ("r1", "r2"):
        private.add(name, "q1", moves=False)
    carry_over(private, r1=cast.alice)
    assert (private.branch(cast.alice), SharedPlace.objects.count()) == ("q1 r1", 0)
