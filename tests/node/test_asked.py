"""What a path asks for, out of the path, the body and the headers."""

import msgspec
import orjson
import pytest

from tests.fakes.desk import ANSWER, Desk, FakeClient, answer
from tests.fakes.pop import KEY, endpoint
from tests.fakes.wires import turns
from weftline_core.counting import CountAsk
from weftline_core.dialects.chat.back import BACK as CHAT_BACK
from weftline_core.dialects.chat.front import FRONT as CHAT
from weftline_core.dialects.dialect import PathArgs
from weftline_core.dialects.generate.front import FRONT as GENERATE
from weftline_core.dialects.messages.front import FRONT as MESSAGES
from weftline_core.errors import CallerError
from weftline_core.hosts import Host
from weftline_core.http1.request import HttpRequest
from weftline_core.wishes import NO_WISHES
from weftline_node.asked import Alternative, Asked, asked_of
from weftline_node.ingress.cloudflare import asked_at


def request(body: bytes = b'{"model":"m"}', **headers: str) -> HttpRequest:
    fields = {n.replace("_", "-").encode(): v.encode() for n, v in headers.items()}
    return HttpRequest("POST", "/", fields, body, keep_alive=True)


def only(asked: Asked, http: HttpRequest) -> Alternative:
    (one,) = asked.alternatives(http)
    return one


def test_a_path_asks_one_thing_in_its_dialect() -> None:
    one = only(Asked(front=CHAT), request(b'{"model":"m","stream":true}'))
    assert (one.names, one.only, one.borrowed) == (("m",), None, None)
    assert (one.ask.front, one.ask.purpose, one.ask.lines) == (CHAT, "stream", b"")
    assert one.wishes is NO_WISHES
    assert not isinstance(one.ask, CountAsk)


def test_a_path_may_name_the_model() -> None:
    asked = Asked(front=GENERATE, args=PathArgs(model="there", stream=True))
    one = only(asked, request(b'{"contents":[]}'))
    assert (one.names, one.ask.request.stream) == (("there",), True)


def test_a_path_may_only_count() -> None:
    one = only(Asked(front=MESSAGES, counts=True), request())
    assert isinstance(one.ask, CountAsk)
    assert one.ask.purpose == "count"


def test_named_headers_go_on_and_no_others() -> None:
    asked = Asked(front=MESSAGES, carried=(b"anthropic-beta", b"x-other"))
    http = request(anthropic_beta="a,b", anthropic_version="1", authorization="Bearer k")
    assert only(asked, http).ask.lines == b"anthropic-beta: a,b\r\n"


def test_headers_wish() -> None:
    http = request(x_weft_event_id="mine", cf_aig_max_attempts="2")
    wishes = only(Asked(front=CHAT), http).wishes
    assert (wishes.event_id, wishes.attempts_max) == ("mine", 2)


@pytest.mark.parametrize(
    ("http", "words"),
    [
        (request(b""), "no body"),
        (request(b"{}"), "'model' is missing"),
        (request(orjson.dumps({"model": "m", "stream": 1})), "'stream'"),
        (request(cf_aig_max_attempts="9"), "cf-aig-max-attempts"),
    ],
)
def test_what_is_wrong_is_the_callers_error(http: HttpRequest, words: str) -> None:
    with pytest.raises(CallerError, match=words):
        Asked(front=CHAT).alternatives(http)


def test_requests_are_told_apart_by_whom_they_ask_with_which_key() -> None:
    one = only(Asked(front=CHAT), request())
    assert asked_of((one, one)) == ""
    aliased = only(Asked(front=CHAT), request(x_weft_byok_alias="blue"))
    told = [
        asked_of((msgspec.structs.replace(one, only=provider, borrowed=key),))
        for provider in ("openai", "groq")
        for key in (None, "sk-one", "sk-two")
    ]
    told += [asked_of((aliased,)), asked_of((one, aliased)), asked_of((aliased, one))]
    assert len(set(told)) == len(told)
    assert not any("sk-" in text for text in told), "the key itself stays out of it"


def test_a_request_in_a_log_shows_no_key() -> None:
    one = only(Asked(front=CHAT), request())
    lent = msgspec.structs.replace(one, borrowed="sk-1", headers={b"authorization": b"sk-1"})
    assert "sk-1" not in repr(lent)


async def test_what_one_key_has_read_at_one_provider_is_no_answer_to_another() -> None:
    names = ("openai", "groq")
    providers = {name: Host(name=name, speaks=(CHAT_BACK,)) for name in names}
    desk = Desk(
        *(endpoint(name, f"http://{name}/v1", provider=name) for name in names),
        providers=providers,
    )

    async def ask(provider: str, own: str | None) -> FakeClient:
        fields = {b"authorization": f"Bearer {KEY}".encode(), b"x-weft-cache-ttl": b"60"}
        if own is not None:
            fields[b"cf-aig-authorization"] = fields[b"authorization"]
            fields[b"authorization"] = f"Bearer {own}".encode()
        path, body = f"/v1/a/g/{provider}/chat/completions", b'{"model":"m/chat","messages":[]}'
        asked, client = asked_at(path), FakeClient()
        assert asked is not None
        http = HttpRequest("POST", path, fields, body, keep_alive=True)
        desk.pipeline.begin(asked, http, client)
        await turns()
        return client

    ways = [("openai", None), ("openai", "one"), ("openai", "two"), ("groq", None), ("groq", "one")]
    for provider, own in ways:
        client = await ask(provider, own)
        assert not client.writes, "it is asked anew"
        await desk.receive(answer(200, ANSWER))
        assert client.head["x-weft-cache"] == "miss"
    for provider, own in ways:
        assert (await ask(provider, own)).head["x-weft-cache"] == "hit"
    await desk.pool.close()
