"""Tables right behind an item of a list, which CommonMark takes for more words of the item."""

from markdown_it.rules_block import StateBlock, table


def begins_table(state: StateBlock, line: int, end: int) -> bool:
    """Return whether a table begins in this line, also one that stands further left than the block that it ends."""
    indent = state.blkIndent
    state.blkIndent = min(indent, max(0, state.sCount[line]))
    try:
        return table(state, line, end, True)
    finally:
        state.blkIndent = indent
