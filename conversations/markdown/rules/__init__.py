"""Rules that differ from CommonMark: addresses, images, tasks, footnotes, tags, folds, emphasis and direction."""
