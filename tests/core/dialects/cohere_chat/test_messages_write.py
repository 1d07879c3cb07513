"""Turns become Cohere's messages."""

from tests.fakes.every_feature import assistant, chat, tool, user
from weftline_core.chat.conversation import Turn
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Media, Reasoning, Refusal, Text, ToolCall, ToolResult
from weftline_core.dialects.cohere_chat.messages_write import messages

NONE = frozenset[str]()


def test_system_texts_stand_first_and_where_they_are_said() -> None:
    conversation = chat(user(), Turn(role="system", parts=[Text(text="late")]))
    conversation.system = [Text(text="a"), Text(text=""), Text(text="b")]
    assert messages(conversation, NONE) == [
        {"role": "system", "content": "a\n\nb"},
        {"role": "user", "content": "hello"},
        {"role": "system", "content": "late"},
    ]


def test_what_is_said_before_calls_is_the_plan() -> None:
    call = ToolCall(id="a", name="find", arguments=" ")
    conversation = chat(
        user(),
        assistant(Reasoning(text="hm", origin="messages"), Text(text="I will look."), call),
        tool(
            ToolResult(call_id="a", name="find", parts=[Text(text="1"), Text(text="2")]),
            Text(text="and?"),
        ),
        assistant(Text(text="It is "), Refusal(text="secret")),
        assistant(Text(text="")),
    )
    assert messages(conversation, NONE)[1:] == [
        {
            "role": "assistant",
            "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "find", "arguments": "{}"}}
            ],
            "tool_plan": "I will look.",
        },
        {"role": "tool", "tool_call_id": "a", "content": "1\n2"},
        {"role": "user", "content": "and?"},
        {"role": "assistant", "content": "It is secret"},
    ]


def test_pictures_are_addresses_of_data_or_of_the_web() -> None:
    data = Media(kind="image", mime="image/jpeg", data="eA==", detail="low")
    web = Media(kind="image", url="https://x/y.png")
    plain = Media(kind="image", data="eA==")
    conversation = chat(user(Text(text="look"), data, web, plain), user(Text(text="")))
    assert messages(conversation, NONE) == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "look"},
                {
                    "type": "image_url",
                    "image_url": {"url": "data:image/jpeg;base64,eA==", "detail": "low"},
                },
                {"type": "image_url", "image_url": {"url": "https://x/y.png"}},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,eA=="}},
            ],
        }
    ]
    assert messages(conversation, frozenset({Feature.IMAGE})) == [
        {"role": "user", "content": "look"}
    ]
    assert "detail" not in str(messages(conversation, frozenset({Feature.IMAGE_DETAIL})))
