"""Replays the written conversations of gossip."""

from pathlib import Path

import pytest

from tests.fakes.golden import check, scripts
from tests.fakes.gossip_script import Play


@pytest.mark.parametrize("path", scripts("gossip_*.txt"), ids=lambda path: path.stem)
def test_the_mesh_says_what_is_written(path: Path) -> None:
    check(path, Play().do)
