"""One request for an answer, in no dialect."""

from typing import Literal, TypeAlias

import msgspec

from weftline_core.chat.features import Feature
from weftline_core.chat.parts import CacheTtl, Part, Text

Role: TypeAlias = Literal["user", "assistant", "system", "tool"]
Effort: TypeAlias = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
ServiceTier: TypeAlias = Literal["auto", "default", "flex", "priority"]


class Turn(msgspec.Struct, kw_only=True):
    """One message. Tool results stand in turns of role `tool`; `system` here is one that comes
    after the conversation has begun. name: the speaker's.
    """

    role: Role
    parts: list[Part]
    name: str | None = None


class Tool(msgspec.Struct, kw_only=True):
    """A function that the caller runs. schema: JSON Schema of its arguments, None for none.
    free_text: it takes text, not JSON.
    """

    name: str
    description: str | None = None
    schema: dict[str, object] | None = None
    strict: bool | None = None
    free_text: bool = False
    cache: CacheTtl | None = None


class ToolChoice(msgspec.Struct, kw_only=True):
    """Which tools the model may or must call.

    mode: `auto` as it likes, `any` at least one, `none`, `one` the one in `names`. names with
    `auto` or `any`: only these.
    """

    mode: Literal["auto", "any", "none", "one"]
    names: tuple[str, ...] = ()


class AnswerFormat(msgspec.Struct, kw_only=True):
    """JSON of any shape (schema None), or of this schema."""

    schema: dict[str, object] | None = None
    name: str | None = None
    description: str | None = None
    strict: bool | None = None


class Thinking(msgspec.Struct, kw_only=True):
    """How much to reason: an effort, or a budget in tokens, or as the model likes (neither).
    `none` as effort switches it off. shown: whether the thoughts, or a summary, should be in the
    answer; None is the dialect's own default.
    """

    effort: Effort | None = None
    budget_tokens: int | None = None
    shown: bool | None = None


class Conversation(msgspec.Struct, kw_only=True):
    """A request for an answer.

    paths: each feature that the request uses -> where in the client's body it first stands. Whoever
    fills a field that is a feature fills `paths` too. unknown: paths of fields that its reader does
    not know.

    choices: answers wanted. stream: as events. usage_in_stream: the client wants usage at a
    stream's end. user_id: the end user, for the provider's abuse checks.
    """

    system: list[Text] = []
    turns: list[Turn] = []
    tools: list[Tool] = []
    tool_choice: ToolChoice | None = None
    parallel_tools: bool | None = None
    format: AnswerFormat | None = None
    thinking: Thinking | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logit_bias: dict[str, float] | None = None
    logprobs: int | None = None
    choices: int = 1
    verbosity: str | None = None
    user_id: str | None = None
    metadata: dict[str, str] | None = None
    service_tier: ServiceTier | None = None
    cache_key: str | None = None
    store: bool | None = None
    stream: bool = False
    usage_in_stream: bool = False
    paths: dict[Feature, str] = {}
    unknown: tuple[str, ...] = ()
