"""What `weft bench translate` has translated: one request in every client's dialect, and answers as
every kind of host sends them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from weftline_bench.sims.flavour import Options
from weftline_bench.sims.flavours import FLAVOURS
from weftline_bench.sims.script import Call, Script, Stop
from weftline_core.chat.conversation import Conversation, Tool, Turn
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Text, ToolCall, ToolResult
from weftline_core.dialects.chat.back import BACK as CHAT_BACK
from weftline_core.dialects.chat.front import FRONT as CHAT
from weftline_core.dialects.cohere_chat.back import BACK as COHERE_BACK
from weftline_core.dialects.converse.back import BACK as CONVERSE_BACK
from weftline_core.dialects.dialect import NO_ARGS, ChatBack, ChatFront, PathArgs, Target
from weftline_core.dialects.generate.back import BACK as GENERATE_BACK
from weftline_core.dialects.generate.front import FRONT as GENERATE
from weftline_core.dialects.messages.back import BACK as MESSAGES_BACK
from weftline_core.dialects.messages.front import FRONT as MESSAGES
from weftline_core.dialects.responses.back import BACK as RESPONSES_BACK
from weftline_core.dialects.responses.front import FRONT as RESPONSES
from weftline_core.dialects.workers_ai.back import BACK as WORKERS_AI_BACK

TARGET: Final = Target(model="sim-model", output_tokens_max=8192)

# As long as a paragraph, so that a stream's beginning and end hardly count in the mean.
STREAM_WORDS: Final = 256
# Each is a few events, or in dialects that send calls whole, one, or all of them are one.
STREAM_CALLS: Final = 32
# Together with what stands around it 1 KB.
ANSWER_WORDS: Final = 110

_WORDS: Final = ("the", "tide", "turns", "slowly,", "and", "boats", "lean", "on", "wet", "sand")


@dataclass(frozen=True, slots=True)
class Client:
    """A dialect as clients speak it. body: a request in it, of about 2 KB."""

    front: ChatFront
    args: PathArgs
    body: bytes


@dataclass(frozen=True, slots=True)
class Host:
    """A dialect as hosts speak it. text, calls: the writes of two streams. answer: a whole one."""

    back: ChatBack
    text: tuple[bytes, ...]
    calls: tuple[bytes, ...]
    answer: bytes


def prose(words: int) -> str:
    """Return so many words of no meaning."""
    return " ".join(_WORDS[i % len(_WORDS)] for i in range(words))


def conversation() -> Conversation:
    """Return what is asked in every dialect: a chat with one tool, which has been called."""
    schema: dict[str, object] = {
        "type": "object",
        "properties": {
            "place": {"type": "string", "description": "Where the gauge stands."},
            "hours": {"type": "integer", "description": "How far ahead to look."},
        },
        "required": ["place"],
    }
    look = ToolCall(id="call_0001", name="tide", arguments='{"place":"Sylt","hours":12}')
    seen = ToolResult(call_id=look.id, name=look.name, parts=[Text(text=prose(40))])
    return Conversation(
        system=[Text(text=prose(110))],
        turns=[
            Turn(role="user", parts=[Text(text=prose(60))]),
            Turn(role="assistant", parts=[Text(text=prose(20)), look]),
            Turn(role="tool", parts=[seen]),
            Turn(role="user", parts=[Text(text=prose(40))]),
        ],
        tools=[Tool(name="tide", description="Tell when the tide turns.", schema=schema)],
        max_tokens=500,
        temperature=0.5,
        paths={Feature.TEMPERATURE: "temperature", Feature.TOOLS: "tools"},
    )


# Hosts' dialects, each with the simulator and its task that speak it.
_HOSTS: Final[tuple[tuple[ChatBack, str, str], ...]] = (
    (CHAT_BACK, "openai", "chat"),
    (RESPONSES_BACK, "openai", "responses"),
    (MESSAGES_BACK, "anthropic", ""),
    (GENERATE_BACK, "gemini", ""),
    (CONVERSE_BACK, "bedrock", ""),
    (COHERE_BACK, "cohere", ""),
    (WORKERS_AI_BACK, "workers-ai", "run"),
)


def clients() -> Mapping[str, Client]:
    """Return every client's dialect by name, with the request as its own SDKs would send it."""
    asked = conversation()
    pairs: tuple[tuple[ChatFront, ChatBack, PathArgs], ...] = (
        (CHAT, CHAT_BACK, NO_ARGS),
        (RESPONSES, RESPONSES_BACK, NO_ARGS),
        (MESSAGES, MESSAGES_BACK, NO_ARGS),
        (GENERATE, GENERATE_BACK, PathArgs(model=TARGET.model, stream=False)),
    )
    return {
        front.name: Client(front, args, orjson.dumps(back.write(asked, TARGET)))
        for front, back, args in pairs
    }


def hosts() -> Mapping[str, Host]:
    """Return every host's dialect by name, with what its simulator says."""
    text = Script(text=prose(STREAM_WORDS)).counted(500)
    call = Call("tide", '{"place":"Sylt","hours":12}')
    calls = Script(calls=(call,) * STREAM_CALLS, stop=Stop.CALLS).counted(500)
    answer = Script(text=prose(ANSWER_WORDS), calls=(call,), stop=Stop.CALLS).counted(500)
    found: dict[str, Host] = {}
    for back, flavour, task in _HOSTS:
        sim = FLAVOURS[flavour]
        stream, whole = (Options(TARGET.model, stream=on, task=task) for on in (True, False))
        found[back.name] = Host(
            back,
            tuple(sim.render(text, stream).frames),
            tuple(sim.render(calls, stream).frames),
            sim.render(answer, whole).body(),
        )
    return found
