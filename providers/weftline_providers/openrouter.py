"""OpenRouter. It says with each answer what that cost.

Source: OpenRouter's documentation of 2026-08-22.
"""

from weftline_core.dialects.chat.back import ChatCompletionsBack
from weftline_core.dialects.chat.usage import openrouter
from weftline_core.hosts import Host

HOST = Host(
    name="openrouter",
    speaks=(ChatCompletionsBack(usage_of=openrouter),),
    base_url="https://openrouter.ai/api/v1",
    key_env="OPENROUTER_API_KEY",
)
