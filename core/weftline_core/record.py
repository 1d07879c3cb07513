"""What the mesh remembers of one client request."""

from enum import StrEnum
from typing import Literal, TypeAlias

import msgspec

UsageSource: TypeAlias = Literal["reported", "estimated", "none"]


class Outcome(StrEnum):
    """How a request ended, from the client's point of view.

    OK: answered in full. REJECTED: the request itself was wrong. FAILED: an error status.
    BROKEN: the stream ended with an error frame. CANCELED: the client left first.
    """

    OK = "ok"
    REJECTED = "rejected"
    FAILED = "failed"
    BROKEN = "broken"
    CANCELED = "canceled"


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One client request, settled.

    endpoint: the one that answered, or the last one tried; empty when none was.
    attempts: endpoints asked; a retry on a fresh connection to the same one is not counted again.
    status: the HTTP status the client got; 0 if it left before any.
    usage_source: where the token counts are from; "none" leaves them at 0.
    error_code: `error.code` of what the client saw, if it saw an error.

    Units: `ttft_ms` from the request's last byte in to the first content out, None if none went.
    """

    request_id: str
    tenant: str
    model: str
    endpoint: str
    attempts: int
    status: int
    outcome: Outcome
    streamed: bool
    ttft_ms: float | None
    total_ms: float
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usage_source: UsageSource = "none"
    error_code: str | None = None
