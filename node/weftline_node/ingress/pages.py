"""Pages that a node answers itself: which models there are, as the client's own SDK reads it."""

from collections.abc import Callable, Mapping
from typing import TypeAlias
from urllib.parse import parse_qsl

import orjson

from weftline_core.catalog import Catalog
from weftline_core.dialects.generate.front import FRONT as GENERATE
from weftline_core.dialects.messages.front import FRONT as MESSAGES
from weftline_core.dialects.models_page import (
    anthropic_model,
    anthropic_page,
    google_model,
    google_page,
    openai_model,
    openai_page,
)
from weftline_core.errors import CallerError, UnknownModel
from weftline_core.http1.request import HttpRequest
from weftline_node.ingress.routes import MODELS_PATH, front_of
from weftline_node.pipeline import QUOTED_CHARS_MAX

# More filters than there are, with room for what SDKs add.
QUERY_FIELDS_MAX = 32

_List: TypeAlias = Callable[[Catalog, Mapping[str, str], float], bytes]

# By the name of the client's dialect; all others read OpenAI's.
_LISTS: Mapping[str, _List] = {MESSAGES.name: anthropic_page, GENERATE.name: google_page}


def models_page(catalog: Catalog, request: HttpRequest, at_unix_s: float) -> bytes:
    """Return the list of models that the query asks for.

    Raises:
        CallerError: a filter or a page is wrong.
    """
    show = _LISTS.get(front_of(request).name, openai_page)
    return show(catalog, _query(request), at_unix_s)


def model_page(catalog: Catalog, name: str, request: HttpRequest, at_unix_s: float) -> bytes:
    """Return one model.

    Raises:
        UnknownModel: there is none of that name.
    """
    model = catalog.model(name)
    if model is None:
        raise UnknownModel(
            f"the model '{name[:QUOTED_CHARS_MAX]}' does not exist here; "
            f"GET {MODELS_PATH} lists those that do",
            param="model",
        )
    front = front_of(request).name
    if front == MESSAGES.name:
        return orjson.dumps(anthropic_model(model, at_unix_s))
    if front == GENERATE.name:
        return orjson.dumps(google_model(model))
    return orjson.dumps(openai_model(catalog, model, at_unix_s))


def _query(request: HttpRequest) -> dict[str, str]:
    """Return the fields of a request's query.

    Raises:
        CallerError: there are too many, or one stands there twice.
    """
    text = request.target.partition("?")[2]
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=QUERY_FIELDS_MAX)
    except ValueError:
        raise CallerError(
            f"the query has over QUERY_FIELDS_MAX ({QUERY_FIELDS_MAX}) fields"
        ) from None
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in fields:
            quoted = name[:QUOTED_CHARS_MAX]
            raise CallerError(f"'{quoted}' stands twice in the query", param=quoted)
        fields[name] = value
    return fields
