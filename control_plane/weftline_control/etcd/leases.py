"""A lease as an object, as in etcd3."""

from typing import Protocol

from weftline_proto.etcd.v1.lease_pb2 import LeaseTimeToLiveResponse


class LeaseKeeper(Protocol):
    """What a lease needs of the client that granted it."""

    async def refresh_lease(self, lease_id: int) -> int:
        """Extend it by its time to live; 0 means that it is gone."""
        ...

    async def revoke_lease(self, lease_id: int) -> None:
        """End it."""
        ...

    async def get_lease_info(self, lease_id: int) -> LeaseTimeToLiveResponse:
        """Tell how it stands."""
        ...


class Lease:
    """A lease that was granted. `id` is its number, `ttl` the seconds granted."""

    def __init__(self, lease_id: int, ttl: int, etcd_client: LeaseKeeper) -> None:
        self.id = lease_id
        self.ttl = ttl
        self._client = etcd_client

    async def refresh(self) -> int:
        """Extend the lease and return its time to live, 0 if it is gone."""
        return await self._client.refresh_lease(self.id)

    async def revoke(self) -> None:
        """End the lease and delete its keys."""
        await self._client.revoke_lease(self.id)

    async def remaining_ttl(self) -> int:
        """Return the seconds left, -1 if it is gone."""
        return (await self._client.get_lease_info(self.id)).TTL

    async def granted_ttl(self) -> int:
        """Return the seconds granted."""
        return (await self._client.get_lease_info(self.id)).grantedTTL

    async def keys(self) -> list[bytes]:
        """Return the keys that live on the lease."""
        return list((await self._client.get_lease_info(self.id)).keys)


def lease_to_id(lease: Lease | int | None) -> int:
    """Return a lease's number, 0 for none."""
    return lease.id if isinstance(lease, Lease) else lease or 0
