"""The details of the wires know neither network nor site: values in, values out."""

from __future__ import annotations

import pytest

from tests.test_layers import NETWORK, PURE, imported, modules, roots

DETAILS = [(path, tree) for path, tree in modules("providers") if path.startswith("providers/wires/")]


def test_there_are_details() -> None:
    assert len(DETAILS) > 10


@pytest.mark.parametrize(("path", "tree"), DETAILS, ids=[path for path, _ in DETAILS])
def test_a_detail_is_pure(path: str, tree: object) -> None:
    assert not roots(tree) & (NETWORK | {"django", "channels", "asgiref"})  # type: ignore[arg-type]
    ours = {name.split(".")[1] for name in imported(tree) if name.startswith("providers.")}  # type: ignore[arg-type]
    assert ours <= PURE | {"wires"}, path
