"""Groq. It offers no embeddings and refuses everything about log probabilities.

Sources: groq 1.7.0 (Python SDK), Groq's compatibility notes, recorded traffic.
"""

from weftline_core.chat.features import Feature
from weftline_core.dialects.chat.back import ChatCompletionsBack
from weftline_core.dialects.chat.request_write import Manners
from weftline_core.dialects.losses import CHAT, DROP, REFUSE
from weftline_core.hosts import Host

HOST = Host(
    name="groq",
    speaks=(
        ChatCompletionsBack(
            losses=CHAT
            | {
                Feature.CHOICES: REFUSE,
                Feature.LOGIT_BIAS: DROP,
                Feature.LOGPROBS: DROP,
                Feature.VERBOSITY: DROP,
            },
            manners=Manners(max_tokens="max_completion_tokens"),
        ),
    ),
    base_url="https://api.groq.com/openai/v1",
    key_env="GROQ_API_KEY",
    drops=frozenset({"logit_bias", "logprobs", "top_logprobs", "verbosity"}),
)
