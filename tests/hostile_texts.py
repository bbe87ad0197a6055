"""The texts that are known to take lexers, parsers and converters longest, in any size."""

from collections.abc import Callable

_SCALA = '```scala\nval a = "' + "\\" * 46 + "\n```\n\n"
_LEXED = {
    # Quadratic or worse in one of the lexer's regular expressions; each fits the longest code that gets colours.
    "terraform": "\n" * 49_000,
    "perl": "a=~" * 600 + "\n" + "$a{" * 9_000,
    "csharp": "a\n" * 24_000,
    "objective-c": "a(" * 900 + "\n" + "-(a)" * 400 + "\n" + "a\n" * 20_000,
    "kotlin": "fun " * 400 + "\n" + "a<" * 900 + "\n" + "val a\n" * 7_000,
    "make": "a\n" * 24_000,
    "javascript": "`${" * 600 + "\n" + "a\n" * 22_000,
    "typescript": "a<" * 900 + "\n" + "a\n" * 22_000,
    "powershell": "#" * 1_900 + "\n" + "a\n" * 22_000,
    "less": "a{" * 900 + "\n" + "@a\n" * 15_000,
    "groovy": "a\n" * 24_000,
    "haskell": "{-" * 900 + "\n" + "a\n" * 22_000,
}  # fmt: skip


def _repeated(unit: str) -> Callable[[int], str]:
    return lambda size: unit * (size // len(unit) + 1)


def _fenced(language: str, code: str) -> Callable[[int], str]:
    return _repeated(f"```{language}\n{code}\n```\n\n")


HOSTILE: dict[str, Callable[[int], str]] = {
    "scala": _repeated(_SCALA),
    **{language: _fenced(language, code) for language, code in _LEXED.items()},
    "list": _repeated("- a|b\n"),
    "tables": _repeated("a|b\n-|-\n# x|y\n"),
    "table": lambda size: "a|b|c\n-|-|-\n" + "1|2|3\n" * (size // 6),
    "columns": _repeated("|" + "a|" * 120 + "\n|" + "-|" * 120 + "\n" + ("|" * 61 + "\n") * 40 + "\n"),
    "maths": _repeated("$" + "\\left(" * 120 + "x" + "\\right)" * 120 + "$\n\n"),
    "indices": _repeated("$" + "x_{" * 300 + "}" * 30 + "$\n\n"),
    "nesting": _repeated("> " * 50 + "- " * 50 + "x\n"),
    "staircase": lambda size: "\n".join(" " * step + "- x" for step in range(int((2 * size) ** 0.5))),
    "emphasis": _repeated("_a__a" * 390 + "\n\n"),
    "links": _repeated("[a](" * 490 + "\n\n"),
    "brackets": _repeated("["),
    "addresses": _repeated("https://a.example/" + "a)" * 900 + "\n\n"),
    "empty lines": _repeated("\n"),
    "dollars": _repeated("$x $$ y " * 240 + "\n\n"),
    "displays": _repeated("\\[\nx\n\n"),
    "environments": _repeated("\\begin{align}\n\nx\n\\[\n"),
    "reactions": _repeated("\\ce{" * 900 + "\n\n"),
    "folds": _repeated("<details>\n"),
    "tags": _repeated("<b><i>" * 900 + "\n\n"),
    "link tags": _repeated('<a href="https://a.example">' * 60 + "\n\n"),
    "fences": _repeated("```md\n```x\n\n```\ny\n"),
    "mail": _repeated("a.a-" * 900 + "@a.a.a\n\n"),
    "schemes": _repeated("https://www.https://a.example/北=京&amp;" * 100 + "\n\n"),
    "footnotes": _repeated("x[^a" * 120 + "\n\n"),
    "tasks": _repeated("- [ ] **a** שלום\n"),
}


def hostile(name: str, size: int) -> str:
    """Return the text of this name, about `size` characters long, with words before and after."""
    return f"# First **word**\n\n{HOSTILE[name](size)}\n\nThe last *word*."
