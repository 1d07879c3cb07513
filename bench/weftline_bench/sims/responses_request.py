"""OpenAI's Responses request: typed, and strict."""

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

import msgspec

from weftline_bench.sims.ask import Ask, Media, Tool
from weftline_bench.sims.chat_request import NAME, data_url, decoded_size
from weftline_bench.sims.exchange import bad, read
from weftline_bench.sims.script import Json

TOOL_TYPES = frozenset(
    {
        "function",
        "web_search",
        "file_search",
        "code_interpreter",
        "image_generation",
        "mcp",
        "shell",
        "apply_patch",
        "tool_search",
        "computer",
        "custom",
        "namespace",
        "programmatic_tool_calling",
    }
)


class _Strict(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A shape that refuses fields it does not have."""


class InputText(_Strict, kw_only=True, tag_field="type", tag="input_text"):
    """Text."""

    text: str
    prompt_cache_breakpoint: Json | None = None


class InputImage(_Strict, kw_only=True, tag_field="type", tag="input_image"):
    """An image by URL or id."""

    image_url: str | None = None
    file_id: str | None = None
    detail: Literal["auto", "low", "high", "original"] | None = None


class InputFile(_Strict, kw_only=True, tag_field="type", tag="input_file"):
    """A file by URL, id or as data."""

    file_id: str | None = None
    file_url: str | None = None
    file_data: str | None = None
    filename: str | None = None


class InputAudio(_Strict, kw_only=True, tag_field="type", tag="input_audio"):
    """Sound."""

    input_audio: Json


class OutputText(_Strict, kw_only=True, tag_field="type", tag="output_text"):
    """What an assistant said."""

    text: str
    annotations: list[Json] | None = None
    logprobs: list[Json] | None = None


class OutputRefusal(_Strict, kw_only=True, tag_field="type", tag="refusal"):
    """What an assistant would not say."""

    refusal: str


Effort: TypeAlias = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
Part: TypeAlias = InputText | InputImage | InputFile | InputAudio | OutputText | OutputRefusal


class Message(_Strict, kw_only=True, tag_field="type", tag="message"):
    """One message; its `type` may be left out."""

    role: Literal["user", "assistant", "system", "developer"]
    content: str | list[Part]
    id: str | None = None
    status: str | None = None
    phase: Literal["commentary", "final_answer"] | None = None


class FunctionCall(_Strict, kw_only=True, tag_field="type", tag="function_call"):
    """One call in the history."""

    call_id: str
    name: str
    arguments: str
    id: str | None = None
    status: str | None = None


class FunctionCallOutput(_Strict, kw_only=True, tag_field="type", tag="function_call_output"):
    """What a call gave."""

    call_id: str
    output: str | list[Part]
    id: str | None = None
    status: str | None = None


class Reasoning(_Strict, kw_only=True, tag_field="type", tag="reasoning"):
    """Reasoning of the history."""

    id: str | None = None
    summary: list[Json]
    content: list[Json] | None = None
    encrypted_content: str | None = None
    status: str | None = None


class ItemReference(_Strict, kw_only=True, tag_field="type", tag="item_reference"):
    """An item the provider keeps."""

    id: str


Item: TypeAlias = Message | FunctionCall | FunctionCallOutput | Reasoning | ItemReference


class FunctionTool(_Strict, kw_only=True, tag_field="type", tag="function"):
    """A function, flat."""

    name: Annotated[str, msgspec.Meta(pattern=NAME)]
    parameters: Json | None = None
    strict: bool | None = None
    description: str | None = None


class Choice(_Strict):
    """The tool that must be called."""

    type: Literal["function"]
    name: str


class Format(_Strict):
    """What an answer must be; the schema is flat."""

    type: Literal["text", "json_object", "json_schema"]
    name: str | None = None
    schema: Json | None = None
    description: str | None = None
    strict: bool | None = None


class Text(_Strict):
    """How the text is to be."""

    format: Format | None = None
    verbosity: Literal["low", "medium", "high"] | None = None


class Thinking(_Strict):
    """How much to reason."""

    effort: Effort | None = None
    summary: Literal["auto", "concise", "detailed"] | None = None
    generate_summary: str | None = None


class StreamOptions(_Strict):
    """What a stream carries."""

    include_obfuscation: bool = True


class ResponsesRequest(_Strict):
    """A Responses request. `input_tokens` takes the same without the sampling."""

    model: str = ""
    input: str | list[Json] = ""
    instructions: str | None = None
    max_output_tokens: Annotated[int, msgspec.Meta(ge=16)] | None = None
    max_tool_calls: int | None = None
    reasoning: Thinking | None = None
    text: Text | None = None
    tools: list[Json] | None = None
    tool_choice: Literal["none", "auto", "required"] | Choice | None = None
    parallel_tool_calls: bool | None = None
    previous_response_id: str | None = None
    conversation: str | Json | None = None
    store: bool | None = None
    include: list[str] | None = None
    background: bool | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    service_tier: str | None = None
    truncation: Literal["auto", "disabled"] | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None
    prompt_cache_options: Json | None = None
    metadata: dict[str, str] | None = None
    safety_identifier: str | None = None
    user: str | None = None
    top_logprobs: Annotated[int, msgspec.Meta(ge=0, le=20)] | None = None
    temperature: Annotated[float, msgspec.Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None

    def functions(self) -> list[FunctionTool]:
        """Return the functions among the tools; the built-in ones are not looked into."""
        given = self.tools or []
        for tool in given:
            if tool.get("type") not in TOOL_TYPES:
                raise bad(f"Invalid value: '{tool.get('type')}'.", "tools[0].type", "invalid_value")
        return read([t for t in given if t["type"] == "function"], list[FunctionTool])


def read_responses(body: Json) -> tuple[ResponsesRequest, list[Item]]:
    """Return the request of a body, and the items of its input."""
    fields = set(ResponsesRequest.__struct_fields__)
    for name in body:
        if name not in fields:
            raise bad(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
    asked = read(body, ResponsesRequest)
    if not asked.model:
        raise bad("Missing required parameter: 'model'.", "model", "missing_required_parameter")
    asked.functions()
    items: list[Item] = []
    if isinstance(asked.input, str):
        items.append(Message(role="user", content=asked.input))
    else:
        items = read([{"type": "message", **item} for item in asked.input], list[Item])
    _check_items(items)
    return asked, items


def ask_of(asked: ResponsesRequest, items: Sequence[Item]) -> Ask:
    """Return what was asked."""
    user = [i for i in items if isinstance(i, Message) and i.role == "user"]
    others = [i for i in items if isinstance(i, Message) and i.role in ("system", "developer")]
    form = asked.text.format if asked.text else None
    choice = asked.tool_choice
    effort = asked.reasoning.effort if asked.reasoning else None
    return Ask(
        text=_text(user[-1].content) if user else "",
        system="\n".join([asked.instructions or "", *(_text(m.content) for m in others)]),
        tools=[Tool(t.name, t.parameters) for t in asked.functions()],
        results=_results(items),
        must_call=choice.name if isinstance(choice, Choice) else choice == "required",
        may_call=choice != "none",
        parallel=asked.parallel_tool_calls is not False,
        schema=(form.schema or {}) if form and form.type != "text" else None,
        media=_media(user[-1].content) if user else [],
        reasoning=effort not in (None, "none"),
        tokens_max=asked.max_output_tokens,
    )


def _check_items(items: Sequence[Item]) -> None:
    called: set[str] = set()
    for item in items:
        if isinstance(item, FunctionCall):
            called.add(item.call_id)
        elif isinstance(item, FunctionCallOutput):
            if item.call_id not in called:
                raise bad(
                    f"No tool call found for function call output with call_id {item.call_id}.",
                    "input",
                )
            called.discard(item.call_id)
    if called:
        raise bad(f"No tool output found for function call {min(called)}.", "input")


def _text(content: str | list[Part]) -> str:
    if isinstance(content, str):
        return content
    return "".join(part.text for part in content if isinstance(part, InputText | OutputText))


def _results(items: Sequence[Item]) -> list[str]:
    results: list[str] = []
    for item in reversed(items):
        if not isinstance(item, FunctionCallOutput):
            break
        results.insert(0, _text(item.output))
    return results


def _media(content: str | list[Part]) -> list[Media]:
    found: list[Media] = []
    for part in content if isinstance(content, list) else ():
        if isinstance(part, InputImage):
            url = part.image_url
            found.append(data_url(url) if url else Media("image/*", url=part.file_id or ""))
        elif isinstance(part, InputFile):
            known = data_url(part.file_data) if part.file_data else None
            found.append(known or Media("file", url=part.file_url or part.file_id or ""))
        elif isinstance(part, InputAudio):
            form = str(part.input_audio.get("format"))
            found.append(Media(f"audio/{form}", decoded_size(str(part.input_audio.get("data")))))
    return found
