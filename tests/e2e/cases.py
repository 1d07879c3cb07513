"""One cell of the fault matrix: a fault, streamed or not, alone or beside a healthy twin."""

from dataclasses import dataclass

from tests.e2e.rig import Rig
from tests.fakes.bad_upstream import FAULTS, BadUpstream
from tests.fakes.exchange import Expect
from tests.fakes.judge import Outcome, Verdict, allowed, outcome

# Requests to one node, one after another: the second meets what the first left behind, such as a
# poisoned connection.
REQUESTS = 2

# A node that needs longer than this hangs: its own deadlines here are some tenths of a second.
HANG_S = 4.0


@dataclass(frozen=True, slots=True)
class Case:
    """A cell of the matrix."""

    fault: str
    streamed: bool
    twin: bool

    @property
    def expect(self) -> Expect:
        """Return the fault's own verdict for this kind of request."""
        fault = FAULTS[self.fault]
        return fault.stream if self.streamed else fault.whole

    @property
    def name(self) -> str:
        """Return a name for people."""
        return f"{self.fault}-{'stream' if self.streamed else 'whole'}-{'twin' * self.twin}"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a case.

    took_s: of each request. touched: requests that reached the misbehaving endpoint's program.
    twin_touched: requests that reached the twin.
    """

    case: Case
    outcomes: tuple[Outcome, ...]
    took_s: tuple[float, ...]
    touched: int
    twin_touched: int

    def problem(self) -> str | None:
        """Return what is wrong, or None."""
        right = allowed(self.case.expect, twin=self.case.twin)
        for number, seen in enumerate(self.outcomes):
            # Later requests may avoid the bad endpoint, which is better than what it deserves.
            better = {Verdict.RIGHT} if number and self.case.twin else set[Verdict]()
            if seen.verdict not in right | better:
                wanted = " or ".join(sorted(v.name for v in right | better))
                return f"request {number}: {seen.verdict.name} ({seen.why}), wanted {wanted}"
        if self.case.expect is Expect.CALLER and self.twin_touched:
            return "the caller's own mistake was sent to the twin"
        return None


async def play(case: Case) -> Result:
    """Run one case on a node of its own."""
    bad, good = BadUpstream(case.fault, who="bad"), BadUpstream("healthy", who="good")
    upstreams = [bad, good] if case.twin else [bad]
    async with bad, good, Rig(upstreams, whole_only=not case.streamed) as rig:
        outcomes: list[Outcome] = []
        took_s: list[float] = []
        for number in range(REQUESTS):
            nonce = f"n{number}x"
            reply = await rig.ask(nonce, streamed=case.streamed, deadline_s=HANG_S)
            outcomes.append(outcome(reply, nonce, streamed=case.streamed))
            took_s.append(reply.took_s)
            # What it does after its answer comes before the next request, as on a quiet line.
            await bad.settled()
        return Result(case, tuple(outcomes), tuple(took_s), len(bad.seen), len(good.seen))
