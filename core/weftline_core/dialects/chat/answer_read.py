"""A host's whole chat completion, as an answer."""

from typing import Final, cast

import msgspec

from weftline_core.chat.answer import Answer, Choice
from weftline_core.chat.parts import Media, Part, Reasoning, Refusal, Text, ToolCall
from weftline_core.dialects.chat.calls_read import minted
from weftline_core.dialects.chat.host_shapes import (
    ANSWER,
    HostAnswer,
    HostCall,
    HostChoice,
    HostMessage,
    arguments_of,
    citations_of,
    images_of,
    listed,
    logprobs_of,
    thoughts_of,
)
from weftline_core.dialects.chat.stops import failure_of, stop_of
from weftline_core.dialects.chat.usage import UsageOf
from weftline_core.dialects.dialect import AnswerIsError, NotAnAnswer
from weftline_core.dialects.openai_errors import inner_verdict, is_error
from weftline_core.dialects.typed import typed
from weftline_core.dialects.wire import is_utf8, json_object
from weftline_core.usage import Usage, in_tier

_ORIGIN: Final = "chat"


class _Ending(msgspec.Struct, gc=False):
    """Of a choice, why it ended."""

    finish_reason: object = None


class _Glimpse(msgspec.Struct):
    """What is read of an answer that is passed on; the rest is only checked to be JSON."""

    error: object = None
    usage: object = None
    service_tier: object = None
    base_resp: object = None
    choices: list[_Ending] | None = None


_GLIMPSE: Final = msgspec.json.Decoder(_Glimpse)


def check_answer(data: bytes, usage_of: UsageOf) -> Usage | None:
    """Return the usage in a whole answer that is passed on as it is.

    Providers and the boxes in front of them send HTML, nothing, or an error object with status 200.

    Raises:
        NotAnAnswer: it is neither an answer nor an error.
        AnswerIsError: it is an error.
    """
    try:
        answer = _GLIMPSE.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        answer = None
    if answer is None or answer.error or answer.base_resp or answer.choices is None:
        return _check_slowly(data, usage_of)
    if not is_utf8(data):
        raise NotAnAnswer("its answer is not a JSON object")
    for choice in answer.choices:
        _refuse(choice.finish_reason)
    return in_tier(usage_of(answer.usage), answer.service_tier)


def read_answer(data: bytes, usage_of: UsageOf) -> Answer:
    """Return a whole answer.

    Raises:
        NotAnAnswer: it is neither an answer nor an error.
        AnswerIsError: it is an error.
    """
    answer = typed(data, ANSWER)
    if answer is None or answer.error or answer.base_resp or not answer.choices:
        _check_slowly(data, usage_of)
    if answer is None or not answer.choices:
        raise NotAnAnswer("its answer has no choices of the right shape")
    return Answer(
        choices=[_choice(choice, answer) for choice in answer.choices],
        id=answer.id or "",
        model=answer.model or "",
        usage=in_tier(usage_of(answer.usage), answer.service_tier),
    )


def _check_slowly(data: bytes, usage_of: UsageOf) -> Usage | None:
    fields = json_object(data)
    if fields is None:
        raise NotAnAnswer("its answer is not a JSON object")
    if is_error(fields):
        raise AnswerIsError(inner_verdict(fields))
    choices = fields.get("choices")
    if not isinstance(choices, list):
        raise NotAnAnswer("its answer has no list 'choices'")
    for choice in cast("list[object]", choices):
        if isinstance(choice, dict):
            _refuse(cast("dict[str, object]", choice).get("finish_reason"))
    return in_tier(usage_of(fields.get("usage")), fields.get("service_tier"))


def _refuse(reason: object) -> None:
    if failure := failure_of(reason):
        raise AnswerIsError(failure)


def _choice(choice: HostChoice, answer: HostAnswer) -> Choice:
    _refuse(choice.finish_reason)
    index = choice.index or 0
    message = choice.message or HostMessage()
    parts = _words(message)
    refused = any(isinstance(part, Refusal) for part in parts)
    for image in images_of(message.images, index):
        parts.append(Media(kind="image", mime=image.mime, data=image.data))
    calls = message.tool_calls or []
    for at, call in enumerate(calls):
        parts.append(_call(call, minted(answer.id or "", index, at)))
    matched = choice.stop_reason or choice.matched_stop
    reason = choice.finish_reason or ""
    return Choice(
        parts=parts,
        stop=stop_of(reason, matched, called=bool(calls), refused=refused),
        stop_sequence=matched if isinstance(matched, str) else None,
        citations=citations_of(message.annotations),
        logprobs=logprobs_of(choice.logprobs) if choice.logprobs else None,
    )


def _words(message: HostMessage) -> list[Part]:
    parts: list[Part] = []
    text = message.content
    thoughts = thoughts_of(message)
    if isinstance(text, list):
        more, text = listed(text)
        thoughts += more
    if thoughts:
        parts.append(Reasoning(text=thoughts, origin=_ORIGIN))
    if text:
        parts.append(Text(text=text))
    if isinstance(message.refusal, str) and message.refusal:
        parts.append(Refusal(text=message.refusal))
    return parts


def _call(call: HostCall, spare_id: str) -> ToolCall:
    given = call.function
    custom = call.custom
    name = custom.name if custom is not None else given.name if given is not None else None
    if not isinstance(name, str) or not name:
        raise NotAnAnswer("it calls a tool without naming it")
    words = custom.input if custom is not None else given.arguments if given is not None else None
    return ToolCall(
        id=call.id if isinstance(call.id, str) and call.id else spare_id,
        name=name,
        arguments=arguments_of(words),
        free_text=custom is not None,
    )
