"""Together. Its schema has no `stream_options`, since usage comes with the last chunk in any case.

Sources: Together's `openapi.yaml` of 2026-04-28, together 3.1.1 (Python SDK).
"""

from weftline_core.dialects.chat.back import ChatCompletionsBack
from weftline_core.dialects.chat.request_write import Manners
from weftline_core.dialects.embeddings.back import BACK as EMBEDDINGS
from weftline_core.hosts import Host

HOST = Host(
    name="together",
    speaks=(
        ChatCompletionsBack(manners=Manners(stream_options=False, logprobs_number=True)),
        EMBEDDINGS,
    ),
    base_url="https://api.together.ai/v1",
    key_env="TOGETHER_API_KEY",
    drops=frozenset({"stream_options"}),
    renames=(("max_completion_tokens", "max_tokens"),),
)
