"""Steps without a gap, or an honest None."""

from hypothesis import given, settings
from hypothesis import strategies as st

from weftline_control.history import History, Step, merged
from weftline_core.desired import Desired, Pop, Resource, ref


def step(revision: int, name: str) -> Step:
    return Step(revision, (Pop(name=name),), ())


def test_steps_after_a_revision() -> None:
    history = History(5)
    history.add(step(7, "a"))
    history.add(step(9, "b"))
    assert history.since(9) == []
    assert history.since(7) == [step(9, "b")]
    assert history.since(5) == [step(7, "a"), step(9, "b")]


def test_what_is_not_known_is_none() -> None:
    history = History(5, steps_max=2)
    assert history.since(4) is None
    # A revision from elsewhere: what it holds is not known either.
    assert history.since(6) is None
    for revision in (6, 7, 8):
        history.add(step(revision, "a"))
    assert history.since(5) is None
    assert history.since(6) == [step(7, "a"), step(8, "a")]
    assert history.since(9) is None


STEPS = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from("abcd"), st.booleans(), max_size=3),
        st.sets(st.sampled_from("abcd"), max_size=2),
    ),
    max_size=8,
)


@settings(max_examples=80)
@given(STEPS)
def test_merged_steps_lead_where_single_steps_lead(
    raw: list[tuple[dict[str, bool], set[str]]],
) -> None:
    steps: list[Step] = []
    for revision, (put, deleted) in enumerate(raw, 1):
        resources: tuple[Resource, ...] = tuple(Pop(name=n, drain=d) for n, d in put.items())
        gone = tuple(f"Pop/{n}" for n in deleted if n not in put)
        steps.append(Step(revision, resources, gone))
    one_by_one = Desired.EMPTY
    for one in steps:
        one_by_one = one_by_one.changed(one.put, one.deleted, one.revision)
    put_all, deleted_all = merged(steps)
    at_once = Desired.EMPTY.changed(put_all, deleted_all, len(steps))
    assert at_once.resources == one_by_one.resources
    assert [ref(r) for r in put_all] == sorted(ref(r) for r in put_all)
