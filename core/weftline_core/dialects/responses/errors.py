"""What errors of a Responses host mean, and how a client of Responses is told of one.

What all dialects of OpenAI share stands in `weftline_core.dialects.openai_errors`. Of this one's
own are the codes of a failed response, and the `error` event, which comes flat or nested.
"""

from typing import Final, cast

import orjson

from weftline_core.dialects.openai_errors import error_object, inner_verdict
from weftline_core.failures import Failure
from weftline_core.verdict import Verdict, Words

# The codes of a failed response that blame the request.
_CALLER_CODES: Final = frozenset(
    (
        "invalid_prompt",
        "bio_policy",
        "misalignment_policy_violation",
        "invalid_image",
        "invalid_image_format",
        "invalid_base64_image",
        "invalid_image_url",
        "image_too_large",
        "image_too_small",
        "image_parse_error",
        "image_content_policy_violation",
        "invalid_image_mode",
        "image_file_too_large",
        "unsupported_image_media_type",
        "empty_image_file",
        "failed_to_download_image",
        "image_file_not_found",
    )
)
_CALLER_STATUS_MIN, _SERVER_STATUS_MIN = 400, 500

# The last numbers that a 32-bit cursor can hold: later than all that a stream has brought.
_LAST_SEQUENCE: Final = 2**31 - 1


def stream_verdict(error: object) -> Verdict:
    """Return the meaning of an error whose status was 200, nested or flat."""
    outer = cast("dict[str, object]", error) if isinstance(error, dict) else {}
    inner = outer.get("error") or outer
    if isinstance(inner, str):
        inner = {"message": inner}
    fields = cast("dict[str, object]", inner) if isinstance(inner, dict) else {}
    if not fields.get("type") or fields["type"] == "error":
        # A flat event's `type` is no kind, and the error of a failed response has none.
        fields = fields | {"type": "server_error"}
    verdict = inner_verdict({"error": fields})
    if verdict.code in _CALLER_CODES:
        return Verdict(Failure.CALLER, verdict.words)
    return verdict


def response_error(status: int, words: Words) -> dict[str, object]:
    """Return the `error` of a failed response, whose codes are a closed list."""
    code = "server_error"
    if status == 429:  # noqa: PLR2004
        code = "rate_limit_exceeded"
    elif _CALLER_STATUS_MIN <= status < _SERVER_STATUS_MIN:
        code = "invalid_prompt"
    return {"code": code, "message": words.message}


def error_events(
    status: int, words: Words, response: dict[str, object], sequence: int = _LAST_SEQUENCE - 1
) -> bytes:
    """Return the two events that end a broken stream: `error`, which SDKs raise on, both nested and
    flat, and `response.failed`, which those that collect events read.

    response: as it failed. sequence: the first event's; by default one that is later than all that
    may have gone before.
    """
    error = error_object(words)
    flat = {
        "type": "error",
        "sequence_number": sequence,
        "code": words.code,
        "message": words.message,
        "param": words.param,
        "error": error,
    }
    failed = {
        "type": "response.failed",
        "sequence_number": sequence + 1,
        "response": response | {"status": "failed", "error": response_error(status, words)},
    }
    return b"event: error\ndata: %b\n\nevent: response.failed\ndata: %b\n\n" % (
        orjson.dumps(flat),
        orjson.dumps(failed),
    )
