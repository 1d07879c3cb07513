"""What is told of a request: its timing to the client, its record to the mesh."""

import msgspec

from weftline_core.attempts import Attempts
from weftline_core.dialects.openai import Usage, estimated_tokens
from weftline_core.dialects.openai_stream import StreamTap
from weftline_core.record import Record, UsageSource
from weftline_node.job import Job


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What the client was given.

    status: 0 if it left before any. usage: what a whole answer reported. tap: what was seen of a
    stream. answer_bytes: the size of a whole answer, or of a stream's first part.
    """

    status: int
    error_code: str | None
    first_content_s: float | None
    usage: Usage | None
    tap: StreamTap | None
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
    first_s = seen.first_content_s
    usage, source = _tokens(job, seen)
    return Record(
        request_id=job.request_id,
        tenant=job.tenant,
        model=job.model.name,
        endpoint=machine.endpoint or "",
        attempts=machine.count,
        status=seen.status,
        outcome=machine.outcome,
        streamed=job.request.stream,
        ttft_ms=None if first_s is None else (first_s - job.started_s) * 1e3,
        total_ms=(now_s - job.started_s) * 1e3,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        usage_source=source,
        error_code=seen.error_code,
    )


def _tokens(job: Job, seen: Seen) -> tuple[Usage, UsageSource]:
    """Return what the answer cost: reported, else estimated from what was relayed."""
    usage = seen.usage or (None if seen.tap is None else seen.tap.usage)
    if usage is not None:
        return usage, "reported"
    if seen.first_content_s is None:
        return Usage(0, 0), "none"
    prompt = estimated_tokens(job.prompt_bytes)
    if job.request.task == "embeddings":
        return Usage(prompt, 0), "estimated"
    if seen.tap is not None:
        return Usage(prompt, seen.tap.content_events), "estimated"
    return Usage(prompt, estimated_tokens(seen.answer_bytes)), "estimated"
