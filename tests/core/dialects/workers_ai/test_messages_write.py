"""Turns become messages whose content is never null."""

from tests.fakes.every_feature import assistant, chat, tool, user
from weftline_core.chat.conversation import Turn
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Media, Reasoning, Text, ToolCall, ToolResult
from weftline_core.dialects.workers_ai.messages_write import messages

NONE = frozenset[str]()


def test_a_conversation_with_calls() -> None:
    call = ToolCall(id="a", name="find", arguments="")
    conversation = chat(
        user(Text(text="a"), Text(text="b")),
        assistant(Reasoning(text="hm", origin="messages"), call),
        tool(ToolResult(call_id="a", name="find", parts=[Text(text="1"), Text(text="2")])),
        Turn(role="system", parts=[Text(text="late")]),
        assistant(Text(text="")),
        assistant(Text(text="so")),
    )
    conversation.system = [Text(text="x"), Text(text="y")]
    assert messages(conversation, NONE) == [
        {"role": "system", "content": "x\n\ny"},
        {"role": "user", "content": "a\nb"},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "find", "arguments": "{}"}}
            ],
        },
        {"role": "tool", "tool_call_id": "a", "name": "find", "content": "1\n2"},
        {"role": "system", "content": "late"},
        {"role": "assistant", "content": "so"},
    ]


def test_pictures_need_a_list() -> None:
    data = Media(kind="image", mime="image/jpeg", data="eA==", detail="low")
    web = Media(kind="image", url="https://x/y.png")
    plain = Media(kind="image", data="eA==")
    conversation = chat(user(Text(text="look"), data, web, plain))
    assert messages(conversation, NONE) == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "look"},
                {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,eA=="}},
                {"type": "image_url", "image_url": {"url": "https://x/y.png"}},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,eA=="}},
            ],
        }
    ]
    assert messages(conversation, frozenset({Feature.IMAGE})) == [
        {"role": "user", "content": "look"}
    ]
