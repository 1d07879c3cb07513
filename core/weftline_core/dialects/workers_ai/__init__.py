"""Cloudflare Workers AI's own text generation."""
