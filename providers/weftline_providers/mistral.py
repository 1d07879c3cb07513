"""Mistral. It refuses unknown fields, and always sends usage with the last chunk of a stream.

Its requests are OpenAI's, with fields of its own that go on as they are. Its answers have forms
that OpenAI's clients cannot read: content that is a list of thoughts and texts, and tool calls
without a type or a number. These are put into OpenAI's form, which Mistral's own SDK reads as well;
all else passes byte for byte.

Sources: Mistral's `openapi.yaml` of 2026-08-21, mistralai 3.7.0 (Python SDK), recorded traffic.
"""

from typing import Final, cast

import msgspec
import orjson

from weftline_core.chat.features import Feature
from weftline_core.dialects.chat.back import ChatCompletionsBack
from weftline_core.dialects.chat.call_ids import nine_letters
from weftline_core.dialects.chat.host_shapes import arguments_of, listed
from weftline_core.dialects.chat.request_write import Manners
from weftline_core.dialects.chat.tap import ChatTap
from weftline_core.dialects.chat.usage import UsageOf, mistral
from weftline_core.dialects.dialect import Plain, Tap
from weftline_core.dialects.embeddings.back import BACK as EMBEDDINGS
from weftline_core.dialects.losses import CHAT, DROP
from weftline_core.dialects.wire import json_object
from weftline_core.hosts import Host
from weftline_core.sse import data_of, events, frame

# It ends an answer with this where the model's context is full.
_MODEL_LENGTH: Final = "model_length"

_Json = dict[str, object]


class _Said(msgspec.Struct, gc=False):
    """What of a message, or of what is new of it, may have a form of Mistral's own."""

    content: object = None
    tool_calls: object = None


class _Choice(msgspec.Struct, gc=False):
    delta: _Said | None = None
    message: _Said | None = None
    finish_reason: object = None


class _Glimpse(msgspec.Struct, gc=False):
    choices: list[_Choice] = []


_GLIMPSE: Final = msgspec.json.Decoder(_Glimpse)


class MistralChat(ChatCompletionsBack, Plain):
    """Its chat."""

    __slots__ = ()

    def plain(self, data: bytes) -> bytes:
        """Return a whole answer in OpenAI's form."""
        return _put_right(data, _Numbers()) if _is_odd(data) else data

    def tap(self, *, usage_wanted: bool) -> Tap:
        """Return the watcher of one stream, which puts it into OpenAI's form as it passes."""
        return MistralTap(self.usage_of, usage_wanted=usage_wanted)


class MistralTap(ChatTap):
    """Puts into OpenAI's form what passes."""

    __slots__ = ("_numbers",)

    def __init__(self, usage_of: UsageOf, *, usage_wanted: bool) -> None:
        super().__init__(usage_of, usage_wanted=usage_wanted)
        self._numbers = _Numbers()

    def read(self, whole: bytes) -> bytes:
        """Read every event, and return what may be passed on."""
        return super().read(self._plain(whole))

    def glance(self, whole: bytes) -> bytes:
        """Do the same, faster where all is plain content."""
        return super().glance(self._plain(whole))

    def _plain(self, whole: bytes) -> bytes:
        found = list(events(whole))
        odd = [_is_odd(data_of(event)) for event in found]
        if not any(odd):
            return whole
        return b"".join(
            frame(_put_right(data_of(event), self._numbers)) if is_odd else event + b"\n\n"
            for event, is_odd in zip(found, odd, strict=True)
        )


class _Numbers:
    """Numbers the calls that come without, in the order of their ids."""

    __slots__ = ("_ids",)

    def __init__(self) -> None:
        self._ids: dict[int, list[object]] = {}

    def of(self, choice: int, call: _Json) -> object:
        """Return the number of a call, or of a fragment of one."""
        number, call_id = call.get("index"), call.get("id")
        ids = self._ids.setdefault(choice, [])
        if isinstance(number, int):
            return number
        if call_id not in ids:
            ids.append(call_id)
        return ids.index(call_id)


def _is_odd(data: bytes) -> bool:
    """Return whether there is a form of Mistral's own in an answer, or in an event of one."""
    try:
        choices = _GLIMPSE.decode(data).choices
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # Whoever watches the answer says what is wrong with it.
        return False
    for choice in choices:
        said = choice.delta or choice.message
        if choice.finish_reason == _MODEL_LENGTH:
            return True
        if said is not None and (said.tool_calls or isinstance(said.content, list)):
            return True
    return False


def _put_right(data: bytes, numbers: _Numbers) -> bytes:
    """Return an answer, or an event of one, in OpenAI's form."""
    whole = json_object(data)
    if whole is None:
        return data
    for at, choice in enumerate(cast("list[_Json]", whole["choices"])):
        if choice.get("finish_reason") == _MODEL_LENGTH:
            choice["finish_reason"] = "length"
        number = choice.get("index")
        said = cast("_Json", choice.get("delta") or choice.get("message") or {})
        content, calls = said.get("content"), said.get("tool_calls")
        if isinstance(content, list):
            thoughts, said["content"] = listed(cast("list[object]", content))
            if thoughts:
                said["reasoning_content"] = thoughts
        for call in cast("list[object]", calls) if isinstance(calls, list) else []:
            if isinstance(call, dict):
                _put_call_right(
                    cast("_Json", call), numbers, number if isinstance(number, int) else at
                )
    try:
        return orjson.dumps(whole)
    except orjson.JSONEncodeError:
        # The reader takes more levels than the writer.
        return data


def _put_call_right(call: _Json, numbers: _Numbers, choice: int) -> None:
    call["index"] = numbers.of(choice, call)
    call["type"] = call.get("type") or "function"
    function = call.get("function")
    if isinstance(function, dict):
        words = cast("_Json", function)
        words["arguments"] = arguments_of(words.get("arguments"))


HOST = Host(
    name="mistral",
    speaks=(
        MistralChat(
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
