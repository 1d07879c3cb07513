"""Streams that come byte by byte, and streams that end anywhere."""

import pytest

from tests.conformance.clients.chat import ChatClient
from tests.conformance.cuts import TOOLS, WORDS, check_cuts, check_splits
from tests.conformance.matrix import CLIENTS, pairs
from tests.conformance.upstreams import UPSTREAMS
from tests.conformance.wants import Misread, Read
from weftline_bench.sims.script import Script

SCRIPTS = {"words": WORDS, "tools": TOOLS}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
@pytest.mark.parametrize(("client", "upstream"), [*pairs()])
def test_no_split_changes_a_stream_and_no_cut_looks_finished(
    client: str, upstream: str, script: Script
) -> None:
    check_splits(CLIENTS[client], UPSTREAMS[upstream], script)
    check_cuts(CLIENTS[client], UPSTREAMS[upstream], script)


class Credulous(ChatClient):
    """A client that takes every stream for finished."""

    def streamed(self, data: bytes) -> Read:
        read = super().streamed(data)
        read.finished = True
        return read


@pytest.mark.parametrize("check", [check_splits, check_cuts])
def test_the_checks_can_fail(check: object) -> None:
    assert callable(check)
    with pytest.raises(Misread):
        check(Credulous(), UPSTREAMS["openai"], WORDS)
