"""Streams of Anthropic's Messages, as hosts send them and clients read them."""

from typing import Any

import orjson

from weftline_core.dialects.dialect import Echo

ECHO = Echo(request_id="req_1", model="claude", created_unix_s=1, body={})


def event(kind: str, **fields: object) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), orjson.dumps({"type": kind, **fields}))


def start(**usage: object) -> bytes:
    message: dict[str, object] = {
        "id": "msg_up",
        "type": "message",
        "role": "assistant",
        "model": "claude-5",
        "content": [],
        "stop_reason": None,
        "usage": usage or {"input_tokens": 43, "output_tokens": 1},
    }
    return event("message_start", message=message)


def opened(index: int, **block: object) -> bytes:
    return event("content_block_start", index=index, content_block=block)


def delta(index: int, kind: str, **fields: object) -> bytes:
    return event("content_block_delta", index=index, delta={"type": kind, **fields})


def text(words: str, index: int = 0) -> bytes:
    return delta(index, "text_delta", text=words)


def closed(index: int) -> bytes:
    return event("content_block_stop", index=index)


def finish(reason: str | None = "end_turn", sequence: str | None = None, **usage: object) -> bytes:
    said = {"stop_reason": reason, "stop_sequence": sequence}
    return event("message_delta", delta=said, usage=usage or {"output_tokens": 7})


PING = event("ping")
STOP = event("message_stop")
HELLO = (
    start()
    + opened(0, type="text", text="")
    + PING
    + text("Hel")
    + text("lo")
    + closed(0)
    + finish()
    + STOP
)
CALL = (
    start()
    + opened(0, type="tool_use", id="toolu_a", name="f", input={})
    + delta(0, "input_json_delta", partial_json="")
    + delta(0, "input_json_delta", partial_json='{"x":')
    + delta(0, "input_json_delta", partial_json="1}")
    + closed(0)
    + finish("tool_use")
    + STOP
)


def told(stream: bytes) -> list[dict[str, Any]]:
    """Return the data of each event, once its name is known to be its type's."""
    found: list[dict[str, Any]] = []
    for raw in stream.split(b"\n\n"):
        if raw:
            name, _, data = raw.partition(b"\ndata: ")
            assert b"\n" not in data
            fields = orjson.loads(data)
            assert name == b"event: " + fields["type"].encode()
            found.append(fields)
    return found
