"""The same news in the other processes of the site."""
