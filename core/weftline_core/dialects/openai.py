"""OpenAI's wire format: requests in, answers and errors out."""

import re
from collections.abc import Iterable
from typing import Any, cast

import msgspec
import orjson

from weftline_core.desired import Model, Task
from weftline_core.errors import CallerError, MeshError
from weftline_core.sse import frame

# Bytes a token takes in English text, for estimates where nothing was reported.
BYTES_PER_TOKEN = 4

_ANSWER_LIST: dict[Task, str] = {"chat": "choices", "embeddings": "data"}

# One half of a character beyond the first 65,536, as JSON may escape it.
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


class ClientRequest(msgspec.Struct, frozen=True):
    """A request that was checked. `body` is what goes on, written anew: never the client's bytes,
    which another parser might read differently.
    """

    task: Task
    model: str
    stream: bool
    body: dict[str, object]


class Usage(msgspec.Struct, frozen=True):
    """Tokens of one answer."""

    prompt_tokens: int
    completion_tokens: int


class NotAnAnswer(ValueError):
    """An answer with status 200 is none; the text says why."""


class _Answer(msgspec.Struct):
    """What is read of a whole answer. The rest is only checked to be JSON: to build 34 MB of
    embeddings takes 35 to 120 ms, to check them 5 to 15.
    """

    error: object = None
    usage: object = None
    choices: list[msgspec.Raw] | None = None
    data: list[msgspec.Raw] | None = None


_ANSWER = msgspec.json.Decoder(_Answer)


def json_object(data: bytes) -> dict[str, object] | None:
    """Return the JSON object that `data` is, or None if it is none.

    Servers that stream half a character at a time escape each half by itself. Such text is no
    Unicode, but every SDK reads it, so it is no reason to break off; here it reads as U+FFFD.
    """
    try:
        value: Any = orjson.loads(data)
    except orjson.JSONDecodeError:
        try:
            value = orjson.loads(_SURROGATE.sub(rb"\\ufffd", data))
        except orjson.JSONDecodeError:
            return None
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def is_utf8(data: bytes) -> bool:
    """Return whether `data` is text in UTF-8."""
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def parse_request(task: Task, data: bytes) -> ClientRequest:
    """Return the request of a client's body.

    Raises:
        CallerError: not a JSON object, or a field that the mesh itself reads is wrong.
    """
    if not data:
        raise CallerError("the request has no body: send a JSON object")
    try:
        body: Any = orjson.loads(data)
    except orjson.JSONDecodeError as e:
        raise CallerError(
            f"the body is not valid JSON: {e.msg} at line {e.lineno}, column {e.colno}"
        ) from None
    if not isinstance(body, dict):
        raise CallerError("the body must be a JSON object")
    fields = cast("dict[str, object]", body)
    model = fields.get("model")
    if not isinstance(model, str) or not model:
        what = "is missing" if model is None else "must be a non-empty string"
        raise CallerError(f"'model' {what}; GET /v1/models lists the names", param="model")
    stream = fields.get("stream")
    if stream is not None and not isinstance(stream, bool):
        raise CallerError("'stream' must be true or false", param="stream")
    if stream and task != "chat":
        raise CallerError("embeddings cannot be streamed: leave 'stream' out", param="stream")
    return ClientRequest(task, model, bool(stream), fields)


def usage_of(usage: object) -> Usage | None:
    """Return what the `usage` of a whole answer or of one chunk says, or None."""
    if not isinstance(usage, dict):
        return None
    counts = cast("dict[str, object]", usage)
    prompt, completion = counts.get("prompt_tokens"), counts.get("completion_tokens", 0)
    if not isinstance(prompt, int) or not isinstance(completion, int):
        return None
    return Usage(max(0, prompt), max(0, completion))


def estimated_tokens(size: int) -> int:
    """Return about how many tokens `size` bytes of text are."""
    return -(-size // BYTES_PER_TOKEN)


def read_answer(task: Task, data: bytes) -> tuple[object, Usage | None]:
    """Return the error in a whole answer with status 200, if it is one, and the usage it reports.

    Providers and the boxes in front of them send HTML, nothing, or an error object with status 200.

    Raises:
        NotAnAnswer: it is neither an answer to `task` nor an error.
    """
    try:
        answer = _ANSWER.decode(data)
    except (msgspec.DecodeError, RecursionError):
        fields = json_object(data)
    else:
        listed = answer.choices if task == "chat" else answer.data
        if listed is not None and not answer.error and is_utf8(data):
            return None, usage_of(answer.usage)
        fields = json_object(data)
    if fields is None:
        raise NotAnAnswer("its answer is not a JSON object")
    if error := fields.get("error"):
        return error, None
    key = _ANSWER_LIST[task]
    if not isinstance(fields.get(key), list):
        raise NotAnAnswer(f"its answer has no list '{key}'")
    return None, usage_of(fields.get("usage"))


def error_body(error: MeshError) -> bytes:
    """Return OpenAI's error object, as the SDKs read it."""
    return orjson.dumps(
        {
            "error": {
                "message": error.message,
                "type": error.kind,
                "param": error.param,
                "code": error.code,
            }
        }
    )


def error_frame(error: MeshError) -> bytes:
    """Return the event that ends a broken stream: the SDKs raise on it."""
    return frame(error_body(error))


def model_object(model: Model) -> dict[str, object]:
    """Return a model as `GET /v1/models/{id}` shows it. `created` is required and unknown: 0."""
    return {"id": model.name, "object": "model", "created": 0, "owned_by": model.owned_by}


def model_list(models: Iterable[Model]) -> bytes:
    """Return the body of `GET /v1/models`."""
    return orjson.dumps({"object": "list", "data": [model_object(m) for m in models]})
