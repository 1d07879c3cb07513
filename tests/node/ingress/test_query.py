"""Queries: their fields, and which of them are refused."""

import pytest

from weftline_core.errors import CallerError
from weftline_core.http1.request import HttpRequest
from weftline_core.limits import QUOTED_CHARS_MAX
from weftline_node.ingress.query import QUERY_FIELDS_MAX, query_of


def asking(target: str) -> HttpRequest:
    return HttpRequest("GET", target, {}, b"", keep_alive=True)


@pytest.mark.parametrize(
    ("target", "fields"),
    [
        ("/x", {}),
        ("/x?", {}),
        ("/x?a=1&b=two%20words&c=", {"a": "1", "b": "two words", "c": ""}),
        ("/x?a=1&a=2", {"a": "2"}),
    ],
)
def test_the_fields_of_a_query(target: str, fields: dict[str, str]) -> None:
    assert query_of(asking(target)) == fields


def test_a_name_that_stands_twice_is_refused_where_it_means_nothing() -> None:
    name = "a" * 500
    with pytest.raises(CallerError, match="stands twice") as told:
        query_of(asking(f"/x?{name}=1&{name}=2"), once=True)
    assert told.value.param == "a" * QUOTED_CHARS_MAX


def test_a_query_has_few_fields() -> None:
    fields = "&".join(f"f{i}=1" for i in range(QUERY_FIELDS_MAX))
    assert len(query_of(asking(f"/x?{fields}"))) == QUERY_FIELDS_MAX
    with pytest.raises(CallerError, match="QUERY_FIELDS_MAX"):
        query_of(asking(f"/x?{fields}&more=1"))
