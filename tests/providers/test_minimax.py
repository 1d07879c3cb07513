"""MiniMax: Anthropic's dialect first, and errors that come with status 200."""

import pytest

from weftline_core.dialects.dialect import AnswerIsError, Target
from weftline_core.failures import Failure
from weftline_core.hosts import back_for
from weftline_providers.minimax import HOST


def test_anthropics_dialect_comes_first() -> None:
    target = Target(model="MiniMax-M3")
    messages, chat = HOST.speaks
    assert HOST.path(messages, target, stream=True) == "/anthropic/v1/messages"
    assert HOST.path(chat, target, stream=True) == "/v1/chat/completions"
    assert back_for(HOST, "MiniMax-M3", "chat", "generate") is messages


def test_an_error_with_status_200_is_an_error() -> None:
    answer = (
        b'{"choices":null,"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}'
    )
    with pytest.raises(AnswerIsError) as told:
        HOST.speaks[1].check(answer)
    assert told.value.verdict.failure is Failure.QUOTA
