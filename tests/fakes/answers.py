"""What a healthy fake endpoint answers: numbered words that carry the request's own nonce.

Because every word names its request, its place and its endpoint, a reader sees at once whether an
answer was cut, repeated, reordered, or mixed with another request's or another endpoint's.
"""

import json
import re
from dataclasses import dataclass

WORDS = 12


@dataclass(frozen=True, slots=True)
class Asked:
    """What the fake needs to know of a request's body."""

    task: str
    model: str
    nonce: str
    streamed: bool
    wants_usage: bool


def ask(nonce: str, *, model: str, streamed: bool, padding: int = 0) -> dict[str, object]:
    """Return the chat request whose answer `text_of(nonce)` checks.

    Units: `padding` is bytes by which the body grows, after all that matters in it.
    """
    return {
        "model": model,
        **({"stream": True} if streamed else {}),
        "messages": [{"role": "user", "content": nonce}],
        **({"user": "x" * padding} if padding else {}),
    }


def read_ask(path: str, body: bytes) -> Asked:
    """Return what `body` asks for; of a body that is not all there, what its beginning says.

    It looks for the bytes themselves, since an early answer goes out before the JSON is complete.
    """
    nonce = re.search(rb'"content":\s*"([^"]*)"', body)
    model = re.search(rb'"model":\s*"([^"]*)"', body)
    return Asked(
        task="embeddings" if path.endswith("/embeddings") else "chat",
        model=model[1].decode() if model else "",
        nonce=nonce[1].decode() if nonce else "",
        streamed=re.search(rb'"stream":\s*true', body) is not None,
        wants_usage=re.search(rb'"include_usage":\s*true', body) is not None,
    )


def words(nonce: str, count: int = WORDS) -> list[str]:
    """Return the words of the answer to `nonce`, in order."""
    return [f"{nonce}.{i} " for i in range(count)]


def text_of(nonce: str, count: int = WORDS) -> str:
    """Return the whole text of the answer to `nonce`."""
    return "".join(words(nonce, count))


USAGE = {"prompt_tokens": 3, "completion_tokens": WORDS, "total_tokens": 3 + WORDS}


def _chunk(asked: Asked, who: str, **fields: object) -> bytes:
    chunk: dict[str, object] = {
        "id": f"chatcmpl-{who}-{asked.nonce}",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": asked.model,
        **fields,
    }
    return event(json.dumps(chunk).encode())


def _choice(delta: dict[str, str], finish: str | None = None) -> list[dict[str, object]]:
    return [{"index": 0, "delta": delta, "finish_reason": finish}]


def event(data: bytes, end: bytes = b"\n\n") -> bytes:
    """Return one server-sent event."""
    return b"data: " + data + end


DONE = event(b"[DONE]")


def stream_of(asked: Asked, who: str, count: int = WORDS) -> list[bytes]:
    """Return the events of a streamed answer: role, words, finish, usage if asked for, terminal."""
    return [
        role_of(asked, who),
        *(_chunk(asked, who, choices=_choice({"content": w})) for w in words(asked.nonce, count)),
        _chunk(asked, who, choices=_choice({}, "stop")),
        *([_chunk(asked, who, choices=[], usage=USAGE)] if asked.wants_usage else []),
        DONE,
    ]


def role_of(asked: Asked, who: str) -> bytes:
    """Return the first event, which names the role and has no content."""
    return _chunk(asked, who, choices=_choice({"role": "assistant", "content": ""}))


def whole_of(asked: Asked, who: str, *, indent: int | None = None) -> bytes:
    """Return a non-streamed answer."""
    if asked.task == "embeddings":
        answer: dict[str, object] = {
            "object": "list",
            "model": asked.model,
            "data": [{"object": "embedding", "index": 0, "embedding": [0.25, -0.5]}],
            "usage": {"prompt_tokens": 3, "total_tokens": 3},
        }
    else:
        message = {"role": "assistant", "content": text_of(asked.nonce)}
        answer = {
            "id": f"chatcmpl-{who}-{asked.nonce}",
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": asked.model,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": USAGE,
        }
    return json.dumps(answer, indent=indent).encode()


def error_of(message: str, kind: str = "server_error", code: str | None = None) -> bytes:
    """Return an error object in OpenAI's shape."""
    error = {"message": message, "type": kind, "param": None, "code": code}
    return json.dumps({"error": error}).encode()


MODELS = json.dumps({"object": "list", "data": []}).encode()
