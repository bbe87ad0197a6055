"""Reasons why a document is not converted; its code names the sentence that people read."""


class Refusal(Exception):
    """Ends a conversion. `code` is one of `SENTENCES` in child.py."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
