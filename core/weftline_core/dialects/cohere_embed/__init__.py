"""Cohere's own embeddings, version 2."""
