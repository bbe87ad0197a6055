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
    WITH RECURSIVE branch (parent_id, status, role, author_id, writer, parts) AS (
        SELECT parent_id, status, role, author_id, writer, parts FROM conversations_message WHERE id = %s
        UNION ALL
        SELECT above.parent_id, above.status, above.role, above.author_id, above.writer, above.parts
        FROM conversations_message above JOIN branch ON above.id = branch.parent_id
        WHERE above.id <> %s
    )
    SELECT parent_id, status, role, author_id, writer, parts FROM branch
"""

REPLY_ABOVE = """
    WITH RECURSIVE branch (id, parent_id, role) AS (
        SELECT id, parent_id, role FROM conversations_message WHERE id = %s
        UNION ALL
        SELECT above.id, above.parent_id, above.role
        FROM conversations_message above JOIN branch ON above.id = branch.parent_id
        WHERE branch.role = 'user'
    )
    SELECT id FROM branch WHERE role = 'assistant' LIMIT 1
"""

SUMMARY_ABOVE = """
    WITH RECURSIVE branch (id, parent_id, below) AS (
        SELECT id, parent_id, 0 FROM conversations_message WHERE id = %s
        UNION ALL
        SELECT above.id, above.parent_id, branch.below + 1
        FROM conversations_message above JOIN branch ON above.id = branch.parent_id
    )
    SELECT summary.id, branch.below FROM branch JOIN conversations_summary summary ON summary.message_id = branch.id
    WHERE summary.status = 'ready' AND branch.below > 0
    ORDER BY branch.below, summary.id DESC LIMIT 1
"""

CHECKPOINT = """
    UPDATE conversations_message SET text = %s, parts = %s, seq = %s, heartbeat = %s, status = %s
    WHERE id = %s AND attempt = %s AND status IN ('waiting', 'streaming')
"""
END = """
    UPDATE conversations_message SET {} WHERE id = %s AND attempt = %s AND status IN ('waiting', 'streaming')
"""
CHECKPOINT_ORDER = ("text", "parts", "seq", "heartbeat", "status", "id", "attempt")

SHARED_END = """
    SELECT message_id FROM conversations_sharedplace WHERE conversation_id = %s ORDER BY revision DESC, id DESC LIMIT 1
"""
CHOSEN_END = "SELECT message_id FROM conversations_branchchoice WHERE conversation_id = %s AND user_id = %s LIMIT 1"
NEWEST = "SELECT id FROM conversations_message WHERE conversation_id = %s ORDER BY id DESC LIMIT 1"

NEWEST_BELOW = """
    WITH RECURSIVE below (id) AS (
        SELECT id FROM conversations_message WHERE id = %s
        UNION ALL
        SELECT child.id FROM conversations_message child JOIN below ON child.parent_id = below.id
    )
    SELECT id FROM below ORDER BY id DESC LIMIT 1
"""

NEWEST_SHARED_BELOW = """
    WITH RECURSIVE below (id) AS (
        SELECT id FROM conversations_message WHERE id = %s
        UNION ALL
        SELECT child.id FROM conversations_message child JOIN below ON child.parent_id = below.id
        WHERE NOT EXISTS (
            SELECT 1 FROM conversations_sharedplace place
            WHERE place.parent_id = child.parent_id AND place.message_id <> child.id
        )
    )
    SELECT id FROM below ORDER BY id DESC LIMIT 1
"""
"""At a fork with a shared place it goes down there alone, at another one to the newest."""

FORKS_NOT_LEADING_TO = """
    WITH RECURSIVE branch (id, parent_id) AS (
        SELECT id, parent_id FROM conversations_message WHERE id = %s
        UNION ALL
        SELECT above.id, above.parent_id
        FROM conversations_message above JOIN branch ON above.id = branch.parent_id
    )
    SELECT branch.id FROM branch
    LEFT JOIN conversations_sharedplace place ON place.parent_id = branch.parent_id
    WHERE branch.parent_id IS NOT NULL AND (place.id IS NULL OR place.message_id <> branch.id) AND EXISTS (
        SELECT 1 FROM conversations_message beside
        WHERE beside.parent_id = branch.parent_id AND beside.id <> branch.id
    )
    UNION ALL
    SELECT branch.id FROM branch
    LEFT JOIN conversations_sharedplace place ON place.conversation_id = %s AND place.parent_id IS NULL
    WHERE branch.parent_id IS NULL AND (place.id IS NULL OR place.message_id <> branch.id) AND EXISTS (
        SELECT 1 FROM conversations_message beside
        WHERE beside.conversation_id = %s AND beside.parent_id IS NULL AND beside.id <> branch.id
    )
"""

PARENTS_UP_FROM = """
    WITH RECURSIVE branch (id, parent_id) AS (
        SELECT id, parent_id FROM conversations_message WHERE id IN ({})
        UNION
        SELECT above.id, above.parent_id
        FROM conversations_message above JOIN branch ON above.id = branch.parent_id
    )
    SELECT id, parent_id FROM branch
"""
