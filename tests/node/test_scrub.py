"""An endpoint's words without our keys and its address."""

import msgspec

from tests.fakes.jobs import ways_to
from tests.fakes.pop import CHAT, endpoint
from weftline_core.verdict import Words
from weftline_node.scrub import SHOWN_INSTEAD, scrubbed


def test_keys_and_addresses_are_taken_out_of_every_word() -> None:
    one = endpoint("a", "http://engine.internal:81/v1", secret="env:THE_KEY")
    (way,) = ways_to(CHAT, one, THE_KEY="sk-canary")
    words = Words(
        message="sk-canary was refused by engine.internal:81 (engine.internal)",
        kind="sk-canary",
        param="sk-canary",
        code="engine.internal",
    )
    clean = scrubbed(words, way)
    assert clean == Words(
        message=f"{SHOWN_INSTEAD} was refused by {SHOWN_INSTEAD} ({SHOWN_INSTEAD})",
        kind=SHOWN_INSTEAD,
        param=SHOWN_INSTEAD,
        code=SHOWN_INSTEAD,
    )


def test_a_host_of_one_word_is_left_alone() -> None:
    (way,) = ways_to(CHAT, endpoint("a", "http://a/v1"))
    words = Words(message="a value is wrong", param=None)
    assert scrubbed(words, way) == words


def test_our_account_and_a_host_in_capitals_are_taken_out() -> None:
    one = endpoint("a", "http://Engine.internal:81/v1")
    one = msgspec.structs.replace(one, options={"project": "acme-prod-7", "location": "global"})
    (way,) = ways_to(CHAT, one)
    words = Words(message="no model in projects/acme-prod-7/locations/global at ENGINE.INTERNAL:81")
    assert scrubbed(words, way).message == (
        f"no model in projects/{SHOWN_INSTEAD}/locations/global at {SHOWN_INSTEAD}"
    )
