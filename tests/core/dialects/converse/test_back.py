"""Converse as a back: its path, its taps, its place among dialects."""

import pytest

from tests.fakes.eventstream import event
from weftline_core.chat.conversation import Conversation
from weftline_core.dialects.converse.back import BACK
from weftline_core.dialects.dialect import ChatBack, Target
from weftline_core.dialects.losses import CONVERSE
from weftline_core.eventstream import EventStreamSplitter
from weftline_core.failures import Failure
from weftline_core.usage import Usage

TARGET = Target(model="us.anthropic.claude-sonnet-4-6:0")


def test_it_is_a_back_for_chat() -> None:
    back: ChatBack = BACK
    assert isinstance(back, ChatBack)
    assert (back.name, back.task, back.framing) == ("converse", "chat", "eventstream")
    assert back.losses is CONVERSE


@pytest.mark.parametrize(
    ("model", "stream", "path"),
    [
        ("a.b:0", False, "/model/a.b%3A0/converse"),
        (
            "arn:aws:bedrock:us-east-1:1:inference-profile/x",
            True,
            "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fx/converse-stream",
        ),
    ],
)
def test_the_model_stands_in_the_path(model: str, stream: bool, path: str) -> None:
    assert BACK.path(Target(model=model), stream=stream) == path


def test_its_own_requests_go_as_they_are() -> None:
    body: dict[str, object] = {"messages": []}
    BACK.own(body, TARGET, stream=True)
    assert body == {"messages": []}


def test_its_parts_are_at_hand() -> None:
    assert BACK.write(Conversation(), TARGET) == {"messages": []}
    data = (
        b'{"output":{"message":{"content":[]}},"stopReason":"end_turn","usage":{"inputTokens":1}}'
    )
    assert BACK.check(data) == BACK.read(data).usage == Usage(1, 0)
    assert BACK.verdict(429, {}, b"", 0.0).failure is Failure.RATE_LIMITED
    assert BACK.reader() is not BACK.reader()


def test_a_tap_passes_its_stream_on() -> None:
    tap = BACK.tap(usage_wanted=False)
    wire = event("contentBlockDelta", {"delta": {"text": "a"}}) + event(
        "messageStop", {"stopReason": "end_turn"}
    )
    whole = EventStreamSplitter().feed(wire)
    assert tap.read(whole) == whole
    assert (tap.begun, tap.done) == (True, False)
    assert tap.end() == b""
    assert tap.done
