"""What `weft bench ttft` says of a run."""

from pathlib import Path

import orjson
import pytest

from weftline.cli.errors import CliError
from weftline.cli.output import Format
from weftline_bench import plot
from weftline_bench.load import Load
from weftline_bench.model_server import CHAT_MODEL, EndpointConfig, ModelServer
from weftline_bench.ttft import Ask, run_ttft, tell

LOAD = Load(rps=60, duration_s=0.6, warm_up_s=0.1)
NOBODY = "http://127.0.0.1:9/v1"


async def measured_pair(model: str = CHAT_MODEL) -> tuple[ModelServer, Ask]:
    server = ModelServer(EndpointConfig(seed=1))
    await server.start()
    return server, Ask(url=server.base_url, model=model, key="s3cret", tokens_max=2)


async def test_a_pair_is_measured_and_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server, ask = await measured_pair()
    try:
        report, measured = await run_ttft([ask, ask], LOAD, seed=1)
    finally:
        await server.close()
    assert report.verdict == "ok"
    assert report.added is not None
    assert abs(report.added.median_ms) < 5

    tell(report, measured, Format.TABLE, tmp_path)
    said = capsys.readouterr()
    assert said.out.count(server.base_url.removeprefix("http://")) == 6
    assert "The second adds" in said.out
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".png"}

    tell(report, measured, Format.JSON, None)
    data = orjson.loads(capsys.readouterr().out)
    assert data["options"]["rps"] == 60
    assert "s3cret" not in repr(data), "the key is in no report"


async def test_an_answer_in_one_piece_is_measured_too() -> None:
    server, ask = await measured_pair()
    try:
        whole = Ask(url=ask.url, model=ask.model, stream=False)
        report, _ = await run_ttft([whole], LOAD, seed=1)
    finally:
        await server.close()
    (found,) = report.targets
    assert report.added is None
    assert found.errors == {}
    assert found.gap_ms["max"] is None
    assert found.ttft_ms["p50"] == pytest.approx(found.total_ms["p50"], abs=0.5)


async def test_a_void_run_is_no_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report, measured = await run_ttft([Ask(url=NOBODY, model="m")], LOAD, seed=1)
    with pytest.raises(CliError, match="the run is void") as caught:
        tell(report, measured, Format.JSON, tmp_path)
    assert "refused" in caught.value.details[0]
    assert orjson.loads(capsys.readouterr().out)["verdict"] == "void"
    assert [path.suffix for path in tmp_path.iterdir()] == [".json"], "and no picture of it"


async def test_without_matplotlib_the_numbers_remain(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plot, "available", lambda: False)
    server, ask = await measured_pair()
    try:
        report, measured = await run_ttft([ask], LOAD, seed=1)
    finally:
        await server.close()
    tell(report, measured, Format.TABLE, tmp_path)
    assert "weftline[plot]" in capsys.readouterr().err
    assert [path.suffix for path in tmp_path.iterdir()] == [".json"]
