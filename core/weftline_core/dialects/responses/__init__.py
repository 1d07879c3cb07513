"""OpenAI's Responses, as clients speak it and as hosts answer in it."""
