"""Workers AI's text generation as a back."""

from weftline_core.chat.conversation import Conversation
from weftline_core.dialects.dialect import ChatBack, Target
from weftline_core.dialects.losses import WORKERS_AI
from weftline_core.dialects.workers_ai.back import BACK
from weftline_core.failures import Failure
from weftline_core.usage import Usage

TARGET = Target(model="@cf/meta/llama-3")


def test_it_is_a_back_for_chat() -> None:
    back: ChatBack = BACK
    assert isinstance(back, ChatBack)
    assert (back.name, back.task, back.framing) == ("workers_ai", "chat", "sse")
    assert back.losses is WORKERS_AI
    assert back.path(TARGET, stream=True) == "/ai/run/@cf/meta/llama-3"


def test_its_own_requests_say_whether_to_stream() -> None:
    body: dict[str, object] = {"model": "ours", "prompt": "hi"}
    BACK.own(body, TARGET, stream=True)
    assert body == {"prompt": "hi", "stream": True}


def test_its_parts_are_at_hand() -> None:
    assert BACK.write(Conversation(), TARGET) == {"messages": [], "max_tokens": 4096}
    data = b'{"result":{"response":"a","usage":{"prompt_tokens":1}},"success":true}'
    assert BACK.check(data) == BACK.read(data).usage == Usage(1, 0)
    body = b'{"errors":[{"code":3040}]}'
    assert BACK.verdict(429, {}, body, 0.0).failure is Failure.OVERLOADED
    assert BACK.reader() is not BACK.reader()


def test_a_tap_passes_its_stream_on() -> None:
    tap = BACK.tap(usage_wanted=False)
    whole = b'data: {"response":"a"}\n\ndata: [DONE]\n\n'
    assert tap.read(whole) is whole
    assert (tap.begun, tap.content_events, tap.done) == (True, 1, True)
