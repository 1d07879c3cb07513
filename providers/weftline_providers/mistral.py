"""Mistral. It refuses unknown fields, and always sends usage with the last chunk of a stream.

Sources: Mistral's `openapi.yaml` of 2026-08-21, mistralai 3.7.0 (Python SDK), recorded traffic.
"""

from weftline_core.provider import OpenAiHost

HOST = OpenAiHost(
    name="mistral",
    base_url="https://api.mistral.ai/v1",
    key_env="MISTRAL_API_KEY",
    models=(
        ("mistral-large-4", "chat"),
        ("mistral-medium-3-5", "chat"),
        ("mistral-small-latest", "chat"),
        ("codestral-latest", "chat"),
        ("mistral-embed", "embeddings"),
    ),
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
    renames=(("seed", "random_seed"), ("max_completion_tokens", "max_tokens")),
)
