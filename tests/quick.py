"""The tests of `manage.py test --quick`, which takes less than two minutes, and the list of what it leaves out."""

from collections import defaultdict
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
WHOLE = (
    "tests/test_code_quality.py", "tests/test_docstrings.py", "tests/test_layers.py", "tests/test_translations.py",
    "tests/providers/test_sse.py", "tests/providers/test_streaming.py", "tests/providers/test_wire_files.py",
    "tests/conversations/",
)  # fmt: skip
"""Files and folders that are run whole: style, types, layers, wires and conversations."""
SINGLE = (
    "tests/browser/test_conversation.py::test_words_appear_while_the_vendor_holds_the_rest_back[openai]",
    "tests/faults/test_s01_kill.py::test_s01_nothing_acknowledged_is_lost_and_nothing_stays_unfinished[sqlite]",
)
"""One page in a browser, and one kill of a server."""


def includes(nodeid: str) -> bool:
    """Tell whether this test belongs to the quick ones."""
    return nodeid.startswith(WHOLE) or nodeid in SINGLE


def is_needed(path: Path) -> bool:
    """Tell whether this file or folder holds quick tests."""
    name = path.relative_to(BASE).as_posix()
    if path.is_dir():
        return any(place.startswith(f"{name}/") for place in (*WHOLE, *SINGLE)) or f"{name}/".startswith(WHOLE)
    return path.name == "conftest.py" or name.startswith(WHOLE) or any(one.startswith(f"{name}::") for one in SINGLE)


def left_out() -> str:
    """Return one sentence that names the folders and counts the files that are not run."""
    files: defaultdict[str, list[bool]] = defaultdict(list)
    for path in sorted((BASE / "tests").rglob("test_*.py")):
        files[path.parent.relative_to(BASE).as_posix()].append(path.relative_to(BASE).as_posix().startswith(WHOLE))
    parts = [_part(folder, are_run) for folder, are_run in files.items() if not all(are_run)]
    return f"--quick left out {', '.join(parts)}; `python3 manage.py test` runs everything."


def _part(folder: str, are_run: list[bool]) -> str:
    if any(are_run):
        return f"{are_run.count(False)} of {len(are_run)} files in {folder}"
    singles = sum(one.startswith(f"{folder}/") for one in SINGLE)
    return f"{folder} but for {singles} test" if singles else folder
