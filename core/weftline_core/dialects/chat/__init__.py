"""OpenAI's chat completions, which most hosts speak, each a little differently."""
