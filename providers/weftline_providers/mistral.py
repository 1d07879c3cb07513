"""Mistral. It refuses unknown fields, and always sends usage with the last chunk of a stream.

Sources: Mistral's `openapi.yaml` of 2026-08-21, mistralai 3.7.0 (Python SDK), recorded traffic.
"""

from weftline_core.chat.features import Feature
from weftline_core.dialects.chat.back import ChatCompletionsBack
from weftline_core.dialects.chat.call_ids import nine_letters
from weftline_core.dialects.chat.request_write import Manners
from weftline_core.dialects.chat.usage import mistral
from weftline_core.dialects.embeddings.back import BACK as EMBEDDINGS
from weftline_core.dialects.losses import CHAT, DROP
from weftline_core.hosts import Host

HOST = Host(
    name="mistral",
    speaks=(
        ChatCompletionsBack(
            losses=CHAT
            | {
                Feature.LOGIT_BIAS: DROP,
                Feature.LOGPROBS: DROP,
                Feature.SERVICE_TIER: DROP,
                Feature.USER_ID: DROP,
                Feature.VERBOSITY: DROP,
            },
            usage_of=mistral,
            manners=Manners(
                stream_options=False,
                call_id=nine_letters,
                efforts=("none", "high"),
                prefix="prefix",
            ),
        ),
        EMBEDDINGS,
    ),
    base_url="https://api.mistral.ai/v1",
    key_env="MISTRAL_API_KEY",
    regions={
        "eu": "https://api.eu.mistral.ai/v1",
        "us": "https://api.us.mistral.ai/v1",
    },
    drops=frozenset(
        {
            "logit_bias",
            "logprobs",
            "safety_identifier",
            "service_tier",
            "store",
            "stream_options",
            "top_logprobs",
            "user",
            "verbosity",
        }
    ),
    message_drops=frozenset({"annotations", "audio", "reasoning", "reasoning_content", "refusal"}),
    # The last is of embeddings, where chat has nothing of that name.
    renames=(
        ("seed", "random_seed"),
        ("max_completion_tokens", "max_tokens"),
        ("dimensions", "output_dimension"),
    ),
)
