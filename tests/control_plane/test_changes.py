"""What an operator's wish changes, and why it is refused."""

import pytest

from tests.fakes.control import IAD, KEY, MODEL, NRT, many
from weftline_control.changes import (
    APPLY_CHANGES_MAX,
    Change,
    drained,
    missing,
    plan_apply,
    plan_delete,
)
from weftline_control.mirror import View
from weftline_control.refusals import Missing, Refused, StillUsed
from weftline_core.desired import Desired, Endpoint, Key, Model, Pop, Resource, ref


def view(*resources: Resource, refused: dict[str, str] | None = None) -> View:
    desired = Desired(revision=7, resources={ref(r): r for r in resources})
    return View(desired=desired, head_revision=7, serial=3, refused=refused or {})


def reasons(error: pytest.ExceptionInfo[Refused]) -> dict[str, str]:
    return {v.ref: v.reason for v in error.value.violations}


def test_created_changed_unchanged() -> None:
    moved = Endpoint(name="iad", base_url="http://127.0.0.1:1/v1", models={"acme/small": "m"})
    plan = plan_apply(view(MODEL, IAD), [MODEL, moved, NRT])
    assert plan.changes == (
        Change(ref(MODEL), "unchanged"),
        Change(ref(IAD), "changed"),
        Change(ref(NRT), "created"),
    )
    assert plan.put == (moved, NRT)


def test_what_is_refused_in_the_store_is_written_anew() -> None:
    plan = plan_apply(view(MODEL, IAD, refused={ref(IAD): "damaged"}), [IAD])
    assert plan.put == (IAD,)
    assert plan.changes == (Change(ref(IAD), "changed"),)
    # Known to the store, if not in force: not new either.
    plan = plan_apply(view(MODEL, refused={ref(IAD): "damaged"}), [IAD])
    assert plan.changes == (Change(ref(IAD), "changed"),)


def test_every_fault_is_told_at_once() -> None:
    bad: list[Resource] = [
        Model(name="bad name"),
        Endpoint(name="x", base_url="ftp://h", models={"acme/none": "m"}, slots=0),
        Key(name="k", digest="secret"),
        NRT,
        NRT,
    ]
    with pytest.raises(Refused) as error:
        plan_apply(view(MODEL), bad)
    texts = [f"{v.ref}: {v.reason}" for v in error.value.violations]
    for words in (
        "not a valid model name",
        "base_url must begin",
        "slots must be in",
        "'acme/none', which no Model",
        "digest must be 64",
        "given twice",
    ):
        assert sum(words in text for text in texts) == 1, words


def test_two_models_of_one_name_are_refused() -> None:
    with pytest.raises(Refused) as error:
        plan_apply(view(MODEL), [Model(name="other", aliases=("small",))])
    assert "already belongs to Model/acme/small" in reasons(error)["Model/other"]


def test_limits_are_refused_by_name() -> None:
    with pytest.raises(Refused, match="APPLY_CHANGES_MAX = 119"):
        plan_apply(view(), many(APPLY_CHANGES_MAX + 1))
    assert len(plan_apply(view(), many(APPLY_CHANGES_MAX)).put) == APPLY_CHANGES_MAX
    big = Endpoint(name="big", base_url="http://h", models={"acme/small": "x" * 70_000})
    with pytest.raises(Refused, match="RESOURCE_BYTES_MAX = 65536"):
        plan_apply(view(MODEL), [big])
    full = [
        Endpoint(name=f"f-{i}", base_url="http://h", models={"acme/small": "x" * 60_000})
        for i in range(18)
    ]
    with pytest.raises(Refused, match="APPLY_BYTES_MAX"):
        plan_apply(view(MODEL), full)
    crowded = View(desired=view(MODEL).desired, stored_bytes=16 * 1024 * 1024)
    with pytest.raises(Refused, match="DESIRED_BYTES_MAX"):
        plan_apply(crowded, [IAD])
    with pytest.raises(Refused, match="RESOURCES_MAX = 20000"):
        plan_apply(view(*many(20_000)), [KEY])


def test_nothing_is_a_fault() -> None:
    with pytest.raises(Refused, match="at least one"):
        plan_apply(view(), [])


def test_delete() -> None:
    plan = plan_delete(view(MODEL, IAD), ref(IAD))
    assert (plan.changes, plan.delete) == ((Change(ref(IAD), "deleted"),), (ref(IAD),))


def test_what_others_need_stays() -> None:
    with pytest.raises(StillUsed) as error:
        plan_delete(view(MODEL, IAD, NRT), ref(MODEL))
    assert error.value.users == [ref(IAD), ref(NRT)]
    assert "Endpoint/iad, Endpoint/nrt" in error.value.message


def test_a_refused_value_can_be_deleted() -> None:
    assert plan_delete(view(refused={"Pop/x": "damaged"}), "Pop/x").delete == ("Pop/x",)


def test_what_is_missing_is_told_with_a_guess() -> None:
    state = view(MODEL, IAD, NRT)
    assert "did you mean 'iad'" in missing(state, "Endpoint/iadd").message
    assert "known here: iad, nrt" in missing(state, "Endpoint/zz").message
    assert isinstance(missing(state, "iad"), Refused)
    assert "not in force: damaged" in missing(view(refused={"Pop/x": "damaged"}), "Pop/x").message
    # Twenty thousand names are neither searched for seconds nor listed.
    assert len(missing(view(*many(20_000)), "Endpoint/zzzzzzzzzzzz").message) < 100


def test_drain() -> None:
    assert drained(view(), "Pop/ams", drain=True) == Pop(name="ams", drain=True)
    state = view(MODEL, IAD)
    on = drained(state, ref(IAD), drain=True)
    assert isinstance(on, Endpoint)
    assert on.drain
    assert on.models == IAD.models
    with pytest.raises(Missing, match="did you mean"):
        drained(state, "Endpoint/iat", drain=True)
    for never in (ref(MODEL), "Key/app", "ams", ""):
        with pytest.raises(Refused, match="can be drained"):
            drained(state, never, drain=True)
