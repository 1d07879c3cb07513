"""Cohere's own chat, version 2."""
