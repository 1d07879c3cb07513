"""What each upstream dialect cannot carry, in one table.

A feature that is not named under a dialect is carried there. `DROP`: the request is served without
it, and the header `x-weft-dropped` names the client's field. `REFUSE`: an answer without it would
be a wrong one, so that such an endpoint is not asked; if no other is left, the client gets a 400
that names the field. Traffic that stays within one dialect is not translated and loses nothing.

Source: the request formats of each provider, as the modules of `weftline_core.dialects` name them.
"""

from enum import Enum
from typing import Final, TypeAlias

from weftline_core.chat.features import Feature as F  # noqa: N817  # a table reads best in short lines


class Loss(Enum):
    """What happens to a feature that a dialect cannot carry."""

    DROP = "dropped"
    REFUSE = "refused"


DROP, REFUSE = Loss.DROP, Loss.REFUSE

Losses: TypeAlias = dict[F, Loss]

# What no dialect takes from another: its meaning is known at home only.
_ABROAD: Final[Losses] = {
    F.UNKNOWN: DROP,
    F.FOREIGN_PART: REFUSE,
    F.FILE_ID: REFUSE,
    F.HOSTED_TOOL: REFUSE,
    F.STORE: DROP,
    F.SAFETY: DROP,
}

CHAT: Final[Losses] = _ABROAD | {
    F.TOP_K: DROP,
    F.PREDICTION: DROP,
    F.AUDIO_OUT: REFUSE,
    F.REASONING_BUDGET: DROP,
    F.REASONING_SHOWN: DROP,
    F.REASONING_REPLAY: DROP,
    F.CACHE_HINT: DROP,
    # OpenAI refuses it without `store`, which is never carried.
    F.METADATA: DROP,
    F.VIDEO: REFUSE,
    F.FILE_URL: REFUSE,
    F.IMAGE_OUT: REFUSE,
    F.TOOL_RESULT_ERROR: DROP,
    F.TOOL_FREE_TEXT: REFUSE,
}

# What only OpenAI itself, and Azure with it, carries of its dialect.
OPENAI_CHAT: Final[Losses] = {f: loss for f, loss in CHAT.items() if f is not F.TOOL_FREE_TEXT}

RESPONSES: Final[Losses] = _ABROAD | {
    F.TOP_K: DROP,
    F.SEED: DROP,
    F.STOP: REFUSE,
    F.FREQUENCY_PENALTY: DROP,
    F.PRESENCE_PENALTY: DROP,
    F.LOGIT_BIAS: DROP,
    F.CHOICES: REFUSE,
    F.PREDICTION: DROP,
    F.REASONING_BUDGET: DROP,
    F.REASONING_REPLAY: DROP,
    F.CACHE_HINT: DROP,
    F.AUDIO: REFUSE,
    F.AUDIO_OUT: REFUSE,
    F.VIDEO: REFUSE,
    F.IMAGE_OUT: REFUSE,
    F.SPEAKER: DROP,
    F.TOOL_RESULT_ERROR: DROP,
}

MESSAGES: Final[Losses] = _ABROAD | {
    F.SEED: DROP,
    F.FREQUENCY_PENALTY: DROP,
    F.PRESENCE_PENALTY: DROP,
    F.LOGIT_BIAS: DROP,
    F.LOGPROBS: DROP,
    F.CHOICES: REFUSE,
    F.JSON_OBJECT: DROP,
    F.VERBOSITY: DROP,
    F.PREDICTION: DROP,
    F.AUDIO: REFUSE,
    F.AUDIO_OUT: REFUSE,
    F.VIDEO: REFUSE,
    F.IMAGE_OUT: REFUSE,
    F.IMAGE_DETAIL: DROP,
    F.SPEAKER: DROP,
    F.CACHE_KEY: DROP,
    F.METADATA: DROP,
    F.TOOL_FREE_TEXT: REFUSE,
}

GENERATE: Final[Losses] = _ABROAD | {
    F.LOGIT_BIAS: DROP,
    F.VERBOSITY: DROP,
    F.PREDICTION: DROP,
    F.SPEAKER: DROP,
    F.CACHE_HINT: DROP,
    F.CACHE_KEY: DROP,
    F.USER_ID: DROP,
    F.METADATA: DROP,
    F.TOOL_SERIAL: DROP,
    F.TOOL_STRICT: DROP,
    F.TOOL_FREE_TEXT: REFUSE,
    F.AUDIO_OUT: REFUSE,
}

CONVERSE: Final[Losses] = _ABROAD | {
    F.SEED: DROP,
    F.FREQUENCY_PENALTY: DROP,
    F.PRESENCE_PENALTY: DROP,
    F.LOGIT_BIAS: DROP,
    F.LOGPROBS: DROP,
    F.CHOICES: REFUSE,
    F.JSON_OBJECT: DROP,
    F.VERBOSITY: DROP,
    F.PREDICTION: DROP,
    F.AUDIO_OUT: REFUSE,
    F.IMAGE_OUT: REFUSE,
    F.IMAGE_URL: REFUSE,
    F.IMAGE_DETAIL: DROP,
    F.FILE_URL: REFUSE,
    F.SPEAKER: DROP,
    F.CACHE_KEY: DROP,
    F.USER_ID: DROP,
    F.TOOL_SERIAL: DROP,
    F.TOOL_FREE_TEXT: REFUSE,
}

COHERE: Final[Losses] = _ABROAD | {
    F.LOGIT_BIAS: DROP,
    F.LOGPROBS: DROP,
    F.CHOICES: REFUSE,
    F.VERBOSITY: DROP,
    F.PREDICTION: DROP,
    F.AUDIO: REFUSE,
    F.AUDIO_OUT: REFUSE,
    F.VIDEO: REFUSE,
    F.IMAGE_OUT: REFUSE,
    F.FILE: REFUSE,
    F.FILE_URL: REFUSE,
    # Its last message is the user's, or a tool's.
    F.PREFILL: REFUSE,
    F.REASONING_REPLAY: DROP,
    F.REASONING_SHOWN: DROP,
    F.SPEAKER: DROP,
    F.CACHE_HINT: DROP,
    F.CACHE_KEY: DROP,
    F.USER_ID: DROP,
    F.METADATA: DROP,
    F.SERVICE_TIER: DROP,
    F.TOOL_SERIAL: DROP,
    F.TOOL_RESULT_ERROR: DROP,
    F.TOOL_RESULT_MEDIA: REFUSE,
    F.TOOL_FREE_TEXT: REFUSE,
}

WORKERS_AI: Final[Losses] = _ABROAD | {
    F.LOGIT_BIAS: DROP,
    F.LOGPROBS: DROP,
    F.CHOICES: REFUSE,
    F.STOP: REFUSE,
    F.VERBOSITY: DROP,
    F.PREDICTION: DROP,
    F.AUDIO: REFUSE,
    F.AUDIO_OUT: REFUSE,
    F.VIDEO: REFUSE,
    F.IMAGE_OUT: REFUSE,
    F.FILE: REFUSE,
    F.FILE_URL: REFUSE,
    F.IMAGE_DETAIL: DROP,
    F.REASONING_EFFORT: DROP,
    F.REASONING_BUDGET: DROP,
    F.REASONING_REPLAY: DROP,
    F.REASONING_SHOWN: DROP,
    F.SPEAKER: DROP,
    F.CACHE_HINT: DROP,
    F.CACHE_KEY: DROP,
    F.USER_ID: DROP,
    F.METADATA: DROP,
    F.SERVICE_TIER: DROP,
    F.TOOL_SERIAL: DROP,
    F.TOOL_STRICT: DROP,
    F.TOOL_RESULT_ERROR: DROP,
    F.TOOL_RESULT_MEDIA: REFUSE,
    F.TOOL_FREE_TEXT: REFUSE,
}

EMBEDDINGS: Final[Losses] = _ABROAD | {
    F.PURPOSE: DROP,
    F.TITLE: DROP,
}

EMBED_CONTENT: Final[Losses] = _ABROAD | {
    F.TOKENS: REFUSE,
    F.USER_ID: DROP,
}

COHERE_EMBED: Final[Losses] = _ABROAD | {
    F.TOKENS: REFUSE,
    F.TITLE: DROP,
    F.USER_ID: DROP,
}

WORKERS_AI_EMBED: Final[Losses] = _ABROAD | {
    F.TOKENS: REFUSE,
    # These models have vectors of one size.
    F.DIMENSIONS: REFUSE,
    F.PURPOSE: DROP,
    F.TITLE: DROP,
    F.USER_ID: DROP,
}

# A predictor takes texts and nothing else.
COG: Final[Losses] = WORKERS_AI_EMBED
