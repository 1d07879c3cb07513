"""One etcd for all tests that don't break it, and one for each that does."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.etcd import Etcd


@contextmanager
def _running(folder: Path) -> Generator[Etcd]:
    server = Etcd.of(folder)
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Etcd]:
    """Return a running etcd of one member."""
    with _running(tmp_path_factory.mktemp("etcd")) as server:
        yield server


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Etcd]:
    """Return a running etcd that the test may break."""
    with _running(tmp_path) as server:
        yield server
