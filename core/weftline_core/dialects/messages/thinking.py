"""How a request asks for thought, and what it must then leave out."""

from typing import Final

from weftline_core.chat.conversation import Conversation, Effort
from weftline_core.chat.effort import BUDGET_TOKENS
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Reasoning, ToolCall
from weftline_core.dialects.dialect import Target
from weftline_core.dialects.messages.shapes import Json
from weftline_core.dialects.messages.tables import EFFORTS, NAME, effort_of

# What the provider takes at least. Source: anthropic 2.12.0.
BUDGET_TOKENS_MIN: Final = 1024

# Refused together with thinking.
_SAMPLING: Final = ("temperature", "top_p", "top_k")


def write_thinking(body: Json, conversation: Conversation, target: Target) -> None:
    """Put thinking, and what goes with it, into a body that has all else."""
    thinking, style, refuses = conversation.thinking, target.reasoning, target.refuses
    if thinking is None or style is None:
        # Nobody says that this model can think; to ask it may be an error there.
        return
    effort = None if Feature.REASONING_EFFORT in refuses else thinking.effort
    budget = None if Feature.REASONING_BUDGET in refuses else thinking.budget_tokens
    if effort == "none":
        if style != "effort":
            body["thinking"] = {"type": "disabled"}
        return
    if style == "budget":
        wanted = budget if budget is not None else BUDGET_TOKENS[effort or "medium"]
        _enable(body, conversation, target, wanted)
    else:
        _advise(body, effort, budget)
        if style == "adaptive":
            body["thinking"] = {"type": "adaptive"}
    config = body.get("thinking")
    if isinstance(config, dict):
        if thinking.shown is not None and Feature.REASONING_SHOWN not in refuses:
            config["display"] = "summarized" if thinking.shown else "omitted"
        for name in _SAMPLING:
            body.pop(name, None)


def _advise(body: Json, effort: Effort | None, budget_tokens: int | None) -> None:
    if effort is None and budget_tokens is not None:
        effort = effort_of(budget_tokens)
    if effort is None:
        return
    config = body.setdefault("output_config", {})
    if isinstance(config, dict):
        config["effort"] = EFFORTS[effort]


def _enable(body: Json, conversation: Conversation, target: Target, budget_tokens: int) -> None:
    """Switch thinking on with a budget, where the older models that know budgets allow it."""
    choice = conversation.tool_choice
    forced = choice is not None and choice.mode in ("any", "one") and "tools" in body
    if forced or budget_tokens <= 0 or _thoughtless(conversation):
        return
    limit = body["max_tokens"]
    room = asked = max(1, limit) if isinstance(limit, int) else 1
    budget = max(budget_tokens, BUDGET_TOKENS_MIN)
    if budget >= room:
        room += budget
        if target.output_tokens_max is not None:
            room = max(asked, min(room, target.output_tokens_max))
        # Half of what there is stays for the answer itself.
        budget = min(budget, max(room - asked, room // 2))
        if budget < BUDGET_TOKENS_MIN:
            return
    body["max_tokens"] = room
    body["thinking"] = {"type": "enabled", "budget_tokens": budget}


def _thoughtless(conversation: Conversation) -> bool:
    """Return whether the model's last turn called tools without thoughts that can be replayed, and
    waits for their results: such a turn cannot be continued with thinking on.
    """
    for turn in reversed(conversation.turns):
        if turn.role == "user":
            return False
        if turn.role == "assistant" and any(isinstance(p, ToolCall) for p in turn.parts):
            return not any(is_replayable(p) for p in turn.parts if isinstance(p, Reasoning))
    return False


def is_replayable(thoughts: Reasoning) -> bool:
    """Return whether the provider would know these thoughts as its own."""
    return thoughts.origin == NAME and bool(thoughts.signature or thoughts.redacted)
