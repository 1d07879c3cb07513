"""Anthropic: messages, the counting of their tokens, models."""

from collections.abc import Mapping
from typing import ClassVar

from weftline_bench.sims.ask import prompt_tokens
from weftline_bench.sims.exchange import (
    Answer,
    Refused,
    Request,
    Trouble,
    bad,
    json_object,
    not_found,
    streamed,
    whole,
)
from weftline_bench.sims.flavour import Desk, Flavour, Options, bearer, check_key
from weftline_bench.sims.messages_answer import event, frames, message
from weftline_bench.sims.messages_request import ask_of
from weftline_bench.sims.messages_rules import read_messages
from weftline_bench.sims.script import Json, Script

# The first is the documented one, the second what the official SDK sends since its version 2.13.
VERSIONS = ("2023-06-01", "2026-10-21")

TROUBLES: Mapping[Trouble, tuple[int, str]] = {
    Trouble.BAD_REQUEST: (400, "invalid_request_error"),
    Trouble.AUTH: (401, "authentication_error"),
    Trouble.FORBIDDEN: (403, "permission_error"),
    Trouble.NO_CREDIT: (402, "billing_error"),
    Trouble.NOT_FOUND: (404, "not_found_error"),
    Trouble.CONTEXT_LENGTH: (400, "invalid_request_error"),
    Trouble.CONTENT_FILTER: (400, "invalid_request_error"),
    Trouble.RATE_LIMITED: (429, "rate_limit_error"),
    Trouble.SERVER_ERROR: (500, "api_error"),
    Trouble.OVERLOADED: (529, "overloaded_error"),
    Trouble.TIMEOUT: (504, "timeout_error"),
}

_LIMITED = {
    "retry-after": "2",
    "anthropic-ratelimit-requests-limit": "50",
    "anthropic-ratelimit-requests-remaining": "0",
    "anthropic-ratelimit-requests-reset": "2026-11-27T12:00:02Z",
    "anthropic-ratelimit-tokens-limit": "40000",
    "anthropic-ratelimit-tokens-remaining": "0",
    "anthropic-ratelimit-tokens-reset": "2026-11-27T12:00:02Z",
}


class Anthropic(Flavour):
    """Anthropic itself. Its SDK's base URL ends before `/v1`."""

    name = "anthropic"
    base_path = ""
    tasks: ClassVar[tuple[str, ...]] = ("messages",)

    def answer(self, request: Request, desk: Desk) -> Answer:
        """Answer any of the endpoints."""
        self._check_headers(request, desk)
        if request.method == "GET" and request.path == "/v1/models":
            cards = [_card("claude-sonnet-5")]
            ends = {"first_id": "claude-sonnet-5", "last_id": "claude-sonnet-5"}
            return whole({"data": cards, "has_more": False, **ends})
        if request.method == "GET" and request.path.startswith("/v1/models/"):
            return whole(_card(request.path.removeprefix("/v1/models/")))
        if request.method != "POST":
            raise not_found(request)
        body = json_object(request.body)
        if request.path == "/v1/messages/count_tokens":
            asked = read_messages(body, counting=True)
            return whole({"input_tokens": prompt_tokens(ask_of(asked))})
        if request.path != "/v1/messages":
            raise not_found(request)
        asked = read_messages(body)
        script = desk.script_for(ask_of(asked))
        return self.render(script, Options(model=asked.model, stream=asked.stream))

    def render(self, script: Script, options: Options) -> Answer:
        """Return a script as one message."""
        headers = {"request-id": f"req_{script.id}"}
        if options.stream:
            return streamed(frames(script, options.model), headers, terminal=1)
        return whole(message(script, options.model), headers=headers)

    def refusal(self, refused: Refused, request: Request | None = None) -> Answer:
        """Return a refusal in Anthropic's shape."""
        del request
        status, _ = TROUBLES[refused.trouble]
        body = {**self._error(refused), "request_id": "req_0000"}
        limited = _LIMITED if refused.trouble is Trouble.RATE_LIMITED else {}
        return whole(body, refused.status or status, {"request-id": "req_0000", **limited})

    def error_frame(self, refused: Refused, task: str = "") -> bytes:
        """Return the error event."""
        del task
        return event(self._error(refused))

    def keep_alive(self, *, stream: bool = True) -> bytes:
        """Return a ping."""
        return event({"type": "ping"}) if stream else b""

    def _error(self, refused: Refused) -> Json:
        _, kind = TROUBLES[refused.trouble]
        return {"type": "error", "error": {"type": kind, "message": refused.message}}

    def _check_headers(self, request: Request, desk: Desk) -> None:
        key, token = request.headers.get("x-api-key"), bearer(request.headers)
        if key is not None and token is not None:
            raise Refused(Trouble.AUTH, "Only one of x-api-key and authorization may be sent.")
        check_key(key or token, desk.key, "x-api-key header is required", "invalid x-api-key")
        version = request.headers.get("anthropic-version")
        if version is None:
            raise bad("anthropic-version: header is required")
        if version not in VERSIONS:
            raise bad(f'anthropic-version: "{version}" is not a valid version')


def _card(name: str) -> Json:
    return {
        "type": "model",
        "id": name,
        "display_name": name,
        "created_at": "2026-01-01T00:00:00Z",
        "max_input_tokens": 200_000,
        "max_tokens": 64_000,
        "lifecycle": "active",
    }
