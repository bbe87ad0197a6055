"""Acts of staff on accounts: adding many at once, ending a leaver's access and handing their work over."""
