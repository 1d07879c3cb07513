"""Every header of ours is on the page of headers, and the page tells of no other."""

import re
from pathlib import Path

from weftline_core.wishes import OUR_HEADERS

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/headers.md"
# A header may stand behind the line end of another.
NAME = re.compile(r"(?:\b|\\n)(x-(?:weft-[a-z]+(?:-[a-z]+)*|request-id|should-retry))(?=[:`'\"\s])")
SPOKEN = ("core/weftline_core", "node/weftline_node")


def in_code() -> set[str]:
    sources = (path.read_text() for root in SPOKEN for path in (ROOT / root).rglob("*.py"))
    return {name for source in sources for name in NAME.findall(source)}


def test_the_page_of_headers_has_all_of_ours_and_no_other() -> None:
    told = set(re.findall(r"^\| `(x-[a-z-]+)` \|", PAGE.read_text(), re.MULTILINE))
    assert told == in_code() | OUR_HEADERS
