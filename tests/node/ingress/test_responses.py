"""What is answered below `/v1/responses/`."""

import orjson
import pytest

from tests.fakes.kept_desk import HEAD, LAST, MESSAGE, WHOLE, KeptDesk, host_events, unchunked
from tests.fakes.responses_wire import parsed
from weftline_core.errors import MethodNotAllowed
from weftline_node.ingress.responses import KeptPath, kept_at
from weftline_node.kept import background

HOST = "/v1/responses/resp_host"


@pytest.mark.parametrize(
    ("method", "path", "found"),
    [
        ("GET", "/v1/responses/resp_1", KeptPath("retrieve", "resp_1")),
        ("DELETE", "/v1/responses/resp%2F1", KeptPath("delete", "resp/1")),
        ("POST", "/v1/responses/resp_1/cancel", KeptPath("cancel", "resp_1")),
        ("GET", "/v1/responses/resp_1/input_items", KeptPath("input_items", "resp_1")),
        ("GET", "/v1/responses/", None),
        ("GET", "/v1/responses/resp_1/", None),
        ("GET", "/v1/responses/resp_1/else", None),
        ("GET", "/v1/responses/resp_1/cancel/x", None),
        ("POST", "/v1/responses/compact", None),
        ("GET", "/v1/responses", None),
        ("GET", "/x/v1/responses/resp_1", None),
    ],
)
def test_paths(method: str, path: str, found: KeptPath | None) -> None:
    assert kept_at(method, path) == found


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/v1/responses/resp_1", "GET, DELETE"),
        ("HEAD", "/v1/responses/resp_1", "GET, DELETE"),
        ("GET", "/v1/responses/resp_1/cancel", "POST"),
        ("DELETE", "/v1/responses/resp_1/input_items", "GET"),
    ],
)
def test_methods(method: str, path: str, allowed: str) -> None:
    with pytest.raises(MethodNotAllowed) as caught:
        kept_at(method, path)
    assert caught.value.allowed == allowed


async def test_a_response_can_be_fetched_and_deleted() -> None:
    desk = KeptDesk()
    await desk.made()
    got = await desk.call("GET", f"{HOST}?include[]=a&include[]=b&stream=false")
    assert orjson.loads(got.body) == WHOLE
    deleted = await desk.call("DELETE", HOST)
    assert orjson.loads(deleted.body) == {"id": "resp_host", "object": "response", "deleted": True}
    for method, path in (("GET", HOST), ("DELETE", HOST), ("POST", f"{HOST}/cancel")):
        gone = await desk.call(method, path)
        assert gone.status == 404
        assert "Response with id 'resp_host' not found" in str(gone.error["message"])


async def test_a_key_is_needed() -> None:
    desk = KeptDesk()
    await desk.made()
    assert (await desk.call("GET", HOST, key="wrong")).status == 401


async def test_input_items_come_in_pages() -> None:
    desk = KeptDesk()
    asked = [{"role": "user", "content": f"say {n}"} for n in range(3)]
    await desk.made(input=asked)
    page = orjson.loads((await desk.call("GET", f"{HOST}/input_items?limit=2")).body)
    assert [item["content"][0]["text"] for item in page["data"]] == ["say 2", "say 1"]
    assert page["has_more"] is True
    after = f"{HOST}/input_items?order=desc&after={page['last_id']}"
    page = orjson.loads((await desk.call("GET", after)).body)
    assert [item["content"][0]["text"] for item in page["data"]] == ["say 0"]
    page = orjson.loads((await desk.call("GET", f"{HOST}/input_items?order=asc")).body)
    assert len(page["data"]) == 3
    assert page["data"][0]["content"][0]["text"] == "say 0"


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("/input_items?order=up", "order"),
        ("/input_items?limit=0", "limit"),
        ("/input_items?limit=-1", "limit"),
        ("/input_items?after=nobody", "after"),
        ("?stream=yes", "stream"),
        ("?stream=true", "stream"),
        ("?" + "&".join(f"a{n}=1" for n in range(100)), None),
    ],
)
async def test_wrong_queries_are_refused(query: str, param: str | None) -> None:
    desk = KeptDesk()
    await desk.made()
    refused = await desk.call("GET", HOST + query)
    assert (refused.status, refused.error["param"]) == (400, param)


async def made_in_background(desk: KeptDesk, sent: int) -> str:
    client = await desk.create(background=True)
    await desk.streams(*host_events()[:sent], head=HEAD)
    return f"/v1/responses/{orjson.loads(client.body)['id']}"


async def test_the_events_come_again_from_any_of_them_on() -> None:
    desk = KeptDesk()
    path = await made_in_background(desk, 3)
    whole = await desk.call("GET", f"{path}?stream=true")
    rest = await desk.call("GET", f"{path}?stream=true&starting_after=2")
    late = await desk.call("GET", f"{path}?stream=true&starting_after=5")
    await desk.streams(*host_events()[3:])
    again = await desk.call("GET", f"{path}?stream=true")
    assert [e["sequence_number"] for e in parsed(unchunked(whole.body))] == list(range(7))
    assert [e["sequence_number"] for e in parsed(unchunked(rest.body))] == [3, 4, 5, 6]
    assert [e["sequence_number"] for e in parsed(unchunked(late.body))] == [6]
    assert unchunked(again.body) == unchunked(whole.body)
    assert unchunked(whole.body).endswith(unchunked(rest.body)), "byte for byte"
    for one in (whole, rest, late, again):
        assert one.body.endswith(LAST)
        assert one.finished == ["keep"]
    assert orjson.loads((await desk.call("GET", path)).body)["output"] == [MESSAGE]


async def test_cancel() -> None:
    desk = KeptDesk()
    path = await made_in_background(desk, 3)
    for _ in range(2):
        cancelled = await desk.call("POST", f"{path}/cancel")
        assert orjson.loads(cancelled.body)["status"] == "cancelled"
    again = await desk.call("GET", f"{path}?stream=true")
    assert parsed(unchunked(again.body))[-1]["response"]["status"] == "cancelled"
    await desk.made()
    assert (await desk.call("POST", f"{HOST}/cancel")).status == 400


async def test_events_that_had_to_make_room_are_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "LOG_BYTES_MAX", 1000)
    desk = KeptDesk()
    path = await made_in_background(desk, 6)
    gone = await desk.call("GET", f"{path}?stream=true&starting_after=0")
    assert (gone.status, gone.error["code"]) == (410, "events_gone")
    assert (await desk.call("GET", path)).status == 200


@pytest.mark.parametrize("text", ["-1", "x", "1.5", "", "99999999999"])
async def test_a_wrong_cursor_is_refused(text: str) -> None:
    desk = KeptDesk()
    path = await made_in_background(desk, 6)
    refused = await desk.call("GET", f"{path}?stream=true&starting_after={text}")
    assert (refused.status, refused.error["param"]) == (400, "starting_after")


async def test_an_old_client_gets_no_stream() -> None:
    desk = KeptDesk()
    path = await made_in_background(desk, 6)
    assert (await desk.call("GET", f"{path}?stream=true", version="1.0")).status == 400
    assert (await desk.call("GET", path, version="1.0")).status == 200
