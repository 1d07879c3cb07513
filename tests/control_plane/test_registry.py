"""Nodes come, speak, go and are forgotten; their rows are bounded."""

import pytest

from weftline.wire_hello import NodeHello
from weftline_control import registry as registry_module
from weftline_control.registry import (
    NODE_KEEP_S,
    ROWS_KEEP_S,
    SEEDS_MAX,
    Full,
    Registry,
)
from weftline_core.ids import EndpointId, NodeId
from weftline_core.rows import EndpointState, Row


def hello(node: str) -> NodeHello:
    return NodeHello(
        id=node,
        region="ams",
        base_url=f"http://{node}",
        gossip_address=f"{node}:1",
        admin_url="",
        version="0",
    )


def row(pop: str, endpoint: str, version: int = 1) -> Row:
    return Row(NodeId(pop), EndpointId(endpoint), version, EndpointState.UP)


def test_a_node_comes_speaks_and_goes() -> None:
    registry = Registry()
    session = registry.joined(hello("ams"), 3, 10.0, 1_000)
    registry.said("ams", 11.0, 2_000, revision=5)
    (node,) = registry.nodes()
    assert (node.session, node.revision, node.refusal) == (session, 5, "")
    assert (node.seen_s, node.seen_unix_ms) == (11.0, 2_000)
    registry.said("ams", 12.0, 3_000, refusal="too odd")
    assert registry.nodes()[0].refusal == "too odd"
    registry.left("ams", session, 13.0)
    assert registry.nodes()[0].session == 0


def test_the_newest_session_wins() -> None:
    registry = Registry()
    old = registry.joined(hello("ams"), 0, 1.0, 1)
    new = registry.joined(hello("ams"), 0, 2.0, 2)
    assert not registry.current("ams", old)
    assert registry.current("ams", new)
    registry.left("ams", old, 3.0)
    assert registry.nodes()[0].session == new


def test_listeners_hear_of_membership_only() -> None:
    registry = Registry()
    heard: list[int] = []
    with registry.listening(lambda: heard.append(1)):
        session = registry.joined(hello("ams"), 0, 1.0, 1)
        registry.said("ams", 2.0, 2)
        registry.reported("ams", [row("ams", "iad")])
        registry.left("ams", session, 3.0)
    registry.joined(hello("ams"), 0, 4.0, 1)
    assert len(heard) == 2


def test_seeds_form_a_ring() -> None:
    registry = Registry()
    names = [f"n{i:03}" for i in range(SEEDS_MAX + 8)]
    sessions = {name: registry.joined(hello(name), 0, 1.0, 1) for name in names}
    assert registry.seeds("n000")[0] == "n001:1"
    assert len(registry.seeds("n000")) == SEEDS_MAX
    assert registry.seeds(names[-1])[0] == "n000:1"
    assert f"{names[-1]}:1" not in registry.seeds(names[-1])
    registry.left("n001", sessions["n001"], 2.0)
    assert registry.seeds("n000")[0] == "n002:1"


def test_rows_of_others_are_dropped_and_rows_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_module, "ROWS_PER_NODE_MAX", 2)
    monkeypatch.setattr(registry_module, "ROWS_MAX", 3)
    registry = Registry()
    for node in ("ams", "nrt"):
        registry.joined(hello(node), 0, 1.0, 1)
    assert registry.reported("ams", [row("nrt", "a")]) == 1
    assert registry.reported("ams", [row("ams", e) for e in "bac"]) == 1
    # A known row is still brought up to date.
    assert registry.reported("ams", [row("ams", "a", version=2)]) == 0
    assert registry.reported("nrt", [row("nrt", e) for e in "ab"]) == 1
    assert [(r.pop, r.endpoint, r.version) for r in registry.rows()] == [
        ("ams", "a", 2),
        ("ams", "b", 1),
        ("nrt", "a", 1),
    ]


def test_the_long_gone_are_forgotten() -> None:
    registry = Registry()
    session = registry.joined(hello("ams"), 0, 0.0, 1)
    registry.joined(hello("nrt"), 0, 0.0, 1)
    for node in ("ams", "nrt"):
        registry.reported(node, [row(node, "a"), row(node, "deleted")])
    registry.left("ams", session, 0.0)
    registry.sweep(ROWS_KEEP_S - 1, {"a"})
    assert [(r.pop, r.endpoint) for r in registry.rows()] == [("ams", "a"), ("nrt", "a")]
    registry.sweep(ROWS_KEEP_S + 1, {"a"})
    assert [r.pop for r in registry.rows()] == ["nrt"]
    assert [n.hello.id for n in registry.nodes()] == ["ams", "nrt"]
    registry.sweep(NODE_KEEP_S + 1, {"a"})
    assert [n.hello.id for n in registry.nodes()] == ["nrt"]


def test_too_many_nodes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_module, "NODES_MAX", 1)
    registry = Registry()
    registry.joined(hello("ams"), 0, 0.0, 1)
    registry.joined(hello("ams"), 0, 0.0, 1)
    with pytest.raises(Full, match="NODES_MAX"):
        registry.joined(hello("nrt"), 0, 0.0, 1)
