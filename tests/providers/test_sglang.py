"""sglang: clients of Anthropic and OpenAI are passed on."""

from weftline_core.hosts import back_for
from weftline_providers.sglang import HOST


def test_clients_of_each_dialect_that_it_speaks_are_passed_on() -> None:
    for dialect in ("chat", "messages", "responses"):
        back = back_for(HOST, "m", "chat", dialect)
        assert back is not None
        assert back.name == dialect


def test_it_counts_for_clients_of_anthropic() -> None:
    assert HOST.counts == {"messages"}
