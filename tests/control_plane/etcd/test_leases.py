"""Leases as objects."""

from weftline_control.etcd.client import EtcdClient
from weftline_control.etcd.leases import lease_to_id


async def test_a_lease_lives_is_refreshed_and_ends(client: EtcdClient) -> None:
    lease = await client.lease(60)
    assert lease.ttl == 60
    assert await lease.granted_ttl() == 60
    assert 50 <= await lease.remaining_ttl() <= 60
    assert await lease.refresh() == 60
    await client.put("/on", "", lease)
    assert await lease.keys() == [b"/on"]
    await lease.revoke()
    await lease.revoke()
    assert await client.get("/on") == (None, None)
    assert await lease.remaining_ttl() == -1
    assert await lease.refresh() == 0


async def test_a_lease_may_be_given_its_number(client: EtcdClient) -> None:
    lease = await client.lease(60, 123_456)
    assert lease.id == lease_to_id(lease) == lease_to_id(123_456) == 123_456
    assert lease_to_id(None) == 0
    await lease.revoke()
