"""A request in no dialect: its defaults say what a client left out."""

from typing import get_args

import msgspec

from weftline_core.chat.conversation import Conversation, Effort, Thinking, Tool, Turn
from weftline_core.chat.effort import BUDGET_TOKENS
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Text

# Fields that are no feature of their own: what every dialect has.
EVERYWHERE = {
    "system",
    "turns",
    "max_tokens",
    "stream",
    "usage_in_stream",
    "paths",
    "unknown",
}

# Fields whose features have other names.
NAMED_OTHERWISE = {
    "parallel_tools": {Feature.TOOL_SERIAL},
    "format": {Feature.JSON_OBJECT, Feature.JSON_SCHEMA},
    "thinking": {
        Feature.REASONING_EFFORT,
        Feature.REASONING_BUDGET,
        Feature.REASONING_SHOWN,
    },
}


def test_what_was_left_out_is_none_or_the_plain_default() -> None:
    plain = msgspec.to_builtins(Conversation())
    assert (plain.pop("choices"), plain.pop("stream"), plain.pop("usage_in_stream")) == (
        1,
        False,
        False,
    )
    assert [name for name, value in plain.items() if value not in (None, [], {}, ())] == []


def test_conversations_share_nothing() -> None:
    one, other = Conversation(), Conversation()
    one.turns.append(Turn(role="user", parts=[Text(text="a")]))
    one.system.append(Text(text="s"))
    one.tools.append(Tool(name="t"))
    one.paths[Feature.SEED] = "seed"
    assert other == Conversation()


def test_every_field_is_a_feature_or_known_everywhere() -> None:
    features = {feature.value for feature in Feature}
    for name in Conversation.__struct_fields__:
        named = {name} if name in features else NAMED_OTHERWISE.get(name, set())
        assert named or name in EVERYWHERE, f"'{name}' could be lost without a word"


def test_every_effort_has_its_tokens() -> None:
    assert tuple(BUDGET_TOKENS) == get_args(Effort)
    assert Thinking() == Thinking(effort=None, budget_tokens=None, shown=None)
