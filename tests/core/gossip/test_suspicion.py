"""How long a suspect has."""

import pytest

from weftline_core.gossip.suspicion import Suspicion, wait_s
from weftline_core.ids import NodeId


@pytest.mark.parametrize(
    ("confirmations", "wanted", "expected_s"),
    [
        (0, 3, 30.0),  # one accuser alone: the suspect has all the time
        (1, 3, 16.0),
        (2, 3, 7.810),
        (3, 3, 2.0),
        (9, 3, 2.0),
        (0, 0, 2.0),  # nobody is there who could confirm
    ],
)
def test_each_confirmation_shortens_the_wait(
    confirmations: int, wanted: int, expected_s: float
) -> None:
    assert wait_s(confirmations, wanted, 2.0, 30.0) == pytest.approx(expected_s, abs=1e-3)


def test_an_accuser_counts_once_and_beyond_enough_none_is_news() -> None:
    case = Suspicion(began_s=100.0, least_s=2.0, most_s=30.0)
    assert case.confirm(NodeId("a"), wanted=2)
    assert not case.confirm(NodeId("a"), wanted=2)
    assert case.ends_s(wanted=2) == 130.0
    assert case.confirm(NodeId("b"), wanted=2)
    assert case.confirm(NodeId("c"), wanted=2)
    assert not case.confirm(NodeId("d"), wanted=2)
    assert case.ends_s(wanted=2) == 102.0
