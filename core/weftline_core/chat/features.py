"""What a request may ask for and not every dialect can carry.

A dialect's reader notes each one that it meets, with the client's own path to it; a dialect that
cannot carry it says whether it drops or refuses it (`weftline_core.dialects.losses`).
"""

from enum import StrEnum


class Feature(StrEnum):
    """One thing that a request may use."""

    # Sampling.
    TEMPERATURE = "temperature"
    TOP_P = "top_p"
    TOP_K = "top_k"
    SEED = "seed"
    STOP = "stop"
    FREQUENCY_PENALTY = "frequency_penalty"
    PRESENCE_PENALTY = "presence_penalty"
    LOGIT_BIAS = "logit_bias"
    LOGPROBS = "logprobs"
    # More than one answer to one request.
    CHOICES = "choices"
    # The form of the answer.
    JSON_OBJECT = "json_object"
    JSON_SCHEMA = "json_schema"
    VERBOSITY = "verbosity"
    PREDICTION = "prediction"
    AUDIO_OUT = "audio_out"
    IMAGE_OUT = "image_out"
    # Reasoning.
    REASONING_EFFORT = "reasoning_effort"
    REASONING_BUDGET = "reasoning_budget"
    REASONING_SHOWN = "reasoning_shown"
    REASONING_REPLAY = "reasoning_replay"
    # What messages hold.
    IMAGE = "image"
    IMAGE_URL = "image_url"
    IMAGE_DETAIL = "image_detail"
    AUDIO = "audio"
    VIDEO = "video"
    FILE = "file"
    FILE_URL = "file_url"
    # A file that lies at one provider, by its id there.
    FILE_ID = "file_id"
    # A system message after the conversation has begun.
    LATE_SYSTEM = "late_system"
    # The answer's beginning, given as the last message.
    PREFILL = "prefill"
    # A speaker's name on a message.
    SPEAKER = "speaker"
    # Something only its own dialect knows, such as a provider's own tool call in the history.
    FOREIGN_PART = "foreign_part"
    # Tools.
    TOOLS = "tools"
    TOOL_CHOICE = "tool_choice"
    TOOL_SUBSET = "tool_subset"
    TOOL_STRICT = "tool_strict"
    TOOL_SERIAL = "tool_serial"
    TOOL_FREE_TEXT = "tool_free_text"
    TOOL_RESULT_MEDIA = "tool_result_media"
    TOOL_RESULT_ERROR = "tool_result_error"
    # A tool that the provider runs itself, such as its web search.
    HOSTED_TOOL = "hosted_tool"
    # Wishes about service.
    CACHE_HINT = "cache_hint"
    CACHE_KEY = "cache_key"
    USER_ID = "user_id"
    METADATA = "metadata"
    SERVICE_TIER = "service_tier"
    STORE = "store"
    SAFETY = "safety"
    # Embeddings: token numbers instead of texts, how long the vectors are, and what they are for.
    TOKENS = "tokens"
    DIMENSIONS = "dimensions"
    PURPOSE = "purpose"
    TITLE = "title"
    # A field at the top that this mesh has never heard of; never carried to another dialect.
    UNKNOWN = "unknown"
