"""Markdown text to safe HTML, whole or while it grows; the only code that marks a message's text safe.

`render` takes a whole text. `GrowingMarkdown` is one streaming reply: it returns each top-level block once, when no
further text can change it. It returns the open rest again at each update. Joined, both are the same HTML. `Versions`
makes patches of its updates. `rendered` adds the numbers of a text's sources to it. `linked` makes links of these
numbers.

The server parses nothing itself. A process of its own (`process/worker.py`) parses a text in slices (`slices.py`),
under limits of time and memory. Text beyond the limits is shown as it was written.

A code block is one line up to the code. Without a named language, `data-language` and its span are missing.

    <div class="code-block" data-language="python"><div class="code-block__bar">
    <span class="code-block__language">python</span></div><pre><code class="highlight">…</code></pre></div>

A table is in <div class="table-scroll">, a display formula in <div class="math-block">. An image is never loaded. A
source's number gets a link once it is shown.

    <a href="its address"><span class="image-chip" title="its address">its text</span></a>
    <sup class="cite">1</sup>
"""

from conversations.markdown.growing import (
    PART,
    GrowingMarkdown,
    Rendered,
    Work,
    child,
    plain,
    render,
    rendered,
    rendered_piece,
)
from conversations.markdown.patches.ended import ended_patch
from conversations.markdown.patches.versions import EMPTY, Patch, Version, Versions
from conversations.markdown.process.child import Away
from conversations.markdown.source_marks import Mark
from conversations.markdown.stored_html import code, link_notes, linked, stored

__all__ = [
    "EMPTY",
    "PART",
    "RENDERER_VERSION",
    "Away",
    "GrowingMarkdown",
    "Mark",
    "Patch",
    "Rendered",
    "Version",
    "Versions",
    "Work",
    "child",
    "code",
    "ended_patch",
    "link_notes",
    "linked",
    "plain",
    "render",
    "rendered",
    "rendered_piece",
    "stored",
]

# Stored beside the HTML of a finished message: raise it whenever the same text would come out differently.
RENDERER_VERSION = 5
