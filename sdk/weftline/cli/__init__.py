"""The `weft` command: one module per verb."""
