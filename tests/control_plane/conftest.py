"""One etcd for all tests that don't break it."""

from collections.abc import Iterator

import pytest
from tests.fakes.etcd import Etcd


@pytest.fixture(scope="session")
def etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Etcd]:
    """Return a running etcd of one member."""
    server = Etcd.of(tmp_path_factory.mktemp("etcd"))
    try:
        yield server.start()
    finally:
        server.stop()
