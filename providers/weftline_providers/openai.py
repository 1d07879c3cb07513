"""OpenAI.

Sources: openai 3.54.0 (Python SDK) and openai/openai-openapi `openapi.yaml` of 2026-08-21.
"""

from weftline_core.provider import OpenAiHost

HOST = OpenAiHost(
    name="openai",
    base_url="https://api.openai.com/v1",
    key_env="OPENAI_API_KEY",
    models=(
        ("gpt-6.1-sol", "chat"),
        ("gpt-6.1-terra", "chat"),
        ("gpt-6-luna", "chat"),
        ("gpt-5.4-mini", "chat"),
        ("text-embedding-3-small", "embeddings"),
        ("text-embedding-3-large", "embeddings"),
    ),
    # Its reasoning models refuse the old name; every model takes the new one.
    renames=(("max_tokens", "max_completion_tokens"),),
)
