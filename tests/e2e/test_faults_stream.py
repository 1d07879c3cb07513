"""Every fault, streamed: never a silent cut, never wrong content, never a hang."""

import pytest

from tests.e2e.cases import Case, play
from tests.fakes.bad_upstream import FAULTS


@pytest.mark.parametrize("fault", FAULTS)
async def test_alone_the_client_is_told(fault: str) -> None:
    assert (await play(Case(fault, streamed=True, twin=False))).problem() is None


@pytest.mark.parametrize("fault", FAULTS)
async def test_beside_a_twin_the_client_notices_nothing(fault: str) -> None:
    assert (await play(Case(fault, streamed=True, twin=True))).problem() is None
