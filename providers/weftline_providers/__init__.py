"""One small value per inference provider, found by entry point and never imported by name."""
