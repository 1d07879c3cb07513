"""Cohere is asked in its own dialects."""

from weftline_core.dialects.dialect import Target
from weftline_core.hosts import back_for
from weftline_providers.cohere import HOST

TARGET = Target(model="command-a-03-2025")


def test_every_client_is_translated() -> None:
    chat = back_for(HOST, TARGET.model, "chat", "chat")
    embed = back_for(HOST, TARGET.model, "embeddings", "embeddings")
    assert chat is not None
    assert embed is not None
    assert (chat.name, embed.name) == ("cohere_chat", "cohere_embed")
    assert HOST.path(chat, TARGET, stream=True) == "/v2/chat"
    assert HOST.path(embed, TARGET, stream=False) == "/v2/embed"
    assert HOST.headers(chat, "key") == (("authorization", "Bearer key"),)
