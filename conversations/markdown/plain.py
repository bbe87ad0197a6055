"""Text that is shown as it was written, instead of rendered."""

from html import escape

from conversations.markdown.characters import showable


def plain_paragraph(text: str) -> str:
    """Return the text as a paragraph, as it was written; the style sheet keeps its line breaks."""
    return f'<p class="plain-text">{escape(showable(text), quote=False)}</p>\n'


def formula_as_text(written: str) -> str:
    """Return the source of a formula that cannot be shown as a formula."""
    return f'<code class="math-error">{escape(written, quote=False)}</code>'
