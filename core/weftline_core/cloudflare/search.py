"""Cloudflare's search for models: `GET /ai/models/search`.

Source: Cloudflare's REST API and its Python SDK.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import orjson

from weftline_core.cloudflare.names import HOSTED
from weftline_core.desired import Model, Task
from weftline_core.errors import CallerError

PAGE: Final = 50
PAGE_MAX: Final = 1000
_PAGES_MAX: Final = 1_000_000

TASKS: Final[Mapping[Task, str]] = {"chat": "Text Generation", "embeddings": "Text Embeddings"}
# Each model has one of these there: hosted by Cloudflare, or from elsewhere.
_SOURCE_HOSTED, _SOURCE_OTHER = 1, 3


def search_page(models: Sequence[Model], query: Mapping[str, str]) -> bytes:
    """Return the page of models that a query asks for.

    Raises:
        CallerError: a number in it is none.
    """
    author, task = query.get("author", "").lower(), query.get("task", "").lower()
    word = query.get("search", "").lower()
    found = [
        (model, name)
        for model in models
        for name in (_shown(model),)
        if author in ("", author_of(model))
        and task in ("", TASKS[model.task].lower(), model.task)
        and any(word in known.lower() for known in (model.name, *model.aliases))
    ]
    page, size = _number(query, "page", 1, _PAGES_MAX), _number(query, "per_page", PAGE, PAGE_MAX)
    part = found[(page - 1) * size : page * size]
    info = {"count": len(part), "page": page, "per_page": size, "total_count": len(found)}
    return orjson.dumps(
        {
            "result": [_model(model, name) for model, name in part],
            "success": True,
            "errors": [],
            "messages": [],
            "result_info": info,
        }
    )


def author_of(model: Model) -> str:
    """Return who made a model, in lower case: the part of its name before the last, if any."""
    name = _shown(model)
    for prefix in HOSTED:
        name = name.removeprefix(prefix)
    author, slash, _ = name.partition("/")
    return (author if slash else model.owned_by).lower()


def _shown(model: Model) -> str:
    """Return the name by which Cloudflare's clients know a model, if it has one."""
    names = (model.name, *model.aliases)
    return next((name for name in names if name.startswith(HOSTED)), model.name)


def _model(model: Model, name: str) -> dict[str, object]:
    task = TASKS[model.task]
    properties: list[dict[str, str]] = []
    if model.context_tokens is not None:
        properties.append({"property_id": "context_window", "value": str(model.context_tokens)})
    if model.retires is not None:
        properties.append({"property_id": "planned_deprecation_date", "value": model.retires})
    return {
        "id": _id(f"model:{model.name}"),
        "source": _SOURCE_HOSTED if name.startswith(HOSTED) else _SOURCE_OTHER,
        "name": name,
        "description": "",
        "task": {"id": _id(f"task:{task}"), "name": task, "description": ""},
        "tags": [],
        "properties": properties,
    }


def _id(of: str) -> str:
    """Return an id in Cloudflare's form, the same at every node and for ever."""
    return str(uuid5(NAMESPACE_URL, f"weftline:{of}"))


def _number(query: Mapping[str, str], name: str, usual: int, highest: int) -> int:
    text = query.get(name)
    if text is None:
        return usual
    if not text.isdecimal() or len(text) > len(str(highest)) or not 1 <= int(text) <= highest:
        raise CallerError(f"{name} must be a whole number in [1, {highest}]", param=name)
    return int(text)
