"""Gemini's embedContent and batchEmbedContents, as clients speak them and as hosts do."""
