"""Examples stand in the help as they were written."""

from tests.sdk.cli.conftest import Weft
from weftline.cli.options import examples


def test_each_example_keeps_its_line(weft: Weft) -> None:
    assert examples("weft top", "weft get [x]").splitlines()[1:] == [
        "Examples:",
        "  weft top",
        "  weft get [x]",
    ]
    assert "    weft get endpoints\n" in weft("get", "--help").out
