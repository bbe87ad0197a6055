"""The difference between two renderings of a growing text, for pages that hold the earlier one.

A page and the server agree on versions by their digests. A patch keeps the nodes up to a place, removes what follows
it, and adds the rest. Colours of code come apart from the code, so that no word is sent again for them.
"""
