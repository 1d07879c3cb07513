"""DeepSeek. It knows the length limit by its old name only, and offers no embeddings.

Sources: DeepSeek's API documentation, recorded traffic.
"""

from weftline_core.dialects.chat.back import ChatCompletionsBack
from weftline_core.dialects.chat.request_write import Manners
from weftline_core.dialects.chat.usage import deepseek
from weftline_core.hosts import Host

HOST = Host(
    name="deepseek",
    # Between two tool calls it wants its thoughts back.
    speaks=(ChatCompletionsBack(usage_of=deepseek, manners=Manners(replay="reasoning_content")),),
    base_url="https://api.deepseek.com/v1",
    key_env="DEEPSEEK_API_KEY",
    renames=(("max_completion_tokens", "max_tokens"),),
)
