"""What a whole answer is made of."""

from weftline_core.chat.answer import Answer, Choice, Citation, Stop, TokenLogprob
from weftline_core.chat.parts import Text


def test_usage_that_nobody_told_is_not_zero() -> None:
    assert Answer(choices=[]).usage is None


def test_answers_share_nothing() -> None:
    one, other = (Choice(parts=[Text(text="a")], stop=Stop.END) for _ in range(2))
    one.citations.append(Citation(url="u"))
    assert other.citations == []
    token, twin = (TokenLogprob(token="a", logprob=-1.0) for _ in range(2))
    token.top.append(twin)
    assert twin.top == []


def test_log_probabilities_that_nobody_told_are_not_empty() -> None:
    assert Choice(parts=[], stop=Stop.END).logprobs is None


def test_a_stop_is_none_of_a_providers_own_faults() -> None:
    faults = {"error", "network_error", "insufficient_system_resource", "malformed_function_call"}
    assert faults.isdisjoint(stop.value for stop in Stop)
    assert Stop("length") is Stop.LENGTH
