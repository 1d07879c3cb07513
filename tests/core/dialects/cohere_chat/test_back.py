"""Cohere's chat as a back."""

from weftline_core.chat.conversation import Conversation
from weftline_core.dialects.cohere_chat.back import BACK
from weftline_core.dialects.dialect import ChatBack, Target
from weftline_core.dialects.losses import COHERE
from weftline_core.failures import Failure
from weftline_core.usage import Usage

TARGET = Target(model="command-a-03-2025")


def test_it_is_a_back_for_chat() -> None:
    back: ChatBack = BACK
    assert isinstance(back, ChatBack)
    assert (back.name, back.task, back.framing) == ("cohere_chat", "chat", "sse")
    assert back.losses is COHERE
    assert back.path(TARGET, stream=True) == back.path(TARGET, stream=False) == "/v2/chat"


def test_its_own_requests_get_the_models_name_there() -> None:
    body: dict[str, object] = {"model": "ours", "messages": [], "k": 3}
    BACK.own(body, TARGET, stream=True)
    assert body == {"model": "command-a-03-2025", "messages": [], "k": 3, "stream": True}


def test_its_parts_are_at_hand() -> None:
    assert BACK.write(Conversation(), TARGET) == {"model": "command-a-03-2025", "messages": []}
    data = (
        b'{"message":{"content":[]},"finish_reason":"COMPLETE",'
        b'"usage":{"billed_units":{"input_tokens":1}}}'
    )
    assert BACK.check(data) == BACK.read(data).usage == Usage(1, 0)
    assert BACK.verdict(498, {}, b"", 0.0).failure is Failure.CALLER
    assert BACK.reader() is not BACK.reader()


def test_a_tap_passes_its_stream_on() -> None:
    tap = BACK.tap(usage_wanted=False)
    first = b'data: {"type":"content-delta","delta":{"message":{"content":{"text":"a"}}}}\n\n'
    last = b'data: {"type":"message-end","delta":{"finish_reason":"COMPLETE"}}\n\n'
    assert tap.read(first) == first
    assert (tap.begun, tap.content_events, tap.done) == (True, 1, False)
    assert tap.read(last + first) == last
    assert tap.done
