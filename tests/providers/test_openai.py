"""OpenAI: its reasoning models know the length limit by its new name only."""

from weftline_core.chat.conversation import Conversation, Turn
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Text
from weftline_core.dialects.dialect import ChatBack, Target
from weftline_core.hosts import back_for
from weftline_providers.openai import HOST

TARGET = Target(model="gpt-6.1-sol")
HELLO = Conversation(turns=[Turn(role="user", parts=[Text(text="hi")])], max_tokens=9)


def test_projects_whose_data_stay_in_a_region_have_a_host_there() -> None:
    assert HOST.regions["eu"] == "https://eu.api.openai.com/v1"
    assert set(HOST.regions) == {"ae", "au", "eu", "in", "us"}


def test_the_old_name_is_written_as_the_new_one() -> None:
    body: dict[str, object] = {"messages": [], "max_tokens": 9}
    assert HOST.adapt(HOST.speaks[0], body, TARGET) == ()
    assert body == {"messages": [], "max_completion_tokens": 9}


def test_thoughts_that_others_told_are_not_sent_back() -> None:
    said = {"role": "assistant", "content": "hi"}
    body: dict[str, object] = {"messages": [{**said, "reasoning_content": "hm", "prefix": False}]}
    assert HOST.adapt(HOST.speaks[0], body, TARGET) == ("messages[0].reasoning_content",)
    assert body == {"messages": [said]}


def test_a_translated_request_has_the_new_name_too() -> None:
    back = HOST.speaks[0]
    assert isinstance(back, ChatBack)
    body = back.write(HELLO, TARGET)
    assert body["max_completion_tokens"] == 9
    assert "max_tokens" not in body


def test_it_alone_takes_tools_of_free_text() -> None:
    assert Feature.TOOL_FREE_TEXT not in HOST.speaks[0].losses


def test_clients_of_the_responses_dialect_are_passed_on() -> None:
    back = back_for(HOST, TARGET.model, "chat", "responses")
    assert back is not None
    assert back.name == "responses"
