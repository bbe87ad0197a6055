"""Hand-written SQL about messages: walks through the tree, and the checkpoint, which runs all the time."""

BRANCH = """
    WITH RECURSIVE branch (id, parent_id, depth) AS (
        SELECT id, parent_id, 1 FROM conversations_message WHERE id = %s
        UNION ALL
        SELECT above.id, above.parent_id, branch.depth + 1
        FROM conversations_message above JOIN branch ON above.id = branch.parent_id
        WHERE branch.depth < %s AND above.id <> %s
    )
    SELECT message.* FROM conversations_message message JOIN branch ON message.id = branch.id
    ORDER BY branch.depth DESC
"""

SIZES = """
    WITH RECURSIVE branch (id, parent_id, depth, size) AS (
        SELECT id, parent_id, 1, LENGTH(html) + LENGTH(CAST(parts AS TEXT)) FROM conversations_message WHERE id = %s
        UNION ALL
        SELECT above.id, above.parent_id, branch.depth + 1, LENGTH(above.html) + LENGTH(CAST(above.parts AS TEXT))
        FROM conversations_message above JOIN branch ON above.id = branch.parent_id
        WHERE branch.depth < %s
    )
    SELECT id, size FROM branch ORDER BY depth DESC
"""

SAID_UP_TO = """
    WITH RECURSIVE branch (parent_id, status, role, author_id, parts) AS (
        SELECT parent_id, status, role, author_id, parts FROM conversations_message WHERE id = %s
        UNION ALL
        SELECT above.parent_id, above.status, above.role, above.author_id, above.parts
        FROM conversations_message above JOIN branch ON above.id = branch.parent_id
        WHERE above.id <> %s
    )
    SELECT parent_id, status, role, author_id, parts FROM branch
"""

CHECKPOINT = """
    UPDATE conversations_message SET text = %s, parts = %s, seq = %s, heartbeat = %s, status = %s
    WHERE id = %s AND attempt = %s AND status IN ('waiting', 'streaming')
"""
CHECKPOINT_ORDER = ("text", "parts", "seq", "heartbeat", "status", "id", "attempt")

NEWEST_BELOW = """
    WITH RECURSIVE below (id) AS (
        SELECT id FROM conversations_message WHERE id = %s
        UNION ALL
        SELECT child.id FROM conversations_message child JOIN below ON child.parent_id = below.id
    )
    SELECT id FROM below ORDER BY id DESC LIMIT 1
"""
