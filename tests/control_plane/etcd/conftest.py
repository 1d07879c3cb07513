"""A client of the shared etcd, in an empty place."""

from collections.abc import AsyncIterator
from types import ModuleType

import pytest

from tests.fakes.etcd import Etcd
from weftline_control.etcd.client import EtcdClient
from weftline_control.etcd.connection import Target
from weftline_control.etcd.shim import import_etcd3


@pytest.fixture
async def client(etcd: Etcd) -> AsyncIterator[EtcdClient]:
    """Return our client; every key is deleted first."""
    ours = EtcdClient(Target(etcd.endpoints))
    await ours.delete_prefix("")
    yield ours
    await ours.close()


@pytest.fixture
def etcd3_module() -> ModuleType:
    """Return the published etcd3."""
    return import_etcd3()
