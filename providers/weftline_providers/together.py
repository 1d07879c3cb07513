"""Together. Its schema has no `stream_options`, since usage comes with the last chunk in any case.

Sources: Together's `openapi.yaml` of 2026-04-28, together 3.1.1 (Python SDK).
"""

from weftline_core.provider import OpenAiHost

HOST = OpenAiHost(
    name="together",
    base_url="https://api.together.ai/v1",
    key_env="TOGETHER_API_KEY",
    models=(
        ("moonshotai/Kimi-K3.1-Pro", "chat"),
        ("zai-org/GLM-5.3", "chat"),
        ("zai-org/GLM-5.3-Flash", "chat"),
        ("deepseek-ai/DeepSeek-V4.1-Flash", "chat"),
        ("openai/gpt-oss-120b", "chat"),
    ),
    drops=frozenset({"stream_options"}),
    renames=(("max_completion_tokens", "max_tokens"),),
)
