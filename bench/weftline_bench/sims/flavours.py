"""All simulated providers by name, and their bytes without a socket."""

from collections.abc import Mapping
from dataclasses import replace

from weftline_bench.sims.alibaba import Alibaba
from weftline_bench.sims.anthropic import Anthropic
from weftline_bench.sims.azure import Azure
from weftline_bench.sims.bedrock import Bedrock
from weftline_bench.sims.cohere import Cohere
from weftline_bench.sims.deepseek import DeepSeek
from weftline_bench.sims.faults import NO_FAULTS, Faults, shaped
from weftline_bench.sims.fireworks import Fireworks
from weftline_bench.sims.flavour import Flavour, Options
from weftline_bench.sims.gemini import Gemini
from weftline_bench.sims.groq import Groq
from weftline_bench.sims.llamacpp import LlamaCpp
from weftline_bench.sims.minimax import MiniMax
from weftline_bench.sims.mistral import Mistral
from weftline_bench.sims.ollama import Ollama
from weftline_bench.sims.openai import OpenAI
from weftline_bench.sims.openrouter import OpenRouter
from weftline_bench.sims.script import Script
from weftline_bench.sims.sglang import SGLang
from weftline_bench.sims.tgi import TGI
from weftline_bench.sims.together import Together
from weftline_bench.sims.vertex import Vertex
from weftline_bench.sims.vllm import VLLM
from weftline_bench.sims.workers_ai import WorkersAI
from weftline_bench.sims.xai import XAI

FLAVOURS: Mapping[str, Flavour] = {
    flavour.name: flavour
    for flavour in (
        OpenAI(),
        Anthropic(),
        Gemini(),
        Cohere(),
        Bedrock(),
        Vertex(),
        Mistral(),
        DeepSeek(),
        XAI(),
        Groq(),
        Together(),
        Fireworks(),
        Azure(),
        Alibaba(),
        MiniMax(),
        WorkersAI(),
        VLLM(),
        SGLang(),
        TGI(),
        Ollama(),
        LlamaCpp(),
        OpenRouter(),
    )
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
    told = replace(options or Options(), stream=stream)
    return shaped(flavour, flavour.render(script, told), faults, told.task).wire()
