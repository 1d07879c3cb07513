"""What the mesh remembers of one client request."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal, TypeAlias

import msgspec

from weftline_core.usage import NO_USAGE, Usage

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
    usage: what the last attempt used. usage_source: where the counts are from; "none" leaves them
    at 0. cost_nanodollars: None if nobody knows the price. cost_source: "provider", "table",
    "custom" or "cache"; empty without a cost. dialect: the client's. provider, upstream_model: who
    answered, and what the model is called there. step: which of the client's alternatives did.
    cached: the answer is a repetition. metadata, event_id, gateway: the client's own. logged: False
    if the client wants no line of it in the log.
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
    usage: Usage = NO_USAGE
    usage_source: UsageSource = "none"
    cost_nanodollars: int | None = None
    cost_source: str = ""
    dialect: str = ""
    provider: str = ""
    upstream_model: str = ""
    step: int = 0
    cached: bool = False
    metadata: Mapping[str, str | int | float | bool] = {}
    event_id: str | None = None
    gateway: str = ""
    logged: bool = True
    error_code: str | None = None
