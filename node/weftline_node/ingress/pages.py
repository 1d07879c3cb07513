"""Pages that a node answers itself: which models there are, as the client's own SDK reads it."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

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
from weftline_core.errors import UnknownModel
from weftline_core.http1.request import HttpRequest
from weftline_node.ingress.query import query_of
from weftline_node.ingress.routes import front_of

_List: TypeAlias = Callable[[Catalog, Mapping[str, str], float], bytes]

# By the name of the client's dialect; all others read OpenAI's.
_LISTS: Mapping[str, _List] = {MESSAGES.name: anthropic_page, GENERATE.name: google_page}


def models_page(catalog: Catalog, request: HttpRequest, at_unix_s: float) -> bytes:
    """Return the list of models that the query asks for.

    Raises:
        CallerError: a filter or a page is wrong.
    """
    show = _LISTS.get(front_of(request).name, openai_page)
    return show(catalog, query_of(request, once=True), at_unix_s)


def model_page(catalog: Catalog, name: str, request: HttpRequest, at_unix_s: float) -> bytes:
    """Return one model.

    Raises:
        UnknownModel: there is none of that name.
    """
    model = catalog.model(name)
    if model is None:
        raise UnknownModel.named(name)
    front = front_of(request).name
    if front == MESSAGES.name:
        return orjson.dumps(anthropic_model(model, at_unix_s))
    if front == GENERATE.name:
        return orjson.dumps(google_model(model))
    return orjson.dumps(openai_model(catalog, model, at_unix_s))
