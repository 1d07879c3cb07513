"""Reads the messages of a client's request.

Calls without an id get one by their place, and answers of tools are matched by id, else by name
and order.
"""

from collections import deque
from typing import Final, cast

from weftline_core.chat.conversation import Role, Turn
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import (
    Foreign,
    Media,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from weftline_core.dialects.generate import shapes
from weftline_core.dialects.generate.calls import json_text
from weftline_core.dialects.generate.media import (
    features_of,
    is_at_home,
    kind_of,
    mime_of_url,
)
from weftline_core.dialects.notes import Notes
from weftline_core.dialects.proto_json import standard_base64
from weftline_core.dialects.shape import wrong
from weftline_core.errors import CallerError

ORIGIN: Final = "generate"
_ROLES: Final[dict[str | None, Role]] = {
    None: "user",
    "": "user",
    "user": "user",
    "model": "assistant",
    # Both are older names for a user's turn that holds what tools answered.
    "function": "user",
    "tool": "user",
}
_CONTENT: Final = frozenset(shapes.Content.__struct_encode_fields__)
_PART: Final = frozenset(shapes.Part.__struct_encode_fields__)
# What a part may have beside what it is.
_BESIDE: Final = frozenset(
    (
        "audioMetadata",
        "documentMetadata",
        "mediaProcessing",
        "mediaResolution",
        "partMetadata",
        "speechMetadata",
        "spreadsheetMetadata",
        "thought",
        "thoughtSignature",
        "videoMetadata",
    )
)
_READ: Final = _PART | {"mediaResolution"}
_RESPONSE: Final = frozenset(shapes.FunctionResponse.__struct_encode_fields__)
_LEVELS: Final = {
    "MEDIA_RESOLUTION_LOW": "low",
    "MEDIA_RESOLUTION_HIGH": "high",
    "MEDIA_RESOLUTION_ULTRA_HIGH": "high",
}


def detail_of(level: str | None) -> str | None:
    """Return how closely to look, in OpenAI's words; None for Google's own choice."""
    return _LEVELS.get(level or "")


class PartsReader:
    """Reads all contents of one request. detail: how closely to look at pictures in general."""

    __slots__ = ("_detail", "_done", "_ids", "_names", "_notes", "_waiting")

    def __init__(self, notes: Notes, detail: str | None = None) -> None:
        self._notes = notes
        self._detail = detail
        # The client's id of a call -> ours, and ours -> the tool's name.
        self._ids: dict[str, str] = {}
        self._names: dict[str, str] = {}
        # Calls by the tool's name, in order; those answered are passed over when they are met.
        self._waiting: dict[str, deque[str]] = {}
        self._done: set[str] = set()

    def turns(self, contents: list[shapes.Content], raw: list[dict[str, object]]) -> list[Turn]:
        """Return the turns. raw: the same as parsed JSON.

        Raises:
            CallerError: a part breaks the dialect.
        """
        turns: list[Turn] = []
        for i, (content, fields) in enumerate(zip(contents, raw, strict=True)):
            where = f"contents[{i}]"
            self._notes.check(fields, _CONTENT, where)
            role = _ROLES.get(content.role)
            if role is None:
                raise CallerError(f"{where}.role: must be 'user' or 'model'", param=f"{where}.role")
            raw_parts = cast("list[dict[str, object]]", fields.get("parts") or [])
            parts: list[Part] = []
            results: list[Part] = []
            for j, part in enumerate(content.parts or ()):
                read = self._part(part, raw_parts[j], i, j)
                (results if isinstance(read, ToolResult) else parts).append(read)
                if part.thought_signature and part.text is not None and not part.thought:
                    parts.append(self._proof(part.thought_signature, i, j))
            if results:
                turns.append(Turn(role="tool", parts=results))
            if parts:
                turns.append(Turn(role=role, parts=parts))
        if turns and turns[-1].role == "assistant":
            self._notes.note(Feature.PREFILL, f"contents[{len(contents) - 1}]")
        return turns

    def _part(self, part: shapes.Part, raw: dict[str, object], i: int, j: int) -> Part:
        if part.text is not None and raw.keys() <= {"text"}:
            return Text(text=part.text)
        where = f"contents[{i}].parts[{j}]"
        foreign = [
            name
            for name, value in raw.items()
            if name not in _PART and name not in _BESIDE and value is not None
        ]
        known = _known(part)
        if foreign and known is None:
            self._notes.note(Feature.FOREIGN_PART, f"{where}.{foreign[0]}")
            return Foreign(origin=ORIGIN, value=raw)
        self._notes.check(raw, _READ, where)
        if part.inline_data or part.file_data:
            return self._media(part, where, raw.get("mediaResolution"))
        return self._words(part, raw, i, j)

    def _words(self, part: shapes.Part, raw: dict[str, object], i: int, j: int) -> Part:
        """Return a part that is no media."""
        where = f"contents[{i}].parts[{j}]"
        if part.text is not None:
            return self._text(part, part.text, i, j)
        if part.function_call:
            return self._call(part, part.function_call, i, j)
        if part.function_response:
            extra = cast("dict[str, object]", raw["functionResponse"])
            self._notes.check(extra, _RESPONSE, f"{where}.functionResponse")
            return self._result(part.function_response, f"{where}.functionResponse")
        if part.thought_signature:
            return self._proof(part.thought_signature, i, j)
        raise CallerError(
            f"{where}: the part is empty: give it text, inlineData, fileData, functionCall or "
            "functionResponse",
            param=where,
        )

    def _text(self, part: shapes.Part, text: str, i: int, j: int) -> Part:
        if not part.thought:
            return Text(text=text)
        self._notes.note(Feature.REASONING_REPLAY, f"contents[{i}].parts[{j}].thought")
        return Reasoning(text=text, signature=part.thought_signature, origin=ORIGIN)

    def _proof(self, signature: str, i: int, j: int) -> Reasoning:
        self._notes.note(Feature.REASONING_REPLAY, f"contents[{i}].parts[{j}].thoughtSignature")
        return Reasoning(text="", signature=signature, origin=ORIGIN)

    def _media(
        self, part: shapes.Part | shapes.ResponsePart, where: str, resolution: object = None
    ) -> Media:
        detail = self._detail
        if isinstance(resolution, dict):
            level = cast("dict[str, object]", resolution).get("level")
            detail = detail_of(level if isinstance(level, str) else None) or detail
        if part.inline_data is not None:
            media = self._inline(part.inline_data, f"{where}.inlineData")
        else:
            assert part.file_data is not None, "the caller has looked"
            media = self._file(part.file_data, f"{where}.fileData")
        if media.kind == "image" and detail is not None:
            media.detail = detail
            path = "generationConfig" if resolution is None else where
            self._notes.note(Feature.IMAGE_DETAIL, f"{path}.mediaResolution")
        return media

    def _inline(self, blob: shapes.Blob, where: str) -> Media:
        if not blob.mime_type:
            raise CallerError(f"{where}.mimeType: must be given", param=f"{where}.mimeType")
        kind = kind_of(blob.mime_type)
        for feature in features_of(kind, by_url=False):
            self._notes.note(feature, where)
        data = standard_base64(blob.data)
        return Media(kind=kind, mime=blob.mime_type, data=data, name=blob.display_name)

    def _file(self, file: shapes.FileRef, where: str) -> Media:
        uri = file.file_uri
        if not uri:
            raise CallerError(f"{where}.fileUri: must be given", param=f"{where}.fileUri")
        mime = file.mime_type or mime_of_url(uri)
        kind = kind_of(mime)
        if is_at_home(uri):
            self._notes.note(Feature.FILE_ID, f"{where}.fileUri")
            return Media(kind=kind, mime=mime, file_id=uri, name=file.display_name)
        for feature in features_of(kind, by_url=True):
            self._notes.note(feature, f"{where}.fileUri")
        return Media(kind=kind, mime=mime, url=uri, name=file.display_name)

    def _call(self, part: shapes.Part, call: shapes.FunctionCall, i: int, j: int) -> ToolCall:
        where = f"contents[{i}].parts[{j}].functionCall"
        if not call.name:
            raise CallerError(f"{where}.name: must be given", param=f"{where}.name")
        own = call.id
        # An id that comes twice in a history would be refused elsewhere.
        ours = own if own and own not in self._names else f"call_{i}_{j}"
        if own:
            self._ids[own] = ours
        self._names[ours] = call.name
        self._waiting.setdefault(call.name, deque()).append(ours)
        if part.thought_signature:
            path = f"contents[{i}].parts[{j}].thoughtSignature"
            self._notes.note(Feature.REASONING_REPLAY, path)
        return ToolCall(
            id=ours,
            name=call.name,
            arguments=_text_of(call.args or {}, f"{where}.args"),
            signature=part.thought_signature,
        )

    def _result(self, result: shapes.FunctionResponse, where: str) -> ToolResult:
        ours = self._answered(result)
        if ours is None:
            raise wrong(where, "it answers no functionCall of the messages before it")
        text, is_error = _result_text(result.response or {}, f"{where}.response")
        if is_error:
            self._notes.note(Feature.TOOL_RESULT_ERROR, f"{where}.response.error")
        parts: list[Text | Media] = [Text(text=text)]
        for k, part in enumerate(result.parts or ()):
            if part.inline_data or part.file_data:
                self._notes.note(Feature.TOOL_RESULT_MEDIA, f"{where}.parts[{k}]")
                parts.append(self._media(part, f"{where}.parts[{k}]"))
            else:
                self._notes.strange(f"{where}.parts[{k}]")
        return ToolResult(call_id=ours, name=self._names[ours], parts=parts, is_error=is_error)

    def _answered(self, result: shapes.FunctionResponse) -> str | None:
        """Return the id of the call that a result answers, or None."""
        ours = self._ids.get(result.id) if result.id else None
        if ours is None:
            waiting = self._waiting.get(result.name or "") or deque()
            while waiting and waiting[0] in self._done:
                waiting.popleft()
            ours = waiting[0] if waiting else None
        if ours is not None:
            self._done.add(ours)
        return ours


def _known(part: shapes.Part) -> object:
    """Return what a part holds that every dialect knows, or None."""
    if part.text is not None:
        return part.text
    return part.inline_data or part.file_data or part.function_call or part.function_response


def _text_of(value: object, where: str) -> str:
    try:
        return json_text(value)
    except ValueError as e:
        raise wrong(where, f"it is {e}") from None


def _result_text(response: dict[str, object], where: str) -> tuple[str, bool]:
    """Return what a tool answered, as text, and whether that is an error."""
    value: object = response
    is_error = False
    if len(response) == 1:
        ((key, inner),) = response.items()
        is_error = key == "error"
        if key in ("result", "output", "error"):
            value = inner
    return (value if isinstance(value, str) else _text_of(value, where)), is_error
