"""Every dialect keeps the contract, and its two halves are of one name."""

import pkgutil
from importlib import import_module, util

import orjson
import pytest

from weftline_core import dialects
from weftline_core.chat.conversation import Conversation, Tool, ToolChoice, Turn
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Text
from weftline_core.dialects.dialect import (
    NO_ARGS,
    AnswerIsError,
    Back,
    ChatBack,
    ChatFront,
    Echo,
    EmbeddingBack,
    EmbeddingFront,
    Front,
    NotAnAnswer,
    Target,
)
from weftline_core.errors import CallerError
from weftline_core.failures import Failure
from weftline_core.verdict import Verdict, Words

PACKAGES = [found.name for found in pkgutil.iter_modules(dialects.__path__) if found.ispkg]
TARGET = Target(model="a/model", options={"project": "p", "region": "r"})
WORDS = Words(message="it is odd", kind="server_error", code="upstream_failed", param="p")


def halves(half: str) -> list[str]:
    name = "weftline_core.dialects.{}.{}"
    return [p for p in PACKAGES if util.find_spec(name.format(p, half)) is not None]


def front_of(package: str) -> Front:
    front: Front = import_module(f"weftline_core.dialects.{package}.front").FRONT
    return front


def back_of(package: str) -> Back:
    back: Back = import_module(f"weftline_core.dialects.{package}.back").BACK
    return back


def test_every_package_is_a_dialect() -> None:
    assert set(halves("front")) | set(halves("back")) == set(PACKAGES)
    assert len(PACKAGES) > 1


@pytest.mark.parametrize("package", halves("front"))
def test_a_front_is_one_of_its_task(package: str) -> None:
    front = front_of(package)
    assert front.name == package
    kind = ChatFront if front.task == "chat" else EmbeddingFront
    assert isinstance(front, kind)


@pytest.mark.parametrize("package", halves("back"))
def test_a_back_is_one_of_its_task(package: str) -> None:
    back = back_of(package)
    assert back.name == package
    if back.task == "chat":
        assert isinstance(back, ChatBack)
        assert back.framing in ("sse", "ndjson", "eventstream")
    else:
        assert isinstance(back, EmbeddingBack)
    assert back.path(TARGET, stream=False).startswith("/")


@pytest.mark.parametrize("package", sorted(set(halves("front")) & set(halves("back"))))
def test_both_halves_are_of_one_task(package: str) -> None:
    assert front_of(package).task == back_of(package).task


@pytest.mark.parametrize("package", halves("front"))
@pytest.mark.parametrize("body", [{}, {"model": 7}, {"model": ""}, {"model": ["m"]}])
def test_a_front_refuses_a_request_without_a_model(package: str, body: dict[str, object]) -> None:
    with pytest.raises(CallerError):
        front_of(package).request(body, NO_ARGS)


@pytest.mark.parametrize("package", halves("front"))
@pytest.mark.parametrize("status", [400, 401, 404, 413, 429, 500, 502, 503, 504])
def test_an_error_is_json_with_the_words(package: str, status: int) -> None:
    told, body = front_of(package).error(status, WORDS, "req_1")
    assert 400 <= told <= 599
    assert "it is odd" in body.decode()
    assert isinstance(orjson.loads(body), dict)


@pytest.mark.parametrize("package", halves("front"))
def test_an_error_inside_a_stream_is_whole_events(package: str) -> None:
    frame = front_of(package).error_frame(502, WORDS)
    assert frame.endswith(b"\n\n")
    assert b"\r" not in frame
    assert b"it is odd" in frame


@pytest.mark.parametrize("package", [p for p in halves("back") if back_of(p).task == "chat"])
def test_a_stream_in_which_nothing_came_is_never_done(package: str) -> None:
    back = back_of(package)
    assert isinstance(back, ChatBack)
    tap = back.tap(usage_wanted=False)
    assert (tap.begun, tap.done, tap.error, tap.usage, tap.content_events) == (
        False,
        False,
        None,
        None,
        0,
    )
    tap.end()
    assert not tap.done
    assert "Done" not in {type(event).__name__ for event in back.reader().end()}


@pytest.mark.parametrize("package", halves("back"))
@pytest.mark.parametrize("data", [b"", b"<html>", b"[]", b"null", b'"x"', b"\xff", b"[" * 9999])
def test_what_is_no_json_object_is_no_answer(package: str, data: bytes) -> None:
    with pytest.raises((NotAnAnswer, AnswerIsError)):
        back_of(package).check(data)


@pytest.mark.parametrize("package", halves("back"))
@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (429, Failure.RATE_LIMITED),
        (401, Failure.DENIED),
        (500, Failure.SERVER_ERROR),
        (400, Failure.CALLER),
        (302, Failure.BROKEN),
    ],
)
def test_a_status_alone_has_a_meaning(package: str, status: int, failure: Failure) -> None:
    found = back_of(package).verdict(status, {}, b"", 0.0)
    assert found.failure is failure
    assert found.words.message


def test_an_answer_that_is_an_error_says_what_it_means() -> None:
    verdict = Verdict(Failure.QUOTA, WORDS)
    assert AnswerIsError(verdict).verdict is verdict


def test_what_is_not_translated_has_not_been_read() -> None:
    assert Echo(request_id="1", model="m", created_unix_s=5, body={}).asked is None
    assert (NO_ARGS.model, NO_ARGS.stream) == (None, None)


CHAT_BACKS = [package for package in halves("back") if back_of(package).task == "chat"]


@pytest.mark.parametrize("package", CHAT_BACKS)
def test_a_choice_out_of_many_tools_is_made_in_steps_that_do_not_grow(package: str) -> None:
    names = [f"f{i}" for i in range(20_000)]
    asked = Conversation(
        turns=[Turn(role="user", parts=[Text(text="hi")])],
        tools=[Tool(name=name) for name in names],
        tool_choice=ToolChoice(mode="auto", names=tuple(names[1:])),
        paths={Feature.TOOLS: "tools", Feature.TOOL_SUBSET: "tool_choice"},
    )
    back = back_of(package)
    assert isinstance(back, ChatBack)
    written = orjson.dumps(back.write(asked, TARGET))
    assert written.count(b'"f19999"') >= 1
