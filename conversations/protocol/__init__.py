"""Commands of browsers and programs, checked before any code acts on them."""
