"""Pages that a node answers itself: which models there are."""

import orjson

from weftline_core.catalog import Catalog
from weftline_core.dialects.openai import model_list, model_object
from weftline_core.errors import UnknownModel
from weftline_core.http1.request import HttpRequest
from weftline_node.ingress.routes import MODELS_PATH, Page
from weftline_node.pipeline import QUOTED_CHARS_MAX


def models_page(catalog: Catalog, page: Page, request: HttpRequest) -> bytes:  # noqa: ARG001
    """Return the list of models."""
    return model_list(catalog.models)


def model_page(catalog: Catalog, page: Page, request: HttpRequest) -> bytes:  # noqa: ARG001
    """Return one model.

    Raises:
        UnknownModel: there is none of that name.
    """
    model = catalog.model(page.of)
    if model is None:
        raise UnknownModel(
            f"the model '{page.of[:QUOTED_CHARS_MAX]}' does not exist here; "
            f"GET {MODELS_PATH} lists those that do",
            param="model",
        )
    return orjson.dumps(model_object(model))
