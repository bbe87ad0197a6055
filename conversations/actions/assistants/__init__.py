"""Acts on assistants: write, archive and delete them, give them files, and choose the one that is asked."""
