"""The way to the operator API tells of an old answer, on stderr."""

from tests.fakes.operator import CannedOperator
from tests.sdk.cli.conftest import Weft


def test_an_old_answer_is_told_beside_the_output(
    operator: CannedOperator, control: str, weft: Weft
) -> None:
    fresh = weft("get", "-o", "json", "--control", control)
    operator.stale = True
    stale = weft("get", "-o", "json", "--control", control)
    assert (stale.code, stale.out) == (0, fresh.out)
    assert "may be old" in stale.err
    assert fresh.err == ""
