"""The rules of Anthropic's Messages that types don't tell, with the real one's words."""

from collections.abc import Sequence

from weftline_bench.sims.exchange import bad, read
from weftline_bench.sims.messages_request import (
    Base64,
    Block,
    Document,
    Image,
    MessagesRequest,
    Redacted,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
    blocks_of,
    merged,
    text_of,
)
from weftline_bench.sims.script import Json

# How a signature that this simulator gave begins; another provider's is refused.
SIGNATURE = "sim-sig-"

# Anthropic's own bounds.
BUDGET_MIN = 1024
CACHE_MARKS_MAX = 4

# Models that refuse sampling parameters, prefill and a thinking budget.
NEW_MODELS = (
    "claude-opus-4-7",
    "claude-opus-4-8",
    "claude-opus-5",
    "claude-sonnet-5",
    "claude-haiku-5",
    "claude-fable",
)

IMAGES = ("image/jpeg", "image/png", "image/gif", "image/webp")


def read_messages(body: Json, *, counting: bool = False) -> MessagesRequest:
    """Return the request of a body. counting: for its tokens only, without `max_tokens`."""
    for name in body:
        if name not in MessagesRequest.__struct_fields__:
            raise bad(f"{name}: Extra inputs are not permitted")
    asked = read(body, MessagesRequest)
    if asked.max_tokens is None and not counting:
        raise bad("max_tokens: Field required")
    _check_model(asked)
    _check_thinking(asked)
    _check_choice(asked)
    _check_texts(asked)
    _check_turns(merged(asked.messages), has_tools=bool(asked.tools))
    if _cache_marks(asked) > CACHE_MARKS_MAX:
        raise bad("A maximum of 4 blocks with cache_control may be provided.")
    return asked


def _check_model(asked: MessagesRequest) -> None:
    if not asked.model.startswith(NEW_MODELS):
        return
    for name in ("temperature", "top_p", "top_k"):
        if getattr(asked, name) is not None:
            raise bad(f"`{name}` is not supported for this model.")
    if asked.messages[-1].role == "assistant":
        raise bad("This model does not support assistant message prefill.")
    if asked.thinking is not None and asked.thinking.type == "enabled":
        raise bad("thinking.type: enabled is not supported for this model; use adaptive.")


def _check_thinking(asked: MessagesRequest) -> None:
    thinking = asked.thinking
    if thinking is None or thinking.type != "enabled":
        if thinking is not None and thinking.budget_tokens is not None:
            raise bad("thinking.budget_tokens: Extra inputs are not permitted")
        return
    if thinking.budget_tokens is None:
        raise bad("thinking.enabled.budget_tokens: Field required")
    if thinking.budget_tokens < BUDGET_MIN:
        raise bad("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
    if asked.max_tokens is not None and thinking.budget_tokens >= asked.max_tokens:
        raise bad("`max_tokens` must be greater than `thinking.budget_tokens`.")
    if asked.temperature not in (None, 1):
        raise bad("`temperature` may only be set to 1 when thinking is enabled.")
    if asked.tool_choice is not None and asked.tool_choice.type in ("any", "tool"):
        raise bad("Thinking may not be enabled when tool_choice forces tool use.")


def _check_choice(asked: MessagesRequest) -> None:
    own = asked.functions()
    names = [str(t.get("name")) for t in asked.tools]
    if len(set(names)) != len(names):
        raise bad("tools: Tool names must be unique.")
    for at, tool in enumerate(own):
        if tool.input_schema.get("type") != "object":
            raise bad(f"tools.{at}.custom.input_schema.type: Field required")
    choice = asked.tool_choice
    if choice is None:
        return
    if not asked.tools:
        raise bad("tool_choice: may only be specified while providing tools.")
    if choice.type == "none" and choice.disable_parallel_tool_use is not None:
        raise bad("tool_choice.none.disable_parallel_tool_use: Extra inputs are not permitted")
    if choice.type == "tool" and choice.name not in names:
        raise bad(f"Tool '{choice.name}' not found in provided tools")


def _check_texts(asked: MessagesRequest) -> None:
    if isinstance(asked.system, list) and any(not b.text for b in asked.system):
        raise bad("system: text content blocks must be non-empty")
    if any(not s.strip() for s in asked.stop_sequences):
        raise bad("stop_sequences: each stop sequence must contain non-whitespace")
    for at, message in enumerate(asked.messages):
        last = at == len(asked.messages) - 1
        blocks = blocks_of(message)
        if not blocks and not (last and message.role == "assistant"):
            raise bad(f"messages.{at}: all messages must have non-empty content")
        for block in blocks:
            _check_block(block, message.role, at)
        if last and message.role == "assistant" and text_of(blocks).endswith((" ", "\n")):
            raise bad("messages: final assistant content cannot end with trailing whitespace")


def _check_block(block: Block, role: str, at: int) -> None:
    assistant = role == "assistant"
    if isinstance(block, Text) and not block.text:
        raise bad(f"messages.{at}: text content blocks must be non-empty")
    if isinstance(block, ToolUse | Thinking | Redacted) and not assistant:
        raise bad(f"messages.{at}: `{_tag(block)}` blocks can only be in `assistant` messages")
    if isinstance(block, ToolResult | Image | Document) and assistant:
        raise bad(f"messages.{at}: `{_tag(block)}` blocks can only be in `user` messages")
    if isinstance(block, Thinking) and not block.signature.startswith(SIGNATURE):
        raise bad(f"messages.{at}: Invalid `signature` in `thinking` block")
    source = block.source if isinstance(block, Image) else None
    if isinstance(source, Base64) and source.media_type not in IMAGES:
        raise bad(f"messages.{at}: unsupported image media_type")


def _check_turns(turns: Sequence[tuple[str, list[Block]]], *, has_tools: bool) -> None:
    if turns[0][0] != "user":
        raise bad('messages: first message must use the "user" role')
    waiting: list[str] = []
    for at, (role, blocks) in enumerate(turns):
        results = [b for b in blocks if isinstance(b, ToolResult)]
        if role == "user":
            _check_results(results, blocks, waiting, at)
            waiting = []
        else:
            waiting = [b.id for b in blocks if isinstance(b, ToolUse)]
            if len(set(waiting)) != len(waiting):
                raise bad("messages: `tool_use` ids must be unique")
        if (results or waiting) and not has_tools:
            raise bad("Requests which include `tool_use` or `tool_result` blocks must define tools")
    if waiting:
        raise bad(_unanswered(waiting))


def _check_results(
    results: Sequence[ToolResult], blocks: Sequence[Block], waiting: Sequence[str], at: int
) -> None:
    ids = [r.tool_use_id for r in results]
    missing = [i for i in waiting if i not in ids]
    if missing:
        raise bad(_unanswered(missing))
    for wrong in ids:
        if wrong not in waiting or ids.count(wrong) > 1:
            raise bad(
                f"messages.{at}: unexpected `tool_use_id` found in `tool_result` blocks: {wrong}"
            )
    if list(blocks[: len(results)]) != list(results):
        raise bad(f"messages.{at}: `tool_result` blocks must come before other content")


def _unanswered(ids: Sequence[str]) -> str:
    return (
        "messages: `tool_use` ids were found without `tool_result` blocks immediately after: "
        + ", ".join(ids)
    )


def _cache_marks(asked: MessagesRequest) -> int:
    system = asked.system if isinstance(asked.system, list) else []
    blocks = [b for m in asked.messages for b in blocks_of(m)]
    marked = [*system, *asked.functions(), *blocks]
    return sum(getattr(item, "cache_control", None) is not None for item in marked)


def _tag(block: Block) -> str:
    return str(block.__struct_config__.tag)
