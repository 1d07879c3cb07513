"""OpenAI's embeddings, which most hosts speak."""
