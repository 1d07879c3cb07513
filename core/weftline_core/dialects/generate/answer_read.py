"""Reads what hosts answer: whole answers, and the pieces that streams share with them."""

from typing import Final

import msgspec
import orjson

from weftline_core.chat.answer import Answer, Choice, Citation, Stop, TokenLogprob
from weftline_core.chat.parts import Media, Part, Reasoning, Text, ToolCall
from weftline_core.dialects.dialect import AnswerIsError, NotAnAnswer
from weftline_core.dialects.generate import shapes
from weftline_core.dialects.generate.calls import json_text, minted_id
from weftline_core.dialects.generate.media import kind_of
from weftline_core.dialects.generate.parts_read import ORIGIN
from weftline_core.dialects.generate.stops import UNSPECIFIED, fault_of, stop_of
from weftline_core.dialects.generate.usage import usage_of
from weftline_core.dialects.google_errors import error_in, of_error
from weftline_core.dialects.typed import typed
from weftline_core.usage import Usage
from weftline_core.verdict import Verdict


class _Count(msgspec.Struct, rename="camel"):
    total_tokens: int


_ANSWER: Final = msgspec.json.Decoder(shapes.GenerateAnswer)
_COUNT: Final = msgspec.json.Decoder(_Count)


def decoded(data: bytes) -> shapes.GenerateAnswer | Verdict:
    """Return a whole answer or a chunk, or the verdict of the error that it is instead.

    Raises:
        NotAnAnswer: it is neither.
    """
    try:
        answer = _ANSWER.decode(data)
        if not data.isascii():
            # Fields that are skipped are not checked to be text.
            data.decode()
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as e:
        if (found := _error_of(data)) is not None:
            return found
        is_json = isinstance(e, msgspec.ValidationError)
        raise NotAnAnswer(
            "its answer breaks Gemini's format" if is_json else "its answer is not JSON"
        ) from None
    return of_error(answer.error) if answer.error else answer


def _error_of(data: bytes) -> Verdict | None:
    """Return the verdict of an error that no answer's shape fits: in an array, as streams have
    it.
    """
    try:
        value: object = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    error = error_in(value)
    return of_error(error) if error else None


def check_answer(data: bytes) -> Usage | None:
    """Return the usage in a whole answer that is passed on as it is.

    Raises:
        NotAnAnswer: it is neither an answer nor an error.
        AnswerIsError: it is an error.
    """
    found = decoded(data)
    if isinstance(found, Verdict):
        raise AnswerIsError(found)
    if not found.candidates and found.prompt_feedback is None:
        raise NotAnAnswer("its answer has no 'candidates'")
    return usage_in(found)


def read_count(data: bytes) -> int:
    """Return the count in an answer of countTokens.

    Raises:
        NotAnAnswer: it is none.
    """
    counted = typed(data, _COUNT)
    if counted is None:
        raise NotAnAnswer("its answer has no 'totalTokens'")
    return max(0, counted.total_tokens)


def read_answer(data: bytes) -> Answer:
    """Return a whole answer with status 200.

    Raises:
        NotAnAnswer: it is neither an answer nor an error.
        AnswerIsError: it is an error, or the model failed.
    """
    found = decoded(data)
    if isinstance(found, Verdict):
        raise AnswerIsError(found)
    answer_id = found.response_id or ""
    if found.candidates:
        choices = [_choice(candidate, answer_id) for candidate in found.candidates]
    elif found.prompt_feedback is not None:
        choices = [Choice(parts=[], stop=Stop.FILTERED)]
    else:
        raise NotAnAnswer("its answer has no 'candidates'")
    return Answer(
        choices=choices,
        id=answer_id,
        model=found.model_version or "",
        usage=usage_in(found),
    )


def usage_in(answer: shapes.GenerateAnswer) -> Usage | None:
    """Return the usage of a whole answer or a chunk, or None."""
    counts = answer.usage_metadata
    if counts is None or counts.prompt_token_count is None:
        return None
    searches = 0
    for candidate in answer.candidates or ():
        grounding = candidate.grounding_metadata
        if grounding is not None:
            searches += len(grounding.web_search_queries or ())
    return usage_of(counts, searches)


def usage_so_far(answer: shapes.GenerateAnswer, before: Usage | None) -> Usage | None:
    """Return the usage of a chunk, or None. before: of the chunks before it. Counts are told again
    in every chunk, searches only in the one that has their results.
    """
    usage = usage_in(answer)
    if usage is None or before is None or before.searches <= usage.searches:
        return usage
    return msgspec.structs.replace(usage, searches=before.searches)


def citations_of(candidate: shapes.Candidate) -> list[Citation]:
    """Return what a candidate says it rests on."""
    pages: list[shapes.Source] = []
    if candidate.grounding_metadata is not None:
        chunks = candidate.grounding_metadata.grounding_chunks or ()
        pages += [chunk.web for chunk in chunks if chunk.web is not None]
    if candidate.citation_metadata is not None:
        pages += candidate.citation_metadata.citations or ()
    return [Citation(url=page.uri, title=page.title) for page in pages if page.uri]


def logprobs_of(result: shapes.LogprobsResult) -> list[TokenLogprob]:
    """Return the log probabilities of a candidate's tokens."""
    tops = result.top_candidates or []
    return [
        TokenLogprob(
            token=chosen.token,
            logprob=chosen.log_probability,
            top=[
                TokenLogprob(token=other.token, logprob=other.log_probability)
                for other in (tops[i].candidates or () if i < len(tops) else ())
            ],
        )
        for i, chosen in enumerate(result.chosen_candidates or ())
    ]


def call_of(
    part: shapes.Part, call: shapes.FunctionCall, answer_id: str, choice: int, number: int
) -> ToolCall:
    """Return a call that came whole. number: counts the calls of the choice.

    Raises:
        NotAnAnswer: it has no name, or its arguments are nested too deeply.
    """
    if not call.name:
        raise NotAnAnswer("its answer has a 'functionCall' without a name")
    try:
        arguments = json_text(call.args or {})
    except ValueError:
        raise NotAnAnswer("its answer is nested too deeply") from None
    return ToolCall(
        id=call.id or minted_id(answer_id, choice, number, call.name, arguments),
        name=call.name,
        arguments=arguments,
        signature=part.thought_signature,
    )


def _choice(candidate: shapes.Candidate, answer_id: str) -> Choice:
    reason = candidate.finish_reason
    if not reason or reason == UNSPECIFIED:
        raise NotAnAnswer("its answer has a candidate without a 'finishReason'")
    if (fault := fault_of(reason, candidate.finish_message)) is not None:
        raise AnswerIsError(fault)
    parts: list[Part] = []
    calls = 0
    for part in (candidate.content.parts if candidate.content else None) or ():
        if part.function_call is not None:
            call = call_of(part, part.function_call, answer_id, candidate.index, calls)
            parts.append(call)
            calls += 1
        else:
            _add_part(parts, part)
    logprobs = candidate.logprobs_result
    return Choice(
        parts=parts,
        stop=stop_of(reason, called=calls > 0),
        citations=citations_of(candidate),
        logprobs=None if logprobs is None else logprobs_of(logprobs),
    )


def _add_part(parts: list[Part], part: shapes.Part) -> None:
    signature = part.thought_signature
    if part.thought:
        # Pictures thought of on the way are no part of the answer.
        if part.text or signature:
            parts.append(Reasoning(text=part.text or "", signature=signature, origin=ORIGIN))
        return
    if part.text:
        last = parts[-1] if parts else None
        if isinstance(last, Text):
            last.text += part.text
        else:
            parts.append(Text(text=part.text))
    elif part.inline_data is not None:
        mime = part.inline_data.mime_type
        parts.append(Media(kind=kind_of(mime), mime=mime, data=part.inline_data.data))
    if signature:
        parts.append(Reasoning(text="", signature=signature, origin=ORIGIN))
