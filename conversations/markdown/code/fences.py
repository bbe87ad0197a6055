"""The parser's rule for fences, which lets a fence of Markdown hold others."""

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, fence

from conversations.markdown.code.nesting import FENCE, Nesting, holds_fences


def add_nested_fences(md: MarkdownIt) -> None:
    """Let a fence of Markdown hold fences."""
    md.block.ruler.at("fence", _fence, {"alt": ["paragraph", "blockquote", "list"]})


def _fence(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    if not state.src.startswith(("```", "~~~"), state.bMarks[first] + state.tShift[first]):
        return False  # asked of each line: the expression would cost a sixth of a long list
    opening = FENCE.match(_line(state, first))
    if silent or not opening or not holds_fences(opening[2]) or state.is_code_block(first):
        return fence(state, first, end, silent)
    if not fence(state, first, end, True):
        return False
    close, last = _closing_line(state, first, end, opening[1])
    token = state.push("fence", "code", 0)
    token.content = state.getLines(first + 1, close, state.sCount[first], True)
    token.info, token.markup, token.map = opening[2], opening[1], [first, last]
    state.line = last
    return True


def _closing_line(state: StateBlock, first: int, end: int, marker: str) -> tuple[int, int]:
    """Return the line behind the code, and the one behind the block."""
    nesting = Nesting(marker)
    for line in range(first + 1, end):
        if not state.isEmpty(line) and state.sCount[line] < state.blkIndent:
            return line, line
        behind = _line(state, line + 1) if line + 1 < end and state.sCount[line + 1] >= state.blkIndent else ""
        before = _line(state, line - 1) if line > first + 1 else marker
        if not state.is_code_block(line) and nesting.closes(_line(state, line), before, behind):
            return line, line + 1
    return end, end


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]
