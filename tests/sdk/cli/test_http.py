"""One GET for JSON, whatever is at the other end."""

import msgspec
import pytest

from tests.fakes.pages import answering
from weftline.cli.errors import CliError, ExitCode
from weftline.cli.http import get_json


class Thing(msgspec.Struct):
    name: str


def test_the_answer_is_typed_and_the_query_and_key_go_along() -> None:
    with answering({"/thing": {"name": "a", "more": 1}}) as pages:
        got = get_json(f"{pages.url}/thing", Thing, query={"model": "a/b c"}, bearer="k")
    assert got == Thing("a")
    assert pages.queries == [{"model": ["a/b c"]}]
    assert pages.authorizations == ["Bearer k"]


@pytest.mark.parametrize(
    ("page", "status", "told", "code"),
    [
        ({"error": "no such model"}, 404, "no such model", ExitCode.NOT_FOUND),
        ({"error": {"message": "wrong key"}}, 401, "wrong key", ExitCode.FAILED),
        ({"odd": 1}, 500, "answered 500", ExitCode.FAILED),
        (b"<html>", 502, "answered 502", ExitCode.FAILED),
        (b"<html>", 200, "answered with something else", ExitCode.FAILED),
        ({"name": 1}, 200, r"something else: Expected `str`", ExitCode.FAILED),
    ],
)
def test_failures_in_words(page: object, status: int, told: str, code: ExitCode) -> None:
    with (
        answering({"/thing": page}, status) as pages,
        pytest.raises(CliError, match=told) as failed,
    ):
        get_json(f"{pages.url}/thing", Thing)
    assert failed.value.code is code


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1:1/x", ExitCode.UNAVAILABLE),
        ("nonsense", ExitCode.USAGE),
        ("127.0.0.1:8081/v1", ExitCode.USAGE),
        ("ftp://h/x", ExitCode.USAGE),
        ("http:///x", ExitCode.USAGE),
        ("http://h:99999/x", ExitCode.USAGE),
    ],
)
def test_nobody_there(url: str, code: ExitCode) -> None:
    with pytest.raises(CliError) as failed:
        get_json(url, Thing)
    assert failed.value.code is code


@pytest.mark.parametrize("key", ["a\nb", "a\r\nx: y", "\u6a21"])
def test_a_key_that_no_header_may_carry_is_told_without_it(key: str) -> None:
    with pytest.raises(CliError, match="no header may carry") as failed:
        get_json("http://127.0.0.1:1/x", Thing, bearer=key)
    assert failed.value.code is ExitCode.USAGE
    assert key not in failed.value.message
