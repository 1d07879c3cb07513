"""Knobs, presets and their formulas."""

from dataclasses import fields, replace
from math import nan

import pytest

from weftline_core.gossip.config import GLOBAL, LOCAL, REGION, GossipConfig


def changed(preset: GossipConfig) -> set[str]:
    return {
        f.name for f in fields(GossipConfig) if getattr(preset, f.name) != getattr(REGION, f.name)
    }


def test_presets_are_a_few_words_apart() -> None:
    assert changed(LOCAL) == {"probe_timeout_s", "sync_interval_s", "reconnect_interval_s"}
    assert changed(GLOBAL) == {
        "probe_interval_s",
        "probe_timeout_s",
        "urgent_interval_s",
        "sync_interval_s",
    }


def test_the_formulas_grow_with_the_logarithm_of_the_mesh() -> None:
    assert REGION.retransmits(1) == 6
    assert REGION.retransmits(9) == 6
    assert REGION.retransmits(30) == 12
    assert REGION.suspicion_s(3) == 2.5
    assert REGION.suspicion_s(30) == pytest.approx(3.69, abs=0.01)


@pytest.mark.parametrize(
    ("knob", "value"),
    [
        ("probe_interval_s", nan),
        ("probe_interval_s", 0.0),
        ("gossip_interval_s", -1.0),
        ("forget_s", 1e9),
        ("fanout", 0),
        ("awareness_max", 0),
        ("sync_bytes_max", 10),
        ("cluster", ""),
        ("cluster", "x" * 256),
    ],
)
def test_a_senseless_knob_is_refused_by_name(knob: str, value: object) -> None:
    with pytest.raises(ValueError, match=knob):
        replace(REGION, **{knob: value})  # type: ignore[arg-type]  # the point of the test


def test_a_relayed_answer_must_fit_in_the_interval() -> None:
    with pytest.raises(ValueError, match="at most half"):
        replace(REGION, probe_timeout_s=0.3)
