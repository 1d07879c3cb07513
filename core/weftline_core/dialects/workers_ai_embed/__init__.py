"""Cloudflare Workers AI's own embeddings."""
