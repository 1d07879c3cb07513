"""What an operator's wish changes, decided before anything is written."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec

from weftline_control.layout import ref_problem
from weftline_control.mirror import View
from weftline_control.refusals import Missing, Refused, StillUsed, Violation
from weftline_control.store import COMMIT_BYTES_MAX, COMMIT_KEYS_MAX
from weftline_core.desired import Desired, Endpoint, Model, Pop, Resource, encode, ref
from weftline_core.documents import suggestion
from weftline_core.limits import RESOURCE_BYTES_MAX, RESOURCES_MAX

What: TypeAlias = Literal["created", "changed", "unchanged", "deleted"]

# Resources that one apply may change: what the store commits at once, less the head.
APPLY_CHANGES_MAX = COMMIT_KEYS_MAX - 1

# Bytes that one apply may change; a tenth of what the store commits at once is left for keys.
APPLY_BYTES_MAX = COMMIT_BYTES_MAX * 9 // 10

# All resources together, as stored. A snapshot travels to a node as one message, and a node's
# memory budget is 60 MB when idle.
DESIRED_BYTES_MAX = 16 * 1024 * 1024


# Names among which a misspelt one is looked for, at 20 us each, and names that are listed when
# none is close.
KNOWN_SEARCHED_MAX = 1_000
KNOWN_LISTED_MAX = 12


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one resource."""

    ref: str
    what: What


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written, and what is told: `put` holds what really changes."""

    changes: tuple[Change, ...]
    put: tuple[Resource, ...] = ()
    delete: tuple[str, ...] = ()


def plan_apply(view: View, resources: Sequence[Resource]) -> Plan:
    """Return what putting `resources` changes.

    Raises:
        Refused: anything wrong with one of them, or with the state they lead to.
    """
    violations = [*_by_themselves(resources)]
    present = view.desired.resources
    changes: list[Change] = []
    put: list[Resource] = []
    for resource in resources:
        where = ref(resource)
        # A stored value that is refused is written anew even if it equals what is still served.
        same = present.get(where) == resource and where not in view.refused
        if not same:
            put.append(resource)
        changed: What = "changed" if where in present or where in view.refused else "created"
        changes.append(Change(where, "unchanged" if same else changed))
    after = view.desired.changed(put, (), view.desired.revision)
    seen = {(v.ref, v.reason) for v in violations}
    for problem in after.problems(view.desired) if put else ():
        where, _, reason = problem.partition(": ")
        if (where, reason) not in seen:
            violations.append(Violation(where, reason))
    violations += _over_limits(view, after, put)
    if violations:
        raise Refused(violations)
    return Plan(tuple(changes), tuple(put))


def plan_delete(view: View, where: str) -> Plan:
    """Return what deleting one resource changes.

    Raises:
        Refused: `where` is no ref. Missing: there is no such resource.
        StillUsed: others refer to it.
    """
    resource = view.desired.resources.get(where)
    if resource is None and where not in view.refused:
        raise missing(view, where)
    if isinstance(resource, Model) and (users := _users(view.desired, resource)):
        raise StillUsed(where, users)
    return Plan((Change(where, "deleted"),), delete=(where,))


def drained(view: View, where: str, *, drain: bool) -> Resource:
    """Return a PoP or an endpoint emptied, or taken back into use.

    Raises:
        Refused: it is neither. Missing: there is no such endpoint.
    """
    kind, _, name = where.partition("/")
    if ref_problem(where) or kind not in ("Pop", "Endpoint"):
        raise Refused([Violation(where, "only Pop/name and Endpoint/name can be drained")])
    if kind == "Pop":
        return Pop(name=name, drain=drain)
    resource = view.desired.resources.get(where)
    if not isinstance(resource, Endpoint):
        raise missing(view, where)
    return msgspec.structs.replace(resource, drain=drain)


def missing(view: View, where: str) -> Missing | Refused:
    """Return the error for a ref that names nothing, with what was probably meant."""
    if problem := ref_problem(where):
        return Refused([Violation(where, problem)])
    if where in view.refused:
        return Missing(f"{where} is in the store but not in force: {view.refused[where]}")
    kind, _, name = where.partition("/")
    prefix = f"{kind}/"
    known = [r.removeprefix(prefix) for r in view.desired.resources if r.startswith(prefix)]
    if len(known) > KNOWN_LISTED_MAX:
        known = difflib.get_close_matches(name, known[:KNOWN_SEARCHED_MAX], n=1)
    return Missing(f"there is no {where}{suggestion(name, known)}")


def _by_themselves(resources: Sequence[Resource]) -> list[Violation]:
    violations: list[Violation] = []
    refs: set[str] = set()
    if not resources:
        violations.append(Violation("resources", "name at least one resource"))
    for resource in resources:
        where = ref(resource)
        if where in refs:
            violations.append(Violation(where, "is given twice in one request"))
        refs.add(where)
        violations += [Violation(where, problem) for problem in resource.problems()]
        if (size := len(encode(resource))) > RESOURCE_BYTES_MAX:
            reason = f"is {size} bytes, over RESOURCE_BYTES_MAX = {RESOURCE_BYTES_MAX}"
            violations.append(Violation(where, reason))
    return violations


def _over_limits(view: View, after: Desired, put: Sequence[Resource]) -> list[Violation]:
    violations: list[Violation] = []
    if len(put) > APPLY_CHANGES_MAX:
        reason = (
            f"{len(put)} of them change, over APPLY_CHANGES_MAX = {APPLY_CHANGES_MAX} in one "
            "request: apply in several, models before endpoints"
        )
        violations.append(Violation("resources", reason))
    if len(after.resources) > RESOURCES_MAX:
        reason = f"{len(after.resources)} in all, over RESOURCES_MAX = {RESOURCES_MAX}"
        violations.append(Violation("resources", reason))
    size = sum(len(encode(resource)) for resource in put)
    if size > APPLY_BYTES_MAX:
        reason = (
            f"{size} bytes of them change, over APPLY_BYTES_MAX = {APPLY_BYTES_MAX} in one "
            "request: apply in several, models before endpoints"
        )
        violations.append(Violation("resources", reason))
    if (size := size + view.stored_bytes) > DESIRED_BYTES_MAX:
        reason = f"{size} bytes in all, over DESIRED_BYTES_MAX = {DESIRED_BYTES_MAX}"
        violations.append(Violation("resources", reason))
    return violations


def _users(desired: Desired, model: Model) -> list[str]:
    return sorted(
        where
        for where, resource in desired.resources.items()
        if isinstance(resource, Endpoint) and model.name in resource.models
    )
