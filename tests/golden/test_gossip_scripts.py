"""Replays the written conversations of gossip.

When behaviour changes on purpose, `WEFT_REWRITE_GOLDEN=1 pytest tests/golden` writes the answers
anew; the review is their diff.
"""

import os
from pathlib import Path

import pytest
from tests.fakes.gossip_script import replay

SCRIPTS = sorted(Path(__file__).parent.glob("gossip_*.txt"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_the_mesh_says_what_is_written(path: Path) -> None:
    written = path.read_text()
    said = replay(written)
    if os.environ.get("WEFT_REWRITE_GOLDEN"):
        path.write_text(said)
    assert said == written or os.environ.get("WEFT_REWRITE_GOLDEN")


def test_the_scripts_are_there() -> None:
    assert len(SCRIPTS) >= 7
