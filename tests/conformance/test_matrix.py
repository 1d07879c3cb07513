"""Every client dialect at every upstream: no cell fails, and each is what the page says."""

from pathlib import Path

import pytest

from tests.conformance import matrix, vectors
from tests.conformance.cells import Cell, Mark
from tests.conformance.page import cells_of, page, shown, still
from weftline_core.chat.features import Feature
from weftline_core.dialects import losses

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "compatibility.md").read_text()
TOLD = cells_of(TEXT)


def check(client: str, upstream: str, cells: list[Cell]) -> None:
    assert [c for c in cells if c.mark is Mark.FAILED] == []
    told = [c for c in TOLD if (c.client, c.upstream) == (client, upstream)]
    wrong = set(map(shown, cells)) ^ set(told)
    assert wrong == set(), "run python -m tests.conformance to write docs/compatibility.md anew"
    assert len(told) == len(cells)


@pytest.mark.parametrize(("client", "upstream"), [*matrix.pairs()])
async def test_a_client_reads_what_a_provider_says(client: str, upstream: str) -> None:
    check(client, upstream, await matrix.run_pair(client, upstream))


@pytest.mark.parametrize(("client", "place"), [*vectors.pairs()])
async def test_a_client_reads_a_providers_vectors(client: str, place: str) -> None:
    check(client, place, await vectors.run_pair(client, place))


async def test_a_silent_loss_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(losses.MESSAGES, Feature.SEED)
    monkeypatch.setitem(losses.MESSAGES, Feature.TOP_K, losses.DROP)
    cells = await matrix.run_pair("chat", "anthropic")
    assert {c.feature for c in cells if c.mark is Mark.FAILED} == {"seed", "top_k"}


def test_the_rest_of_the_page_is_up_to_date() -> None:
    assert still(page([])) == still(TEXT)
    pairs = {(c.client, c.upstream) for c in TOLD}
    assert pairs == {*matrix.pairs(), *vectors.pairs()}
    counts = ", ".join(f"{sum(c.mark is m for c in TOLD)} {m.value}" for m in Mark)
    assert f"Of {len(TOLD)} cells: {counts}." in TEXT
