"""What the simulated model says, and what a client of each dialect must read of it."""

from dataclasses import replace
from typing import Final

from tests.conformance.desk import Desk
from tests.conformance.wants import Read, Tokens, must
from tests.fakes.sims import streamed, whole
from weftline_bench.sims.script import Call, Counts, Script, Stop

PROMPT_TOKENS: Final = 50

PLAIN: Final = Script("The mesh is up; it answers in “whole” words.").counted(PROMPT_TOKENS)
CALLS: Final = Script(
    calls=(Call("call_weather", '{"city":"Oslo","days":2}'), Call("call_time")), stop=Stop.CALLS
).counted(PROMPT_TOKENS)
SPOKEN_CALL: Final = Script(
    "Let me look.", calls=(Call("call_weather", '{"city":"Oslo"}'),), stop=Stop.CALLS
).counted(PROMPT_TOKENS)
THOUGHT: Final = Script("It is 42.", reasoning="Six times seven, I think.").counted(PROMPT_TOKENS)
CUT: Final = Script("It goes on and", stop=Stop.LENGTH).counted(PROMPT_TOKENS)
MET: Final = Script("One, two", stop=Stop.SEQUENCE, stop_sequence="three").counted(PROMPT_TOKENS)
FILTERED: Final = Script("It began well", stop=Stop.FILTERED).counted(PROMPT_TOKENS)
REFUSED: Final = Script(refusal="I will not do that.", stop=Stop.FILTERED).counted(PROMPT_TOKENS)
EMPTY: Final = Script("", counts=Counts(prompt=PROMPT_TOKENS, completion=0))


def compare(desk: Desk, script: Script, read: Read, *, stream: bool) -> None:
    """Raise unless a client has read what the provider said, field by field."""
    must(read.finished, "it is not finished")
    must(not read.error, f"it ends with an error: {read.error}")
    if desk.upstream.native(desk.client.name):
        _compare_native(desk, script, read, stream=stream)
        return
    told = desk.client.stops[told_stop(desk, script)]
    if script.stop is Stop.FILTERED and desk.upstream.refusing == "stop":
        # The provider's word for a filter is a refusal, maybe with words of its own.
        must(read.text.startswith(script.text), f"the text is {read.text!r}")
        must(read.refusal or read.stop == told, f"the stop is {read.stop}, and nothing is refused")
        return
    must(read.text == script.text, f"the text is {read.text!r}")
    thoughts = script.reasoning if desk.upstream.shows else ""
    must(read.reasoning == thoughts, f"the thoughts are {read.reasoning!r}")
    must(read.stop == told, f"the stop is {read.stop}, not {told}")
    which = script.stop_sequence if desk.upstream.which and desk.client.name == "messages" else None
    must(read.sequence == which, f"the stop sequence is {read.sequence}")
    called = [(call.name, call.arguments) for call in read.calls]
    must(called == [(c.name, c.input()) for c in script.calls], f"the calls are {called}")
    usage = tokens(desk, script)
    must(read.usage is not None, "it tells no usage")
    found = _plain(read.usage, desk)
    must(found == usage, f"the usage is {found}, not {usage}")


def told_stop(desk: Desk, script: Script) -> Stop:
    """Return the stop reason that the provider tells of."""
    return Stop.END if script.stop in desk.upstream.untold else script.stop


def tokens(desk: Desk, script: Script) -> Tokens:
    """Return the usage that a client must read."""
    counts, upstream = script.counts, desk.upstream
    return Tokens(
        counts.prompt,
        counts.completion,
        counts.cached if upstream.cached else 0,
        counts.reasoning if upstream.reasons else 0,
    )


def _plain(usage: Tokens | None, desk: Desk) -> Tokens:
    assert usage is not None
    del desk
    return replace(usage, cached=usage.cached or 0, reasoning=usage.reasoning or 0)


def _compare_native(desk: Desk, script: Script, read: Read, *, stream: bool) -> None:
    """Raise unless it is what the provider itself would have sent to this client."""
    flavour, task = desk.sim.flavour, desk.client.name
    task = task if task in flavour.tasks else ""
    if stream:
        body = b"".join(frame.encode() + b"\n\n" for frame in streamed(flavour, script, task))
        own = desk.client.streamed(body)
    else:
        own = desk.client.whole(whole(flavour, script, task))
    for name in ("text", "reasoning", "refusal", "stop", "sequence", "usage", "choices"):
        mine, theirs = getattr(read, name), getattr(own, name)
        must(mine == theirs, f"{name} is {mine!r}, and {theirs!r} at the provider itself")
    mine = [(c.name, c.arguments) for c in read.calls]
    must(mine == [(c.name, c.arguments) for c in own.calls], f"the calls are {mine}")
