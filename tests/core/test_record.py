"""The record of one request."""

from weftline_core.record import Outcome, Record
from weftline_core.usage import NO_USAGE


def test_a_record_is_complete_without_usage_and_its_outcome_is_a_word() -> None:
    record = Record(
        request_id="req_1",
        tenant="default",
        model="m",
        endpoint="",
        attempts=0,
        status=404,
        outcome=Outcome.REJECTED,
        streamed=False,
        ttft_ms=None,
        total_ms=0.1,
    )
    assert (record.usage, record.usage_source) == (NO_USAGE, "none")
    assert (record.cost_nanodollars, record.cost_source) == (None, "")
    assert record.outcome == "rejected"
