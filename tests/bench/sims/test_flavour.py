"""What every simulated provider shares."""

import pytest

from weftline_bench.sims.ask import Ask
from weftline_bench.sims.exchange import Refused, Request
from weftline_bench.sims.flavour import Desk, bearer, check_key
from weftline_bench.sims.flavours import FLAVOURS
from weftline_bench.sims.script import Script


def test_a_desk_numbers_its_answers_and_may_say_always_the_same() -> None:
    desk = Desk()
    assert desk.script_for(Ask("a")).id == "0001"
    desk.script = Script("fixed")
    assert desk.script_for(Ask("b")) == Script("fixed", id="0002")


def test_keys() -> None:
    assert bearer({"authorization": "bearer x"}) == "x"
    assert bearer({"authorization": "Basic x"}) is None
    check_key("k", "k", "missing", "wrong")
    with pytest.raises(Refused, match="missing"):
        check_key(None, "k", "missing", "wrong")
    with pytest.raises(Refused, match="wrong"):
        check_key("x", "k", "missing", "wrong")


def test_most_flavours_have_one_task_and_no_keep_alive() -> None:
    gemini = FLAVOURS["gemini"]
    assert gemini.task_of(Request("POST", "/x")) == ""
    assert gemini.keep_alive() == b""
