"""Look-ups beside the loop."""

import asyncio
import socket

import pytest

from weftline_node.ports import Address
from weftline_node.resolver import HOSTS_MAX, KEEP_S, Resolver


async def found(resolver: Resolver, to: Address) -> Address:
    async with asyncio.timeout(5):
        while (ip := resolver.find(to)) is None:
            await asyncio.sleep(0.005)
    return ip


async def test_ip_addresses_need_no_look_up() -> None:
    assert Resolver(socket.AF_INET).find(Address("127.0.0.1", 7)) == Address("127.0.0.1", 7)
    assert Resolver(socket.AF_INET6).find(Address("::1", 7)) == Address("::1", 7)


async def test_a_name_is_unknown_first_and_then_an_ip_of_the_family() -> None:
    resolver = Resolver(socket.AF_INET)
    assert resolver.find(Address("localhost", 7)) is None
    assert await found(resolver, Address("localhost", 7)) == Address("127.0.0.1", 7)
    assert resolver.find(Address("localhost", 8)) == Address("127.0.0.1", 8)
    resolver.close()


async def test_an_old_ip_serves_while_it_is_looked_up_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop = asyncio.get_running_loop()
    resolver = Resolver(socket.AF_INET)
    await found(resolver, Address("localhost", 7))
    before_s = loop.time()
    with monkeypatch.context() as patch:
        patch.setattr(loop, "time", lambda: before_s + KEEP_S)
        assert resolver.find(Address("localhost", 7)) == Address("127.0.0.1", 7)
        assert len(asyncio.all_tasks()) == 2
    resolver.close()
    await asyncio.sleep(0)


async def test_no_such_name_is_no_error_and_is_asked_again() -> None:
    resolver = Resolver(socket.AF_INET)
    bad = Address("no such host", 7)
    for _ in range(3):
        assert resolver.find(bad) is None
        await asyncio.sleep(0.02)
    resolver.close()
    await asyncio.sleep(0)


async def test_memory_is_bounded() -> None:
    resolver = Resolver(socket.AF_INET)
    for n in range(HOSTS_MAX * 2 + 5):
        assert resolver.find(Address(f"127.{n >> 16}.{n >> 8 & 255}.{n & 255}", 1)) is not None
    assert len(resolver._known) <= HOSTS_MAX  # pyright: ignore[reportPrivateUsage]
