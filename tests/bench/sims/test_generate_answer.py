"""generateContent answers, whole and streamed."""

from typing import Any

from weftline_bench.sims.generate_answer import chunks, event, parts, response, signature, usage
from weftline_bench.sims.script import Call, Counts, Script, Stop

SCRIPT = Script(
    "one two three four",
    "Hm",
    (Call("f", '{"a":1}'),),
    stop=Stop.CALLS,
    counts=Counts(prompt=120, image=85, completion=9, reasoning=1),
)


def test_thoughts_lie_beside_the_candidates() -> None:
    told = usage(SCRIPT)
    assert told["candidatesTokenCount"] == 8
    assert told["thoughtsTokenCount"] == 1
    assert told["totalTokenCount"] == 129
    assert told["promptTokensDetails"] == [
        {"modality": "TEXT", "tokenCount": 35},
        {"modality": "IMAGE", "tokenCount": 85},
    ]


def test_kinds_of_tokens_and_searches_are_told() -> None:
    counts = Counts(
        prompt=100, audio=20, cached_audio=3, tools=10, completion=9, audio_out=4, searches=2
    )
    script = Script("one two three four", counts=counts)
    told = usage(script)
    assert (told["promptTokenCount"], told["toolUsePromptTokenCount"]) == (90, 10)
    assert told["cacheTokensDetails"] == [{"modality": "AUDIO", "tokenCount": 3}]
    assert told["candidatesTokensDetails"] == [{"modality": "AUDIO", "tokenCount": 4}]
    grounded: list[Any] = [body["candidates"] for body in chunks(script, "m")]
    found = [c[0].get("groundingMetadata") for c in grounded]
    assert found == [{"webSearchQueries": ["query 0", "query 1"]}, *[None] * (len(found) - 1)]
    drawn = usage(Script("a", counts=Counts(completion=9, image_out=8)))
    assert drawn["candidatesTokensDetails"] == [{"modality": "IMAGE", "tokenCount": 8}]


def test_calls_end_with_stop_and_carry_a_signature() -> None:
    told = response(SCRIPT, "m", 2)
    candidates: Any = told["candidates"]
    assert len(candidates) == 2
    assert parts(SCRIPT)[-1] == {
        "functionCall": {"name": "f", "args": {"a": 1}},
        "thoughtSignature": signature(SCRIPT, 0),
    }


def test_a_stream_has_big_pieces_and_ends_once() -> None:
    bodies = chunks(SCRIPT, "m")
    assert len(bodies) == 4
    assert [b"finishReason" in event(b) for b in bodies] == [False, False, False, True]
    assert b'"one two three"' in event(bodies[1])


def test_an_empty_answer_is_one_empty_text() -> None:
    [body] = chunks(Script(), "m")
    assert b'"parts": [{"text": ""}]' in event(body)


def test_events_end_with_crlf() -> None:
    assert event({"a": "é"}) == 'data: {"a": "é"}\r\n\r\n'.encode()
