"""xAI. The global host finds its own nearest region; it offers no embeddings.

Sources: xai_sdk 1.21.0, xAI's API documentation of 2026.
"""

from weftline_core.provider import OpenAiHost

HOST = OpenAiHost(
    name="xai",
    base_url="https://api.x.ai/v1",
    key_env="XAI_API_KEY",
    models=(
        ("grok-4.7", "chat"),
        ("grok-4.6", "chat"),
        ("grok-4.5", "chat"),
        ("grok-4.3", "chat"),
    ),
    tasks=("chat",),
)
