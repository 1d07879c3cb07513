"""Together: usage comes without being asked for."""

from weftline_core.chat.conversation import Conversation, Turn
from weftline_core.chat.parts import Text
from weftline_core.dialects.dialect import ChatBack, Target
from weftline_providers.together import HOST


def test_stream_options_are_left_out_and_the_length_limit_kept() -> None:
    body: dict[str, object] = {
        "stream_options": {"include_usage": True},
        "max_completion_tokens": 9,
    }
    gone = HOST.adapt(HOST.speaks[0], body, Target(model="m"))
    assert body == {"max_tokens": 9}
    assert gone == ("stream_options",)


def test_log_probabilities_are_asked_for_by_number() -> None:
    back = HOST.speaks[0]
    assert isinstance(back, ChatBack)
    turns = [Turn(role="user", parts=[Text(text="hi")])]
    body = back.write(Conversation(turns=turns, logprobs=3), Target(model="m"))
    assert body["logprobs"] == 3
    assert "top_logprobs" not in body
