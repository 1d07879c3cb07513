"""Anthropic's Messages: requests, answers, streams, errors and token counts, on both sides."""
