"""The features of the matrix that are errors. Each has a PoP of its own: an endpoint that has
failed is not asked at once again.
"""

from dataclasses import replace
from typing import Final

from tests.conformance import scripts
from tests.conformance.desk import Desk
from tests.conformance.features import Check
from tests.conformance.wants import Json, Misread, Want, must
from weftline_bench.sims.exchange import Refused, Trouble
from weftline_bench.sims.faults import Faults
from weftline_bench.sims.flavour import Options
from weftline_bench.sims.script import Script

# Between the frames of a stream that breaks, so that some of it has gone on before.
_PACES_S: Final = (0.002, 0.05)

_LONG: Final = Script(" ".join(f"word{n}" for n in range(12))).counted(scripts.PROMPT_TOKENS)
_TEXT: Final = Want(user="say: The mesh is up.", system="Be brief.")


async def bad_request(desk: Desk) -> Json:
    """What the provider will not take."""
    body = desk.client.body(_TEXT)
    for streaming in (False, True):
        asked = desk.client.body(Want(user="go", stream=streaming))
        error = await desk.error(
            asked, stream=streaming, faults=Faults(trouble=Trouble.BAD_REQUEST)
        )
        must(desk.last.status in (400, 422), f"status {desk.last.status}")
        must("told to refuse" in error.message, f"the provider's words are gone: {error.message}")
    return body


async def too_long(desk: Desk) -> Json:
    """A prompt that is too long for the model."""
    body = desk.client.body(_TEXT)
    error = await desk.error(body, faults=Faults(trouble=Trouble.CONTEXT_LENGTH))
    must(desk.last.status in (400, 413, 422), f"status {desk.last.status}")
    theirs = desk.sim.flavour.refusal(_refused(Trouble.CONTEXT_LENGTH)).body()
    if b"context_length_exceeded" in theirs and desk.client.name in ("chat", "responses"):
        must(error.code == "context_length_exceeded", f"the code is {error.code!r}")
    return body


async def limited(desk: Desk) -> Json:
    """A rate that is over the provider's limit, and when to come back."""
    body = desk.client.body(_TEXT)
    error = await desk.error(body, faults=Faults(trouble=Trouble.RATE_LIMITED))
    status = desk.last.status
    wanted = 429 if desk.upstream.limit == 429 else desk.client.overload()
    must(status == wanted, f"status {status} ({error.kind}), not {wanted}")
    headers = desk.sim.flavour.refusal(_refused(Trouble.RATE_LIMITED)).headers
    if "retry-after" in headers:
        wait = desk.last.headers.get("retry-after")
        must(wait is not None and int(wait) >= 1, f"retry-after is {wait}")
    return body


async def overloaded(desk: Desk) -> Json:
    """A provider that has too much to do."""
    body = desk.client.body(_TEXT)
    error = await desk.error(body, faults=Faults(trouble=Trouble.OVERLOADED))
    wanted = desk.upstream.overload or desk.client.overload()
    must(desk.last.status == wanted, f"status {desk.last.status} ({error.kind}), not {wanted}")
    return body


async def broken(desk: Desk) -> Json:
    """A provider that fails by itself, or knows our key no more."""
    body = desk.client.body(_TEXT)
    await desk.error(body, faults=Faults(trouble=Trouble.SERVER_ERROR))
    must(desk.last.status >= 500, f"status {desk.last.status}")
    return body


async def key_off(desk: Desk) -> Json:
    """A key of ours that the provider knows no more."""
    body = desk.client.body(_TEXT)
    await desk.error(body, faults=Faults(trouble=Trouble.AUTH))
    must(desk.last.status >= 500, f"status {desk.last.status} blames the client for our key")
    return body


async def error_before(desk: Desk) -> Json:
    """An error inside of a stream with status 200, before any content."""
    body = desk.client.body(Want(user="go", stream=True))
    desk.script(scripts.PLAIN)
    await desk.error(body, stream=True, faults=Faults(error_after=0, error=Trouble.OVERLOADED))
    must(desk.last.status >= 500, f"status {desk.last.status}")
    return body


async def error_after(desk: Desk) -> Json:
    """The same after content: the stream ends as an error, and never looks finished."""
    body = desk.client.body(Want(user="go", stream=True))
    desk.script(_LONG)
    half = _half(desk, _LONG)
    await _broken_off(desk, body, _LONG, Faults(error_after=half, error=Trouble.SERVER_ERROR))
    return body


async def cut(desk: Desk) -> Json:
    """A stream that just ends, or whose connection is reset: an error too."""
    body = desk.client.body(Want(user="go", stream=True))
    desk.script(_LONG)
    half = _half(desk, _LONG)
    await _broken_off(desk, body, _LONG, Faults(frames_max=half))
    await _broken_off(desk, body, _LONG, Faults(frames_max=half, garble_at=half - 1))
    return body


async def _broken_off(desk: Desk, body: Json, script: Script, faults: Faults) -> None:
    try:
        read = await desk.ask(body, stream=True, faults=replace(faults, pace_s=_PACES_S[0]))
    except Misread:
        # On a busy machine the end may come in one read with the first content.
        read = await desk.ask(body, stream=True, faults=replace(faults, pace_s=_PACES_S[1]))
    must(not read.finished, "an unfinished answer looks finished")
    must(read.error, "no error tells that it is broken off")
    must(read.text, "no text came before")
    must(script.text.startswith(read.text) and read.text != script.text, f"text {read.text!r}")


def _half(desk: Desk, script: Script) -> int:
    """Return a number of frames that holds some of the text, and not all."""
    options = Options(stream=True, task=desk.upstream.dialect)
    known = options if desk.upstream.dialect in desk.sim.flavour.tasks else Options(stream=True)
    if desk.upstream.dialect == "workers_ai":
        known = Options(stream=True, task="run")
    return len(desk.sim.flavour.render(script, known).frames) * 2 // 3


def _refused(trouble: Trouble) -> Refused:
    return Refused(trouble, "no")


# What each is called on the page.
ERRORS: Final[dict[str, Check]] = {
    "400": bad_request,
    "prompt too long": too_long,
    "429": limited,
    "overload": overloaded,
    "5xx": broken,
    "bad key of ours": key_off,
    "error in a 200 stream": error_before,
    "error after content": error_after,
    "cut stream": cut,
}
