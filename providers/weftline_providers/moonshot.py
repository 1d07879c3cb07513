"""Moonshot AI, the makers of Kimi.

Source: Moonshot's API documentation of 2026.
"""

from weftline_core.dialects.chat.back import BACK as CHAT
from weftline_core.hosts import Host

HOST = Host(
    name="moonshot",
    speaks=(CHAT,),
    base_url="https://api.moonshot.ai/v1",
    key_env="MOONSHOT_API_KEY",
    regions={"cn": "https://api.moonshot.cn/v1"},
    renames=(("max_completion_tokens", "max_tokens"),),
)
