"""One conversation for each feature, with a word in it that tells whether a body carries it."""

from collections.abc import Mapping

import msgspec
import orjson

from weftline_core.chat.conversation import (
    AnswerFormat,
    Conversation,
    Thinking,
    Tool,
    ToolChoice,
    Turn,
)
from weftline_core.chat.features import Feature as F  # noqa: N817  # as in the table of losses
from weftline_core.chat.parts import Media, Part, Reasoning, Text, ToolCall, ToolResult

SCHEMA: dict[str, object] = {"type": "object", "properties": {"needle_schema": {"type": "string"}}}
TOOL = Tool(name="find", description="needle_tool", schema=SCHEMA)
# Parts of a turn that a body must not lose without failing: they have no way to be left out.
NEVER_LEFT_OUT = frozenset({F.LATE_SYSTEM, F.PREFILL})


class Case(msgspec.Struct):
    """A conversation that uses a feature. needle: JSON that stands in a body that carries it."""

    conversation: Conversation
    needle: str


def chat(*turns: Turn) -> Conversation:
    """Return a conversation of these turns."""
    return Conversation(turns=list(turns))


def user(*parts: Part) -> Turn:
    """Return what the user says; a word of the test's own if nothing."""
    return Turn(role="user", parts=list(parts) or [Text(text="hello")])


def assistant(*parts: Part) -> Turn:
    """Return what the model said."""
    return Turn(role="assistant", parts=list(parts))


def tool(*parts: Part) -> Turn:
    """Return what tools answered."""
    return Turn(role="tool", parts=list(parts))


def _set(needle: str, **fields: object) -> Case:
    conversation = chat(user())
    for name, value in fields.items():
        setattr(conversation, name, value)
    return Case(conversation, needle)


def _media(kind: str, needle: str, **fields: str) -> Case:
    part = msgspec.convert({"kind": kind, **fields}, Media)
    return Case(chat(user(Text(text="look"), part)), needle)


def _tools(needle: str, **fields: object) -> Case:
    case = _set(needle, tools=[TOOL])
    for name, value in fields.items():
        setattr(case.conversation, name, value)
    return case


def cases(origin: str) -> dict[F, Case]:
    """Return a case for each feature that a body can show; origin: of thoughts in the history."""
    call = ToolCall(id="c1", name="find", arguments='{"needle_args":1}')
    found = ToolResult(call_id="c1", name="find", parts=[Text(text="needle_result")])
    picture = Media(kind="image", mime="image/png", data="bmVlZGxl")
    with_picture = msgspec.structs.replace(found, parts=[picture])
    wrong = msgspec.structs.replace(found, is_error=True)
    thoughts = Reasoning(text="needle_thought", signature="s", origin=origin)
    history = (user(), assistant(call))
    return {
        F.TEMPERATURE: _set("0.123", temperature=0.123),
        F.TOP_P: _set("0.456", top_p=0.456),
        F.TOP_K: _set("77123", top_k=77123),
        F.SEED: _set("98765", seed=98765),
        F.STOP: _set("needle_stop", stop=("needle_stop",)),
        F.FREQUENCY_PENALTY: _set("0.321", frequency_penalty=0.321),
        F.PRESENCE_PENALTY: _set("0.654", presence_penalty=0.654),
        F.LOGIT_BIAS: _set("55501", logit_bias={"55501": 1.0}),
        F.LOGPROBS: _set("logprobs", logprobs=5),
        F.JSON_OBJECT: _set("json_object", format=AnswerFormat()),
        F.JSON_SCHEMA: _set("needle_schema", format=AnswerFormat(schema=SCHEMA)),
        F.VERBOSITY: _set("needle_verbosity", verbosity="needle_verbosity"),
        F.REASONING_EFFORT: _set("high", thinking=Thinking(effort="high")),
        F.REASONING_BUDGET: _set("5000", thinking=Thinking(budget_tokens=5000)),
        F.REASONING_REPLAY: Case(chat(user(), assistant(thoughts), user()), "needle_thought"),
        F.IMAGE: _media("image", "bmVlZGxl", mime="image/png", data="bmVlZGxl"),
        F.IMAGE_DETAIL: _media(
            "image", "needle_detail", mime="image/png", data="eA==", detail="needle_detail"
        ),
        F.AUDIO: _media("audio", "bmVlZGxl", mime="audio/wav", data="bmVlZGxl"),
        F.VIDEO: _media("video", "bmVlZGxl", mime="video/mp4", data="bmVlZGxl"),
        F.FILE: _media("file", "bmVlZGxl", mime="application/pdf", data="bmVlZGxl"),
        F.LATE_SYSTEM: Case(
            chat(user(), Turn(role="system", parts=[Text(text="needle_late")])), "needle_late"
        ),
        F.PREFILL: Case(chat(user(), assistant(Text(text="needle_first"))), "needle_first"),
        F.SPEAKER: Case(chat(Turn(role="user", parts=[Text(text="a")], name="anna")), "anna"),
        F.TOOLS: _tools("needle_tool"),
        F.TOOL_CHOICE: _tools("needle_choice", tool_choice=ToolChoice(mode="any")),
        F.TOOL_STRICT: _tools('"strict', tools=[msgspec.structs.replace(TOOL, strict=True)]),
        F.TOOL_SERIAL: _tools("parallel", parallel_tools=False),
        F.TOOL_RESULT_MEDIA: Case(chat(*history, tool(with_picture)), "bmVlZGxl"),
        F.TOOL_RESULT_ERROR: Case(chat(*history, tool(wrong)), "error"),
        F.CACHE_HINT: Case(chat(user(Text(text="a", cache="1h"))), "1h"),
        F.CACHE_KEY: _set("needle_key", cache_key="needle_key"),
        F.USER_ID: _set("needle_user", user_id="needle_user"),
        F.METADATA: _set("needle_meta", metadata={"team": "needle_meta"}),
        F.SERVICE_TIER: _set("priority", service_tier="priority"),
        F.STORE: _set("store", store=True),
    }


def shows(body: Mapping[str, object], needle: str) -> bool:
    """Return whether a body has this JSON in it."""
    return needle in orjson.dumps(body).decode()
