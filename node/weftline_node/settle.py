"""Tells of a request when it ends: its timing to the client, its record to the mesh and the log."""

import msgspec

from weftline_core.attempts import Attempts
from weftline_core.cost import Cost, cost, custom_cost
from weftline_core.counting import BYTES_PER_TOKEN
from weftline_core.record import Outcome, Record, UsageSource
from weftline_core.usage import NO_USAGE, Usage, plausible
from weftline_node.dial import Way
from weftline_node.job import Job


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What the client was given.

    status: 0 if it left before any. usage: what the answer reported. content_events: of a stream,
    None if it was none. answer_bytes: the size of a whole answer, or of a stream's first part.
    """

    status: int
    error_code: str | None
    first_content_s: float | None
    usage: Usage | None
    content_events: int | None
    answer_bytes: int


def timing_line(job: Job, opened_s: float, sent_s: float, now_s: float) -> str:
    """Return the header that says where the time to the first content went."""
    return (
        f"server-timing: route;dur={(job.routed_s - job.started_s) * 1e3:.3f}, "
        f"connect;dur={(sent_s - opened_s) * 1e3:.3f}, ttft;dur={(now_s - sent_s) * 1e3:.3f}\r\n"
    )


def record_of(job: Job, machine: Attempts, seen: Seen, now_s: float) -> Record:
    """Return the record of a request that has ended."""
    assert machine.outcome is not None, "only what has ended is settled"
    first_s, way = seen.first_content_s, job.ways[machine.index]
    request, wishes = job.asks[way.alternative].request, job.wishes
    found, source = _tokens(job, way, seen, whole=machine.outcome is Outcome.OK)
    usage = plausible(found)
    paid = _cost(job, way, usage, now_s) if source != "none" else None
    return Record(
        request_id=job.request_id,
        tenant=job.tenant,
        model=way.model.name,
        endpoint=machine.endpoint or "",
        attempts=machine.count,
        status=seen.status,
        outcome=machine.outcome,
        streamed=job.stream,
        ttft_ms=None if first_s is None else (first_s - job.started_s) * 1e3,
        total_ms=(now_s - job.started_s) * 1e3,
        usage=usage,
        usage_source=source,
        cost_nanodollars=None if paid is None else paid.nanodollars,
        cost_source="" if paid is None else paid.source,
        dialect=request.dialect,
        provider=way.dial.endpoint.provider,
        upstream_model=way.target.model,
        step=way.alternative,
        metadata=wishes.metadata,
        event_id=wishes.event_id,
        gateway=job.gateway,
        logged=wishes.collect_log,
        error_code=seen.error_code,
    )


def log_fields(record: Record) -> dict[str, object]:
    """Return a record as the log has it: one flat line, and of what few requests have only what
    this one has.
    """
    fields: dict[str, object] = {
        "request_id": record.request_id,
        "tenant": record.tenant,
        "model": record.model,
        "dialect": record.dialect,
        "endpoint": record.endpoint,
        "provider": record.provider,
        "upstream_model": record.upstream_model,
        "attempts": record.attempts,
        "status": record.status,
        "outcome": record.outcome,
        "streamed": record.streamed,
        "cached": record.cached,
        "ttft_ms": None if record.ttft_ms is None else round(record.ttft_ms, 3),
        "total_ms": round(record.total_ms, 3),
        "prompt_tokens": record.usage.prompt_tokens,
        "completion_tokens": record.usage.completion_tokens,
        "usage_source": record.usage_source,
        "cost_nanodollars": record.cost_nanodollars,
        "error_code": record.error_code,
    }
    if record.gateway:
        fields["gateway"] = record.gateway
    if record.event_id is not None:
        fields["event_id"] = record.event_id
    if record.metadata:
        fields["metadata"] = record.metadata
    return fields


def _estimated_tokens(size: int) -> int:
    """Return about how many tokens `size` bytes of text are."""
    return -(-size // BYTES_PER_TOKEN)


def _tokens(job: Job, way: Way, seen: Seen, *, whole: bool) -> tuple[Usage, UsageSource]:
    """Return what the answer used: reported, else estimated from what was relayed."""
    if seen.usage is not None:
        made = seen.content_events or 0
        if whole or made <= seen.usage.completion_tokens:
            return seen.usage, "reported"
        # Some count the prompt at a stream's start and the answer at its end, which never came.
        return msgspec.structs.replace(seen.usage, completion_tokens=made), "estimated"
    if seen.first_content_s is None or job.asks[way.alternative].purpose == "count":
        return NO_USAGE, "none"
    prompt = _estimated_tokens(job.prompt_bytes)
    if way.model.task == "embeddings":
        return Usage(prompt, 0), "estimated"
    if seen.content_events is not None:
        return Usage(prompt, seen.content_events), "estimated"
    return Usage(prompt, _estimated_tokens(seen.answer_bytes)), "estimated"


def _cost(job: Job, way: Way, usage: Usage, now_s: float) -> Cost | None:
    if job.wishes.custom_cost is not None:
        return custom_cost(job.wishes.custom_cost, usage)
    if usage.cost_nanodollars is not None:
        return Cost(nanodollars=usage.cost_nanodollars, source="provider")
    if way.offer is None:
        return None
    at_unix_s = job.started_unix_s + (now_s - job.started_s)
    return cost(way.offer, usage, at_unix_s, region=way.dial.billed_in)
