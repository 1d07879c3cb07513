"""All simulated providers by name, and their bytes without a socket."""

from collections.abc import Mapping

from weftline_bench.sims.anthropic import Anthropic
from weftline_bench.sims.faults import NO_FAULTS, Faults, shaped
from weftline_bench.sims.flavour import Flavour, Options
from weftline_bench.sims.gemini import Gemini
from weftline_bench.sims.openai import OpenAI
from weftline_bench.sims.script import Script

FLAVOURS: Mapping[str, Flavour] = {
    flavour.name: flavour for flavour in (OpenAI(), Anthropic(), Gemini())
}


def render(
    name: str,
    script: Script,
    *,
    stream: bool = True,
    options: Options | None = None,
    faults: Faults = NO_FAULTS,
) -> bytes:
    """Return what a provider sends for a script: the head of HTTP/1.1 and the body.

    stream: wins over the one in `options`. faults: those that lie in the bytes.

    Raises:
        KeyError: no flavour has this name.
    """
    flavour = FLAVOURS[name]
    asked = options or Options()
    told = Options(
        model=asked.model,
        stream=stream,
        usage=asked.usage,
        n=asked.n,
        task=asked.task,
        logprobs=asked.logprobs,
    )
    return shaped(flavour, flavour.render(script, told), faults, told.task).wire()
