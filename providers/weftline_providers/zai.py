"""Z.ai, the makers of GLM. A finish reason of `network_error` is a failure of theirs, and read so.

Source: Z.ai's API documentation of 2026.
"""

from weftline_core.dialects.chat.back import BACK as CHAT
from weftline_core.hosts import Host

HOST = Host(
    name="zai",
    speaks=(CHAT,),
    base_url="https://api.z.ai/api/paas/v4",
    key_env="ZAI_API_KEY",
    renames=(("max_completion_tokens", "max_tokens"),),
)
