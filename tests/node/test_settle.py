"""The record and the timing header of a request."""

import msgspec
import pytest

from tests.fakes.jobs import job
from tests.fakes.pop import CHAT, EMBED
from weftline_core.attempts import Attempts, Patience, Step
from weftline_core.cost import read_custom_cost
from weftline_core.desired import Model
from weftline_core.prices import Meter, Offer, Price
from weftline_core.record import Outcome, UsageSource
from weftline_core.retry_budget import RetryBudget
from weftline_core.usage import COUNT_MAX, Usage
from weftline_core.wishes import Wishes
from weftline_node.job import Job
from weftline_node.settle import Seen, log_fields, record_of, timing_line


def ended() -> Attempts:
    machine = Attempts([Step("a"), Step("b")], Patience(), RetryBudget(0.0))
    machine.start(10.0)
    machine.sent(10.0)
    machine.content(10.5)
    machine.ended()
    return machine


def seen(
    usage: Usage | None = None, events: int | None = None, first_s: float | None = 10.5
) -> Seen:
    return Seen(
        status=200,
        error_code=None,
        first_content_s=first_s,
        usage=usage,
        content_events=events,
        answer_bytes=20,
    )


def test_a_record_tells_everything_once() -> None:
    record = record_of(job(), ended(), seen(Usage(3, 4)), 11.0)
    assert (record.request_id, record.tenant, record.model) == ("req_1", "acme", CHAT.name)
    assert (record.endpoint, record.attempts, record.outcome) == ("a", 1, Outcome.OK)
    assert record.ttft_ms == pytest.approx(500)
    assert record.total_ms == pytest.approx(1000)
    assert (record.usage, record.usage_source) == (Usage(3, 4), "reported")
    assert (record.dialect, record.provider, record.upstream_model) == (
        "chat",
        "selfhosted",
        "their-chat",
    )
    assert (record.cost_nanodollars, record.cost_source) == (None, "")


def test_a_log_line_tells_the_clients_own_names_where_it_gave_any() -> None:
    plain = record_of(job(), ended(), seen(Usage(3, 4)), 11.0)
    line = log_fields(plain)
    assert (line["request_id"], line["ttft_ms"], line["completion_tokens"]) == ("req_1", 500.0, 4)
    assert not {"gateway", "event_id", "metadata"} & line.keys()
    named = msgspec.structs.replace(plain, gateway="gw", event_id="mine", metadata={"team": "a"})
    own: dict[str, object] = {"gateway": "gw", "event_id": "mine", "metadata": {"team": "a"}}
    assert log_fields(named) == line | own


def test_usage_is_reported_or_estimated_and_marked() -> None:
    cases: list[tuple[Job, Seen, int, int, UsageSource]] = [
        (job(), seen(Usage(0, 0)), 0, 0, "reported"),
        (job(stream=True), seen(Usage(0, 0), 5), 0, 0, "reported"),
        (job(stream=True), seen(events=5), 10, 5, "estimated"),
        (job(), seen(), 10, 5, "estimated"),
        (job(EMBED), seen(), 10, 0, "estimated"),
        (job(), seen(first_s=None), 0, 0, "none"),
    ]
    for one, what, prompt, completion, source in cases:
        record = record_of(one, ended(), what, 11.0)
        usage = record.usage
        got = (usage.prompt_tokens, usage.completion_tokens, record.usage_source)
        assert got == (prompt, completion, source)


def test_a_stream_that_ended_early_made_what_was_seen_of_it() -> None:
    left = Attempts([Step("a")], Patience(), RetryBudget(0.0))
    left.start(10.0)
    left.sent(10.0)
    left.content(10.5)
    left.client_gone()
    cases: list[tuple[Usage, int, int, UsageSource]] = [
        (Usage(9, 1, cache_read_tokens=4), 5, 5, "estimated"),
        (Usage(9, 5, cache_read_tokens=4), 5, 5, "reported"),
        (Usage(9, 7, cache_read_tokens=4), 5, 7, "reported"),
    ]
    for usage, events, completion, source in cases:
        record = record_of(job(stream=True), left, seen(usage, events), 11.0)
        assert record.outcome is Outcome.CANCELED
        assert record.usage == Usage(9, completion, cache_read_tokens=4)
        assert record.usage_source == source
    whole = record_of(job(stream=True), ended(), seen(Usage(9, 1), 5), 11.0)
    assert (whole.usage, whole.usage_source) == (Usage(9, 1), "reported")


def test_the_timing_header_says_where_the_time_went() -> None:
    line = timing_line(job(), 10.001, 10.003, 10.103)
    assert line == "server-timing: route;dur=1.000, connect;dur=2.000, ttft;dur=100.000\r\n"


def test_a_priced_model_costs_what_its_provider_charges() -> None:
    price = Price(since="2026-01-01", rates={Meter.INPUT: 2 * 10**9, Meter.OUTPUT: 10 * 10**9})
    offer = Offer(provider="selfhosted", model="m", prices=(price,))
    model = Model(name=CHAT.name, offers=(offer,))
    record = record_of(job(model), ended(), seen(Usage(1000, 10)), 11.0)
    assert (record.cost_nanodollars, record.cost_source) == (1000 * 2000 + 10 * 10_000, "table")


def test_what_a_provider_says_that_it_cost_needs_no_list() -> None:
    record = record_of(job(), ended(), seen(Usage(3, 4, cost_nanodollars=77)), 11.0)
    assert (record.cost_nanodollars, record.cost_source) == (77, "provider")


def test_a_clients_own_price_beats_the_list() -> None:
    wishes = Wishes(
        metadata={"team": "a"},
        event_id="mine",
        custom_cost=read_custom_cost('{"total_cost": 0.5}', "cf-aig-custom-cost"),
    )
    record = record_of(job(wishes=wishes), ended(), seen(Usage(3, 4)), 11.0)
    assert (record.cost_nanodollars, record.cost_source) == (500_000_000, "custom")
    assert (record.metadata, record.event_id) == ({"team": "a"}, "mine")


def test_counts_that_no_answer_has_are_cut() -> None:
    record = record_of(job(), ended(), seen(Usage(10**30, 4)), 11.0)
    assert record.usage == Usage(COUNT_MAX, 4)
