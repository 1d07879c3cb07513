"""Fireworks.

Sources: fireworks-ai 1.2.30 (Python SDK), Fireworks' API documentation.
"""

from weftline_core.provider import OpenAiHost

HOST = OpenAiHost(
    name="fireworks",
    base_url="https://api.fireworks.ai/inference/v1",
    key_env="FIREWORKS_API_KEY",
    models=(
        ("accounts/fireworks/models/kimi-k3p1-pro", "chat"),
        ("accounts/fireworks/models/glm-5p3", "chat"),
        ("accounts/fireworks/models/glm-5p3-flash", "chat"),
        ("accounts/fireworks/models/deepseek-v4p1-flash", "chat"),
        ("accounts/fireworks/models/qwen3p8-max", "chat"),
    ),
    # Its default length is small, and this is the name that its own models share.
    renames=(("max_completion_tokens", "max_tokens"),),
)
