"""Pictures are drawn from whatever a run brings."""

import struct
from pathlib import Path

import pytest

from weftline_bench import plot
from weftline_bench.plot import Band, Series, plain_number, plot_bands, plot_ttft

pytest.importorskip("matplotlib", reason="the extra 'plot' is not installed")


def size(path: Path) -> tuple[int, int]:
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def series(name: str, count: int, scale: float = 1.0) -> Series:
    return Series(name, list(range(count)), [scale * (1 + (n * 7919) % 97) for n in range(count)])


@pytest.mark.parametrize(
    "given",
    [
        [series("one", 200)],
        [series("one", 1500), series("two", 1500, 0.01)],
        [series("few", 1)],
        [series("none", 0), series("some", 30)],
        [Series("flat", [0.0, 1.0], [5.0, 5.0])],
        [Series("zero", [0.0, 1.0], [0.0, 5.0])],
    ],
)
def test_time_to_first_token_is_drawn(tmp_path: Path, given: list[Series]) -> None:
    plot_ttft(tmp_path / "a.png", "A title", given)
    assert size(tmp_path / "a.png") == (1650, 660)


def test_a_comparison_grows_with_its_lines(tmp_path: Path) -> None:
    known: dict[str, float | None] = {"p50": 3.7, "p90": 5.0, "p99": 240.0}
    some: dict[str, float | None] = {"p50": 80.0, "p90": None, "p99": None}
    nothing: dict[str, float | None] = {"p50": None, "p90": None, "p99": None}
    bands = [Band("ours", known, ours=True), Band("a", some, ours=False)]
    plot_bands(tmp_path / "a.png", "A title", {"here": bands})
    more = [*bands, Band("b", nothing, ours=False)]
    plot_bands(tmp_path / "b.png", "A title", {"here": more, "there": more})
    assert size(tmp_path / "b.png")[1] > size(tmp_path / "a.png")[1]


@pytest.mark.parametrize(
    ("value", "text"), [(100.0, "100"), (5.0, "5"), (0.5, "0.5"), (0.02, "0.02"), (0.0, "0")]
)
def test_numbers_are_written_plainly(value: float, text: str) -> None:
    assert plain_number(value) == text


def test_its_absence_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    assert plot.available()

    def not_found(_name: str) -> None:
        return None

    monkeypatch.setattr(plot, "find_spec", not_found)
    assert not plot.available()
