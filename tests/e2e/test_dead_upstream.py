"""An endpoint that fails costs few requests a detour, and none of them an error."""

import pytest

from tests.e2e.rig import Rig
from tests.fakes.bad_upstream import BadUpstream
from tests.fakes.judge import Verdict, outcome

REQUESTS = 20
TOUCHES_MAX = 2


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize(
    "fault",
    [
        "refuse",
        "reset_on_accept",
        "reset_after_request",
        "close_after_request",
        "hang_after_request",
        "hang_after_head",
        "status_500",
        "status_503",
        "status_529",
        "status_429",
        "quota_429",
        "status_401",
        "error_first",
        "html_200",
        "garbage_status",
    ],
)
async def test_few_of_twenty_requests_touch_it(fault: str, streamed: bool) -> None:
    bad, good = BadUpstream(fault, who="bad"), BadUpstream("one_write", who="good")
    async with bad, good, Rig([bad, good], whole_only=not streamed) as rig:
        for number in range(REQUESTS):
            reply = await rig.ask(f"n{number}x", streamed=streamed)
            seen = outcome(reply, f"n{number}x", streamed=streamed)
            assert seen.verdict is Verdict.RIGHT, seen.why
        detours = sum(record.attempts > 1 for record in rig.records)
        assert 1 <= detours <= TOUCHES_MAX


async def test_it_is_used_again_when_it_is_back() -> None:
    bad, good = BadUpstream("status_503", who="bad"), BadUpstream("one_write", who="good")
    async with bad, good, Rig([bad, good]) as rig:
        await rig.ask("n1x", streamed=True)
        bad.set_fault("one_write")
        # Its 503 asked for 30 s of peace.
        assert (await rig.ask("n2x", streamed=True)).headers["x-weft-endpoint"] == "good"


async def test_retry_after_is_never_waited_out_beside_a_twin() -> None:
    bad, good = BadUpstream("retry_after_s", who="bad"), BadUpstream("one_write", who="good")
    async with bad, good, Rig([bad, good]) as rig:
        reply = await rig.ask("n1x", streamed=True)
        assert reply.headers["x-weft-endpoint"] == "good"
        assert reply.took_s < 0.5


async def test_alone_the_client_is_told_how_long_to_wait() -> None:
    async with BadUpstream("retry_after_s") as bad, Rig([bad]) as rig:
        reply = await rig.ask("n1x", streamed=True)
        assert (reply.status, reply.headers["retry-after"]) == (429, "2")


async def test_a_spent_budget_tells_the_sdk_not_to_retry() -> None:
    upstreams = [BadUpstream("status_500", who=f"bad{i}") for i in range(3)]
    async with upstreams[0], upstreams[1], upstreams[2], Rig(upstreams) as rig:
        reply = await rig.ask("n1x", streamed=False)
        assert reply.status == 502
        assert reply.headers["x-weft-attempts"] == "3"
        assert reply.headers["x-should-retry"] == "false"
        assert [len(u.seen) for u in upstreams] == [1, 1, 1]
