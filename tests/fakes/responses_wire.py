"""What tests of Responses share: echoes, events as hosts send them, the SDK's view of ours."""

from collections.abc import Mapping
from typing import Any

import orjson
from hypothesis import strategies as st
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from weftline_core.dialects.dialect import Echo, Target
from weftline_core.sse import data_of, events

Json = dict[str, Any]

TARGET = Target(model="gpt-host")
STREAM_EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)


def echo(body: Mapping[str, object] | None = None) -> Echo:
    return Echo(
        request_id="req_00ab", model="m", created_unix_s=1_700_000_000, body=body or {"input": "hi"}
    )


def sse(*written: Json) -> bytes:
    """Return events as a host sends them, numbered from 0 where they have no number."""
    out = b""
    for i, event in enumerate(written):
        numbered = {"sequence_number": i, **event}
        out += b"event: %b\ndata: %b\n\n" % (event["type"].encode(), orjson.dumps(numbered))
    return out


def parsed(whole: bytes) -> list[Json]:
    """Return our events, having checked that the SDK's types take each of them."""
    found: list[Json] = []
    for event in events(whole):
        data = orjson.loads(data_of(event))
        assert event.startswith(b"event: " + data["type"].encode() + b"\n")
        STREAM_EVENT.validate_python(data)
        found.append(data)
    return found


def as_response(data: bytes | Json) -> Json:
    """Return a response of ours, having checked that the SDK's type takes it."""
    value: Json = orjson.loads(data) if isinstance(data, bytes) else data
    Response.model_validate(value)
    return value


def response(output: list[Json], **more: object) -> Json:
    """Return a response as a host sends it."""
    return {
        "id": "resp_host",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": "gpt-dated",
        "output": output,
        "usage": USAGE,
        **more,
    }


def message(text: str, **more: object) -> Json:
    part: Json = {"type": "output_text", "text": text, "annotations": [], **more}
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [part],
    }


def function_call(arguments: str = '{"a":1}', call_id: str = "call_1") -> Json:
    return {
        "id": "fc_1",
        "type": "function_call",
        "call_id": call_id,
        "name": "f",
        "arguments": arguments,
        "status": "completed",
    }


USAGE: Json = {
    "input_tokens": 10,
    "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
    "output_tokens": 7,
    "output_tokens_details": {"reasoning_tokens": 3},
    "total_tokens": 17,
}

# Any JSON, small.
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=5,
)
