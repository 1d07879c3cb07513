"""What `weft bench mesh` asks and says, and one real mesh."""

import asyncio
from pathlib import Path

import msgspec
import orjson
import pytest

from weftline.cli.errors import CliError
from weftline.cli.output import Format, plain
from weftline_bench.client import chat_target
from weftline_bench.load import Load
from weftline_bench.mesh import (
    MESH,
    RANDOM,
    Ready,
    Way,
    bands,
    in_words,
    mesh_table,
    read_ready,
    run_mesh,
    summarised,
    tell_mesh,
    ways_to_ask,
)
from weftline_bench.record import Sample
from weftline_bench.run import Measured

READY = {
    "event": "ready",
    "key": "weft-1",
    "data": "/data",
    "control": "127.0.0.1:5",
    "control_pid": 4,
    "pops": [
        {"id": name, "base_url": f"http://127.0.0.1:{n}/v1", "admin_url": "http://a", "pid": n}
        for n, name in ((1, "ams"), (2, "iad"))
    ],
    "endpoints": [
        {"name": f"{name}-1", "base_url": f"http://127.0.0.1:{n}/v1", "rtt_ms": rtt_ms, "pid": n}
        for n, name, rtt_ms in (
            (4, "iad", {"ams": 80, "iad": 2}),
            (3, "ams", {"ams": 2, "iad": 80}),
        )
    ],
}


async def reading(*parts: bytes) -> Ready | None:
    stream = asyncio.StreamReader()
    for part in parts:
        stream.feed_data(part)
    stream.feed_eof()
    return await read_ready(stream)


async def test_the_mesh_may_say_where_it_is_in_one_line_or_in_many() -> None:
    one = await reading(orjson.dumps(READY) + b"\n")
    many = await reading(orjson.dumps(READY, option=orjson.OPT_INDENT_2) + b"\n", b"more\n")
    assert one == many == msgspec.convert(READY, Ready)
    assert await reading(b'{"event":') is None
    assert await reading() is None
    with pytest.raises(CliError, match="something unexpected"):
        await reading(b'{"event":"ready"}\n')


def test_each_region_asks_its_pop_and_each_endpoint_from_its_own_distance() -> None:
    asks = ways_to_ask(msgspec.convert(READY, Ready), base_port=18_080)
    assert [(way.region, way.name) for way in asks] == [
        ("ams", MESH),
        ("ams", "ams-1, 2 ms away"),
        ("ams", "iad-1, 80 ms away"),
        ("iad", MESH),
        ("iad", "iad-1, 2 ms away"),
        ("iad", "ams-1, 80 ms away"),
    ]
    through = asks[Way("ams", MESH)]
    assert (through.key, through.source) == ("weft-1", None)
    direct = [ask for way, ask in asks.items() if way.name != MESH]
    assert all(ask.key is None for ask in direct), "an endpoint has no use for the mesh's key"
    assert [ask.source for ask in direct] == ["127.0.0.11"] * 2 + ["127.0.0.12"] * 2


def samples(ttft_ms: float, count: int, served_by: str | None = None) -> list[Sample]:
    return [
        Sample(
            target=0,
            round=n,
            scheduled_s=n,
            sent_s=n,
            ended_s=n + 1,
            content_s=(n + ttft_ms / 1000,),
            served_by=served_by,
        )
        for n in range(count)
    ]


def found() -> Measured:
    target = chat_target("t", "http://127.0.0.1:1/v1", {})
    given = [samples(3, 40, "ams-1"), samples(2, 41), samples(80, 39), samples(240, 40)]
    return Measured([target] * 4, given, stopped=False)


WAYS = [Way("ams", name) for name in (MESH, "ams-1", "iad-1", "nrt-1")]


def test_random_choice_is_an_even_mixture_of_the_direct_ways() -> None:
    summaries = summarised(WAYS, found())
    assert [one.name for one in summaries] == [
        *(f"ams: {way.name}" for way in WAYS),
        f"ams: {RANDOM}",
    ]
    mixed = summaries[-1]
    assert mixed.answers == 3 * 39
    assert mixed.ttft_ms["p50"] == pytest.approx(80)
    assert mixed.ttft_ms["p90"] == pytest.approx(240)


def test_the_table_the_words_and_the_picture_tell_the_same() -> None:
    summaries = summarised(WAYS, found())
    lines = plain(mesh_table(summaries)).splitlines()
    assert lines[1].split() == [
        *("ams", "through", "the", "mesh", "40", "3.00", "3.00", "-", "ams-1", "100%")
    ]
    (sentence,) = in_words(summaries)
    assert sentence == (
        "A client in ams waits 3.00 ms through the mesh, 2.00 ms for its nearest endpoint, "
        "80.0 ms for a random one (p50)."
    )
    (group,) = bands(summaries).items()
    assert group[0] == "a client in ams"
    assert [band.ours for band in group[1]] == [True, False, False, False, False]


@pytest.mark.e2e
async def test_a_real_mesh_beats_random_choice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    load = Load(rps=12, duration_s=2.5, warm_up_s=1.5)
    async with asyncio.timeout(60):
        report = await run_mesh(load, seed=1, base_port=28_080)
    assert report.verdict == "ok"
    by_name = {one.name: one for one in report.targets}
    for region in ("ams", "iad", "nrt"):
        mesh, mixed = by_name[f"{region}: {MESH}"], by_name[f"{region}: {RANDOM}"]
        assert mesh.errors == {}
        assert next(iter(mesh.served_by)) == f"{region}-1"
        assert mesh.ttft_ms["p50"] is not None
        assert mixed.ttft_ms["p50"] is not None
        assert mesh.ttft_ms["p50"] < mixed.ttft_ms["p50"] / 2
    tell_mesh(report, Format.TABLE, tmp_path)
    assert "A client in nrt waits" in capsys.readouterr().out
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".png"}
