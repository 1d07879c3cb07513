"""What the admin listener shows: everything an operator asks for, and no secret."""

from dataclasses import replace
from typing import cast

import pytest

from tests.fakes.waiting import until
from tests.fakes.whole_node import GONE, SETTINGS, desired, running, world
from weftline_core.desired import Credential, Desired, Endpoint, Pop
from weftline_core.errors import UnknownModel
from weftline_core.sealed_form import written
from weftline_node.app import Node
from weftline_node.views import NodeViews


async def test_views_of_a_running_node() -> None:
    async with running() as (node, _):
        views = NodeViews(node, lambda: {"connected": False})
        assert views.unready() is None
        assert "weftline_desired_revision 1\n" in views.metrics()
        assert "weftline_members_alive 1\n" in views.metrics()
        assert "weftline_gossip_refused_total 0\n" in views.metrics()
        assert 'weftline_answer_cache_hits_total{tier="memory"} 0\n' in views.metrics()
        assert 'weftline_answer_cache_bytes{tier="disk"} 0\n' in views.metrics()
        assert "weftline_answer_cache_misses_total 0\n" in views.metrics()
        assert "weftline_answer_cache_stores_total 0\n" in views.metrics()
        assert "weftline_responses_kept 0\n" in views.metrics()
        assert "weftline_responses_kept_bytes 0\n" in views.metrics()
        assert "weftline_responses_running 0\n" in views.metrics()
        assert views.explain("m/chat")["revision"] == 1
        with pytest.raises(UnknownModel, match="no model is called 'x'"):
            views.explain("x")
        assert [m["id"] for m in views.members()] == ["ams"]
        shown = views.config()
        assert shown["control"] == {"connected": False}
        assert shown["keys"] == ["dev"]
        digest = next(r for n, r in desired().resources.items() if n.startswith("Key/"))
        assert str(cast("object", digest)) not in str(shown)
        assert "digest" not in str(shown)
        assert "pepper" not in str(shown)


async def test_a_node_says_why_it_should_get_no_traffic() -> None:
    async with running() as (node, _):
        views = NodeViews(node, None)
        node.apply(desired(Pop(name="ams", drain=True), revision=2))
        assert views.unready() == "drained by an operator"
        node.apply(Desired.EMPTY)
        assert "no desired state yet" in (views.unready() or "")


async def test_keys_are_shown_by_name_and_standing() -> None:
    main = Credential(name="main", provider="selfhosted", env="A_KEY", alias="team-a")
    one = Endpoint(
        name="keyed",
        base_url=GONE,
        models={"m/chat": "x"},
        provider="selfhosted",
        credentials=("main",),
    )
    outside = replace(world(desired(main, one), []), environ={"A_KEY": "s3cret"})
    node = Node(SETTINGS, outside)
    await node.start()
    try:
        await until(lambda: node.desired.revision)
        views = NodeViews(node, None)
        assert views.keys() == {
            "keyed": [
                {
                    "name": "main",
                    "alias": "team-a",
                    "standing": "ready",
                    "ready_in_s": 0.0,
                    "cause": None,
                }
            ]
        }
        assert "s3cret" not in str((views.keys(), views.config()))
    finally:
        await node.stop()


async def test_a_credential_is_shown_by_name_only() -> None:
    sealed = written("0123456789ab", bytes(40))
    async with running() as (node, _):
        node.apply(desired(Credential(name="main", provider="p", sealed=sealed), revision=2))
        shown = NodeViews(node, None).config()
        assert shown["credentials"] == ["main"]
        assert sealed not in str(shown)
