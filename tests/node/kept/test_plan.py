"""What a request wants kept."""

from typing import Any, cast

import orjson
import pytest

from weftline_core.ask import Ask
from weftline_core.counting import CountAsk
from weftline_core.dialects.dialect import NO_ARGS
from weftline_core.dialects.responses.front import FRONT
from weftline_core.errors import CallerError, TooLarge
from weftline_core.limits import REQUEST_BODY_BYTES_MAX
from weftline_core.wishes import NO_WISHES
from weftline_node.asked import Alternative
from weftline_node.kept.plan import NO_KEEP_PLAN, KeepPlan, PreviousNotFound, planned
from weftline_node.kept.store import KEEP_S, Kept, ResponseStore, Turn

SAID: dict[str, object] = {
    "type": "message",
    "role": "assistant",
    "content": [{"type": "output_text", "text": "two", "annotations": []}],
}


def answered(status: str = "completed") -> bytes:
    return orjson.dumps({"id": "resp_1", "status": status, "output": [SAID]})


def store(*turns: Turn) -> ResponseStore:
    kept = ResponseStore()
    for n, turn in enumerate(turns, 1):
        kept.put(Kept(id=f"resp_{n}", tenant="acme", turn=turn, keep_s=KEEP_S), 0.0)
    return kept


def plan(
    kept: ResponseStore, kind: type[Ask] = Ask, tenant: str = "acme", **body: object
) -> tuple[Ask, KeepPlan]:
    request = FRONT.request({"model": "m", "input": "hi"} | body, NO_ARGS)
    alternative = Alternative(ask=kind(FRONT, request), wishes=NO_WISHES, names=("m",))
    changed, found = planned(kept, tenant, alternative, 0.0)
    assert isinstance(changed.ask, kind)
    return changed.ask, found


def test_an_answer_is_kept_unless_the_client_says_no() -> None:
    ask, kept = plan(store())
    assert (kept.keep, kept.background, kept.said, kept.asked) == (True, False, None, b'"hi"')
    assert ask.request.body == {"model": "m", "input": "hi"}
    assert plan(store(), store=False)[1] is NO_KEEP_PLAN
    assert plan(store(), CountAsk)[1] is NO_KEEP_PLAN


def test_in_the_background_it_is_asked_as_a_stream_and_kept_anyhow() -> None:
    ask, found = plan(store(), background=True, store=False, background_options={})
    assert (found.keep, found.background, found.stream) == (True, True, False)
    assert ask.request.stream
    assert ask.purpose == "stream"
    assert ask.request.body == {"model": "m", "input": "hi", "store": False, "stream": True}
    assert found.said is not None
    assert found.said["background"] is True
    assert "input" not in found.said
    assert plan(store(), background=True, stream=True)[1].stream


def test_what_came_before_is_put_before_the_input() -> None:
    first = Turn(b'"one"', None, answered())
    kept = store(first, Turn(b'[{"role":"user","content":"three"}]', first, answered()))
    ask, found = plan(kept, previous_response_id="resp_2", store=False)
    items = cast("list[dict[str, Any]]", ask.request.body["input"])
    said = [item["content"] for item in items]
    texts = [c if isinstance(c, str) else str(c[0]["text"]) for c in said]
    assert texts == ["one", "two", "three", "two", "hi"]
    assert "previous_response_id" not in ask.request.body
    assert found.said is not None
    assert found.said["previous_response_id"] == "resp_2"
    assert not found.keep
    assert found.earlier_bytes > 0
    counted, _ = plan(kept, CountAsk, previous_response_id="resp_1")
    assert len(cast("list[object]", counted.request.body["input"])) == 3


@pytest.mark.parametrize(("tenant", "name"), [("acme", "resp_9"), ("other", "resp_1")])
def test_what_is_not_here_cannot_be_gone_on_from(tenant: str, name: str) -> None:
    with pytest.raises(PreviousNotFound) as caught:
        plan(store(Turn(b"1", None, answered())), tenant=tenant, previous_response_id=name)
    error = caught.value
    assert (error.status, error.code) == (400, "previous_response_not_found")
    assert error.param == "previous_response_id"
    assert f"Previous response with id '{name}' not found" in error.message


@pytest.mark.parametrize("status", ["queued", "in_progress", "failed", "cancelled"])
def test_only_a_whole_answer_can_be_gone_on_from(status: str) -> None:
    with pytest.raises(CallerError, match=status) as caught:
        plan(store(Turn(b"1", None, answered(status))), previous_response_id="resp_1")
    assert caught.value.param == "previous_response_id"


def test_what_has_grown_too_long_is_refused() -> None:
    long = Turn(b'"%b"' % (b"x" * REQUEST_BODY_BYTES_MAX), None, answered())
    with pytest.raises(TooLarge, match="REQUEST_BODY_BYTES_MAX"):
        plan(store(long), previous_response_id="resp_1")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"conversation": "conv_1"}, "conversation"),
        ({"background": "yes"}, "background"),
        ({"input": "\ud800"}, None),
        ({"background": True, "metadata": {"a": "\ud800"}}, None),
        (
            {"background": True, "background_options": {"completion_window": "8h"}},
            "background_options.completion_window",
        ),
    ],
)
def test_what_cannot_be_had_is_refused(body: dict[str, object], param: str | None) -> None:
    with pytest.raises(CallerError) as caught:
        plan(store(), Ask, "acme", **body)
    assert caught.value.param == param
