"""The record of one request."""

from weftline_core.record import Outcome, Record


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
    assert (record.prompt_tokens, record.completion_tokens, record.usage_source) == (0, 0, "none")
    assert record.outcome == "rejected"
