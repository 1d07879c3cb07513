"""The features of the matrix. Each is a check: it returns, or says what is wrong."""

import json
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from tests.conformance import scripts
from tests.conformance.cells import NotHere
from tests.conformance.desk import Desk
from tests.conformance.wants import Json, Misread, Read, ToolSpec, Want, must
from weftline_bench.sims.script import Stop, pieces

Check: TypeAlias = Callable[[Desk], Awaitable[Json]]

PNG: Final = "iVBORw0KGgoAAAANSUhEUg=="
PNG_BYTES: Final = 16
PICTURE_URL: Final = "https://example.com/cat.png"

_CITY: Final[Json] = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
}
_WEATHER: Final = ToolSpec(name="call_weather", schema=_CITY)
_TIME: Final = ToolSpec(name="call_time", schema=_CITY)
_QUIET: Final = ToolSpec(name="quiet", schema=_CITY)
_FORM: Final[Json] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}

_TEXT: Final = Want(user="say: The mesh is up.", system="Be brief.")


async def text(desk: Desk) -> Json:
    """A whole answer, with its usage."""
    body = desk.client.body(_TEXT)
    desk.script(scripts.PLAIN)
    scripts.compare(desk, scripts.PLAIN, await desk.ask(body, stream=False), stream=False)
    return body


async def stream(desk: Desk) -> Json:
    """The same as events, with its usage."""
    body = desk.client.body(Want(user="say: go", system="Be brief.", stream=True))
    desk.script(scripts.PLAIN)
    scripts.compare(desk, scripts.PLAIN, await desk.ask(body, stream=True), stream=True)
    return body


async def turns(desk: Desk) -> Json:
    """What was said before, and the system's words, in their order."""
    want = Want(
        user="say: five", system="Sys one.", earlier=("ask two", "told three", "ask four", "t")
    )
    body = desk.client.body(want)
    read = await desk.ask(body, stream=False)
    must(read.text == "five", f"the text is {read.text!r}")
    places = [desk.seen().find(word) for word in ("ask two", "told three", "ask four", "say: five")]
    must(-1 not in places and places == sorted(places), "the turns are not all there, in order")
    must("Sys one." in desk.seen(), "the system's words are gone")
    if desk.upstream.dialect != "cohere_chat":
        prompt = 20 + len(pieces("Sys one. say: five"))
        must(read.usage is not None and read.usage.prompt == prompt, "the prompt was another")
    return body


async def tools(desk: Desk) -> Json:
    """A call of a tool, and the answer to its result."""
    body = desk.client.body(Want(user="weather?", tools=(_WEATHER, _QUIET)))
    return await _called(desk, body, ["sunny"], stream=False)


async def tools_stream(desk: Desk) -> Json:
    """The same as events."""
    body = desk.client.body(Want(user="weather?", tools=(_WEATHER, _QUIET), stream=True))
    return await _called(desk, body, ["sunny"], stream=True)


async def parallel(desk: Desk) -> Json:
    """Two calls at once, and both results."""
    body = desk.client.body(Want(user="both?", tools=(_WEATHER, _TIME)))
    return await _called(desk, body, ["sunny", "noon"], stream=False)


async def parallel_stream(desk: Desk) -> Json:
    """Two calls at once as events, with and without arguments, with and without words before."""
    body = desk.client.body(Want(user="both?", tools=(_WEATHER, _TIME), stream=True))
    for script in (scripts.CALLS, scripts.SPOKEN_CALL):
        desk.script(script)
        scripts.compare(desk, script, await desk.ask(body, stream=True), stream=True)
    desk.script(None)
    return await _called(desk, body, ["sunny", "noon"], stream=True)


async def forced(desk: Desk) -> Json:
    """A tool that must be called."""
    body = desk.client.body(Want(user="say: no", tools=(_QUIET, _TIME), only="quiet"))
    read = await desk.ask(body, stream=False)
    if not desk.dropped():
        must([c.name for c in read.calls] == ["quiet"], "it is not the one that must be called")
    return body


async def image(desk: Desk) -> Json:
    """A picture inside of the request."""
    body = desk.client.body(Want(user="what is it?", image=PNG))
    read = await desk.ask(body, stream=False)
    must(read.text == f"image/png {PNG_BYTES} bytes", f"what arrived is {read.text!r}")
    return body


async def image_url(desk: Desk) -> Json:
    """A picture by its address."""
    body = desk.client.body(Want(user="what is it?", image_url=PICTURE_URL))
    read = await desk.ask(body, stream=False)
    must(PICTURE_URL in read.text, f"what arrived is {read.text!r}")
    return body


async def schema(desk: Desk) -> Json:
    """JSON by a schema."""
    body = desk.client.body(Want(user="a form", schema=_FORM))
    read = await desk.ask(body, stream=False)
    must(json.loads(read.text) == {"city": "text", "days": 1}, f"the form is {read.text!r}")
    return body


async def reasoning(desk: Desk) -> Json:
    """Reasoning that is asked for, and shown."""
    return await _thought(desk, stream=False)


async def reasoning_stream(desk: Desk) -> Json:
    """The same as events."""
    return await _thought(desk, stream=True)


async def stop_length(desk: Desk) -> Json:
    """An answer cut at its limit, which is passed on."""
    want = Want(user="say: one two three four five six seven eight nine ten", max_tokens=16)
    body = desk.client.body(want)
    desk.script(scripts.CUT)
    scripts.compare(desk, scripts.CUT, await desk.ask(body, stream=False), stream=False)
    must("16" in desk.seen(), "the limit is gone")
    body_stream = desk.client.body(Want(user="go", max_tokens=16, stream=True))
    scripts.compare(desk, scripts.CUT, await desk.ask(body_stream, stream=True), stream=True)
    return body


async def stop_sequence(desk: Desk) -> Json:
    """An answer that ends before a word of the client's."""
    if desk.client.name == "responses":
        raise NotHere("the dialect has no stop sequences")
    body = desk.client.body(Want(user="say: one two three four", stops=("three",)))
    desk.script(scripts.MET)
    scripts.compare(desk, scripts.MET, await desk.ask(body, stream=False), stream=False)
    must("three" in desk.seen().split("three four")[-1], "the stop sequence is gone")
    streamed = desk.client.body(Want(user="go", stops=("three",), stream=True))
    scripts.compare(desk, scripts.MET, await desk.ask(streamed, stream=True), stream=True)
    return body


async def filtered(desk: Desk) -> Json:
    """An answer that the provider breaks off for its content."""
    body = desk.client.body(Want(user="go"))
    desk.script(scripts.FILTERED)
    scripts.compare(desk, scripts.FILTERED, await desk.ask(body, stream=False), stream=False)
    streamed = desk.client.body(Want(user="go", stream=True))
    scripts.compare(desk, scripts.FILTERED, await desk.ask(streamed, stream=True), stream=True)
    return body


async def refusal(desk: Desk) -> Json:
    """A model that says that it won't."""
    body = desk.client.body(Want(user="go"))
    desk.script(scripts.REFUSED)
    for streaming in (False, True):
        asked = desk.client.body(Want(user="go", stream=streaming))
        read = await desk.ask(asked, stream=streaming)
        must(read.finished and not read.error, "it is not finished")
        _check_refusal(desk, read)
    return body


async def count(desk: Desk) -> Json:
    """How many tokens a request has, without an answer."""
    body = desk.client.body(Want(user="say: one two three", system="Be brief."))
    asked = desk.client.count(body)
    if asked is None:
        raise NotHere("the dialect has no such request")
    desk.script(None)
    reply = await desk.post(asked.path, asked.body)
    if reply.status != 200:
        raise Misread(f"status {reply.status}: {reply.body[:160].decode(errors='replace')}")
    tokens = asked.tokens(json.loads(reply.body))
    exact = 20 + len(pieces("Be brief. say: one two three"))
    if desk.upstream.dialect in desk.upstream.host.counts and desk.sim.seen:
        must(tokens == exact, f"{tokens} tokens, not {exact}")
    else:
        must(reply.headers.get("x-weft-estimated") == "tokens", "an estimate is not called one")
        must(0 < tokens < 10 * exact, f"{tokens} tokens for a few words")
    return body


async def _called(desk: Desk, body: Json, results: list[str], *, stream: bool) -> Json:
    """Ask, have tools called, and ask again with what they gave."""
    desk.script(None)
    read = await desk.ask(body, stream=stream)
    names = ["call_weather", "call_time"][: len(results)]
    must([c.name for c in read.calls] == names, f"the calls are {[c.name for c in read.calls]}")
    must(all(c.arguments == {"city": "text"} for c in read.calls), "the arguments are others")
    must(len({c.id for c in read.calls} | {""}) > len(read.calls) or not read.calls[0].id, "ids")
    must(read.stop == desk.client.stops[Stop.CALLS], f"the stop is {read.stop}")
    again = await desk.ask(desk.client.again(body, read, results), stream=stream)
    told = "result: " + ", ".join(results)
    must(again.text == told, f"the answer is {again.text!r}, not {told!r}")
    return body


async def _thought(desk: Desk, *, stream: bool) -> Json:
    desk.thinking(on=True)
    body = desk.client.body(Want(user="say: forty-two", reasoning=True, stream=stream))
    desk.script(None)
    read = await desk.ask(body, stream=stream)
    native = desk.upstream.native(desk.client.name)
    if not native or desk.client.name != "chat":
        # OpenAI's word for an effort is not what all of its imitators listen to.
        must(read.text == "forty-two", f"the text is {read.text!r}")
        wanted = {"Thinking about: say: forty-two"}
        if not desk.upstream.shows or desk.dropped() or desk.client.name == "chat":
            # A client of chat completions cannot ask to see them.
            wanted.add("")
        must(read.reasoning in wanted, f"the thoughts are {read.reasoning!r}")
    desk.script(scripts.THOUGHT)
    scripts.compare(desk, scripts.THOUGHT, await desk.ask(body, stream=stream), stream=stream)
    return body


def _check_refusal(desk: Desk, read: Read) -> None:
    words, kind = scripts.REFUSED.refusal, desk.upstream.refusing
    said = read.refusal or read.text
    if kind != "stop":
        must(said == words, f"the words are {said!r}")
    stopped = read.stop == desk.client.stops[Stop.FILTERED]
    if kind == "filter":
        must(stopped, f"the stop is {read.stop}")
    elif kind in ("stop", "field"):
        must(stopped or read.refusal, "it looks like an ordinary answer")
    else:
        must(read.stop == desk.client.stops[Stop.END], f"the stop is {read.stop}")


# What each is called on the page.
FEATURES: Final[dict[str, Check]] = {
    "text": text,
    "stream": stream,
    "turns and system": turns,
    "tool calls": tools,
    "tool calls, streamed": tools_stream,
    "parallel calls": parallel,
    "parallel calls, streamed": parallel_stream,
    "a forced tool": forced,
    "picture": image,
    "picture by URL": image_url,
    "JSON schema": schema,
    "reasoning": reasoning,
    "reasoning, streamed": reasoning_stream,
    "stop: length": stop_length,
    "stop: sequence": stop_sequence,
    "stop: filtered": filtered,
    "refusal": refusal,
    "token count": count,
}
