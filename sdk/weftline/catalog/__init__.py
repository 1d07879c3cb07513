"""The catalog that comes with weftline: which models there are, where they run, what they cost."""
