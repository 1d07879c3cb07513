"""The record and the timing header of a request."""

import pytest

from tests.fakes.pop import CHAT, EMBED
from weftline_core.attempts import Attempts, Patience
from weftline_core.desired import Model
from weftline_core.dialects.openai import ClientRequest, Usage
from weftline_core.dialects.openai_stream import StreamTap
from weftline_core.record import Outcome, UsageSource
from weftline_core.retry_budget import RetryBudget
from weftline_node.job import Job
from weftline_node.settle import Seen, record_of, timing_line

TOKENS = b'data: {"choices":[{"delta":{"content":"hi"}}]}\n\n' * 5
END = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'


def job(model: Model = CHAT, *, stream: bool = False) -> Job:
    return Job(
        request_id="req_1",
        tenant="acme",
        request=ClientRequest(model.task, model.name, stream, {}),
        model=model,
        dials=(),
        patience=Patience(),
        lines="",
        prompt_bytes=40,
        started_s=10.0,
        routed_s=10.001,
    )


def ended() -> Attempts:
    machine = Attempts([Step("a"), Step("b")], Patience(), RetryBudget(0.0))
    machine.start(10.0)
    machine.sent(10.0)
    machine.content(10.5)
    machine.ended()
    return machine


def seen(
    usage: Usage | None = None, tap: StreamTap | None = None, first_s: float | None = 10.5
) -> Seen:
    return Seen(
        status=200,
        error_code=None,
        first_content_s=first_s,
        usage=usage,
        tap=tap,
        answer_bytes=20,
    )


def test_a_record_tells_everything_once() -> None:
    record = record_of(job(), ended(), seen(Usage(3, 4)), 11.0)
    assert (record.request_id, record.tenant, record.model) == ("req_1", "acme", CHAT.name)
    assert (record.endpoint, record.attempts, record.outcome) == ("a", 1, Outcome.OK)
    assert record.ttft_ms == pytest.approx(500)
    assert record.total_ms == pytest.approx(1000)
    assert (record.prompt_tokens, record.completion_tokens) == (3, 4)


def test_usage_is_reported_or_estimated_and_marked() -> None:
    tap = StreamTap()
    tap.read(TOKENS[: len(TOKENS) // 5])
    tap.glance(TOKENS[len(TOKENS) // 5 :])
    tap.glance(END)
    silent = StreamTap()
    silent.usage = Usage(0, 0)
    cases: list[tuple[Job, Seen, int, int, UsageSource]] = [
        (job(), seen(Usage(0, 0)), 0, 0, "reported"),
        (job(stream=True), seen(tap=silent), 0, 0, "reported"),
        (job(stream=True), seen(tap=tap), 10, 5, "estimated"),
        (job(), seen(), 10, 5, "estimated"),
        (job(EMBED), seen(), 10, 0, "estimated"),
        (job(), seen(first_s=None), 0, 0, "none"),
    ]
    for one, what, prompt, completion, source in cases:
        record = record_of(one, ended(), what, 11.0)
        got = (record.prompt_tokens, record.completion_tokens, record.usage_source)
        assert got == (prompt, completion, source)


def test_the_timing_header_says_where_the_time_went() -> None:
    line = timing_line(job(), 10.001, 10.003, 10.103)
    assert line == "server-timing: route;dur=1.000, connect;dur=2.000, ttft;dur=100.000\r\n"
