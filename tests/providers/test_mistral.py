"""Mistral: it refuses fields that it does not know."""

from weftline_core.chat.conversation import Conversation, Role, Turn
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Text
from weftline_core.dialects.dialect import ChatBack, Target
from weftline_core.dialects.losses import DROP
from weftline_providers.mistral import HOST

TARGET = Target(model="mistral-large-4")


def test_what_it_would_refuse_is_renamed_or_left_out() -> None:
    body: dict[str, object] = {
        "messages": [],
        "seed": 7,
        "max_completion_tokens": 9,
        "stream_options": {"include_usage": True},
        "user": "u",
    }
    gone = HOST.adapt(HOST.speaks[0], body, TARGET)
    assert body == {"messages": [], "random_seed": 7, "max_tokens": 9}
    assert set(gone) == {"stream_options", "user"}


def test_a_stream_is_asked_for_without_options() -> None:
    body: dict[str, object] = {"messages": []}
    HOST.speaks[0].own(body, TARGET, stream=True)
    assert body == {"messages": [], "model": TARGET.model, "stream": True}


def test_the_beginning_of_an_answer_is_marked() -> None:
    back = HOST.speaks[0]
    assert isinstance(back, ChatBack)
    said: list[tuple[Role, str]] = [("user", "hi"), ("assistant", "It is")]
    turns = [Turn(role=role, parts=[Text(text=text)]) for role, text in said]
    messages = back.write(Conversation(turns=turns), TARGET)["messages"]
    assert messages == [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "It is", "prefix": True},
    ]


def test_what_it_would_refuse_is_told_in_the_clients_words() -> None:
    lost = ("logit_bias", "logprobs", "service_tier", "user_id", "verbosity")
    assert {HOST.speaks[0].losses[Feature(name)] for name in lost} == {DROP}
