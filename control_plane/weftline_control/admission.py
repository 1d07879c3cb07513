"""Which of the values in the store are fit to be served.

Everything is checked before it is written, but other hands can reach the store too. A value that
is damaged or does not fit the rest is set aside by name; where an older good one is known, it
stays in force.
"""

from collections.abc import Mapping

import msgspec

from weftline_core.desired import Desired, Resource, decode, ref


class Damaged(ValueError):
    """A stored value is no valid resource."""


def decoded(where: str, value: bytes) -> Resource:
    """Return the resource stored at the ref `where`.

    Raises:
        Damaged: it is not JSON, no resource, one of another name, or breaks its own rules.
    """
    try:
        resource = decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError) as e:
        raise Damaged(f"the stored value is damaged: {e}") from e
    if ref(resource) != where:
        raise Damaged(f"the stored value is that of {ref(resource)}")
    for problem in resource.problems():
        raise Damaged(problem)
    return resource


def admit(
    stored: Mapping[str, bytes], before: Mapping[str, Resource]
) -> tuple[dict[str, Resource], dict[str, str]]:
    """Return the resources that are valid together, and why each of the others was refused.

    Both maps are by ref; `before` is what was in force.
    """
    good: dict[str, Resource] = {}
    refused: dict[str, str] = {}
    for where in sorted(stored):
        try:
            good[where] = decoded(where, stored[where])
        except Damaged as e:
            refused[where] = str(e)
            if where in before:
                good[where] = before[where]
    # Each round takes back or drops what is at fault, so the rounds come to an end.
    while problems := Desired(resources=good).problems():
        for problem in problems:
            where, _, reason = problem.partition(": ")
            refused.setdefault(where, reason)
            old = before.get(where)
            if old is None or old == good.get(where):
                good.pop(where, None)
            else:
                good[where] = old
    return good, refused
