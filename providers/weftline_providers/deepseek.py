"""DeepSeek. It knows the length limit by its old name only, and offers no embeddings.

Sources: DeepSeek's API documentation, recorded traffic.
"""

from weftline_core.provider import OpenAiHost

HOST = OpenAiHost(
    name="deepseek",
    base_url="https://api.deepseek.com/v1",
    key_env="DEEPSEEK_API_KEY",
    models=(
        ("deepseek-v4-pro", "chat"),
        ("deepseek-v4-flash", "chat"),
        ("deepseek-flash", "chat"),
    ),
    tasks=("chat",),
    renames=(("max_completion_tokens", "max_tokens"),),
)
