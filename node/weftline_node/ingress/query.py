"""Reads the query of a request's target."""

from typing import Final
from urllib.parse import parse_qsl

from weftline_core.errors import CallerError
from weftline_core.http1.request import HttpRequest
from weftline_core.limits import QUOTED_CHARS_MAX

# More fields than any page has, with room for what SDKs add.
QUERY_FIELDS_MAX: Final = 64


def query_of(request: HttpRequest, *, once: bool = False) -> dict[str, str]:
    """Return the fields of a request's query; of equal names the last holds.

    once: refuse equal names. SDKs repeat the name of a list, so not every page may.

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
        if once and name in fields:
            quoted = name[:QUOTED_CHARS_MAX]
            raise CallerError(f"'{quoted}' stands twice in the query", param=quoted)
        fields[name] = value
    return fields
