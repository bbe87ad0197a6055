"""How dates and times are written, by language, where Django's own forms are those of one country."""
