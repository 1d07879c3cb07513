"""The `weft` command: its verbs, and what they share."""
