"""The messages of generateContent that are read, each with the fields that matter here.

Source: the field lists of google-genai 3.4.0; names on the wire are in camelCase.
"""

from typing import Annotated, Final, TypeAlias

import msgspec

# More candidates than any host makes, so that a stray index cannot be used to fill memory.
CANDIDATES_MAX: Final = 128
Index: TypeAlias = Annotated[int, msgspec.Meta(ge=0, lt=CANDIDATES_MAX)]


class Blob(msgspec.Struct, rename="camel"):
    """Bytes in base64."""

    data: str
    mime_type: str | None = None
    display_name: str | None = None


class FileRef(msgspec.Struct, rename="camel"):
    """A file by its address."""

    file_uri: str
    mime_type: str | None = None
    display_name: str | None = None


class PartialArg(msgspec.Struct, rename="camel"):
    """A piece of one argument, as Vertex streams them. json_path: where in the arguments."""

    json_path: str = ""
    string_value: str | None = None
    number_value: int | float | None = None
    bool_value: bool | None = None
    will_continue: bool | None = None


class FunctionCall(msgspec.Struct, rename="camel"):
    """A tool call, whole or in pieces."""

    name: str | None = None
    args: dict[str, object] | None = None
    id: str | None = None
    partial_args: list[PartialArg] | None = None
    will_continue: bool | None = None


class ResponsePart(msgspec.Struct, rename="camel"):
    """Media beside a tool's answer."""

    inline_data: Blob | None = None
    file_data: FileRef | None = None


class FunctionResponse(msgspec.Struct, rename="camel"):
    """What a tool answered."""

    name: str | None = None
    response: dict[str, object] | None = None
    id: str | None = None
    parts: list[ResponsePart] | None = None


class Part(msgspec.Struct, rename="camel"):
    """A piece of a message. The kinds that only Google knows are told by their names alone."""

    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    inline_data: Blob | None = None
    file_data: FileRef | None = None
    function_call: FunctionCall | None = None
    function_response: FunctionResponse | None = None


class Content(msgspec.Struct, rename="camel"):
    """A message."""

    parts: list[Part] | None = None
    role: str | None = None


class ModalityCount(msgspec.Struct, rename="camel"):
    """Tokens of one kind of content."""

    modality: str = ""
    token_count: int = 0


class UsageMetadata(msgspec.Struct, rename="camel"):
    """Tokens. Thoughts are beside the candidates' tokens, cached ones inside the prompt's."""

    prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    cached_content_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None
    prompt_tokens_details: list[ModalityCount] | None = None
    candidates_tokens_details: list[ModalityCount] | None = None
    cache_tokens_details: list[ModalityCount] | None = None


class Source(msgspec.Struct, rename="camel"):
    """A web page."""

    uri: str | None = None
    title: str | None = None


class GroundingChunk(msgspec.Struct, rename="camel"):
    """What an answer rests on."""

    web: Source | None = None


class Grounding(msgspec.Struct, rename="camel"):
    """What the search tool did."""

    web_search_queries: list[str] | None = None
    grounding_chunks: list[GroundingChunk] | None = None


class Citations(msgspec.Struct, rename="camel"):
    """What an answer repeats word by word."""

    citations: list[Source] | None = None


class Scored(msgspec.Struct, rename="camel"):
    """A token and its log probability."""

    token: str = ""
    log_probability: float = 0.0


class TopScored(msgspec.Struct, rename="camel"):
    """The likeliest tokens at one place."""

    candidates: list[Scored] | None = None


class LogprobsResult(msgspec.Struct, rename="camel"):
    """Log probabilities of an answer's tokens."""

    chosen_candidates: list[Scored] | None = None
    top_candidates: list[TopScored] | None = None


class Candidate(msgspec.Struct, rename="camel"):
    """One answer, or the next piece of it."""

    content: Content | None = None
    finish_reason: str | None = None
    finish_message: str | None = None
    index: Index = 0
    grounding_metadata: Grounding | None = None
    citation_metadata: Citations | None = None
    logprobs_result: LogprobsResult | None = None


class PromptFeedback(msgspec.Struct, rename="camel"):
    """Why a prompt was not answered."""

    block_reason: str | None = None


class GenerateAnswer(msgspec.Struct, rename="camel"):
    """A whole answer, or one chunk of a stream."""

    candidates: list[Candidate] | None = None
    prompt_feedback: PromptFeedback | None = None
    usage_metadata: UsageMetadata | None = None
    model_version: str | None = None
    response_id: str | None = None
    error: object = None
