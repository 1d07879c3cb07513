"""Why the control plane says no. Each error names what is wrong and what to do about it."""

from dataclasses import dataclass

from weftline_core.errors import OperatorError


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing wrong with one resource, or with the request when `ref` names a field of it."""

    ref: str
    reason: str


class Refused(OperatorError):
    """The request is wrong; nothing was changed."""

    def __init__(self, violations: list[Violation]) -> None:
        first, more = violations[0], len(violations) - 1
        rest = f" (and {more} more)" if more else ""
        super().__init__(f"{first.ref}: {first.reason}{rest}")
        self.violations = violations


class Missing(OperatorError):
    """No such resource."""


class StillUsed(OperatorError):
    """The resource cannot go while others refer to it."""

    def __init__(self, ref: str, users: list[str]) -> None:
        super().__init__(f"{ref} is used by {', '.join(users)}: change or delete those first")
        self.users = users


class Moved(OperatorError):
    """The state is no longer at the revision that the writer has seen."""

    def __init__(self, seen: int, present: int) -> None:
        super().__init__(
            f"the state is at revision {present}, no longer at {seen}: look again, then apply"
        )


class Held(OperatorError):
    """The store lost what it held, and no operator has confirmed that this is meant."""

    def __init__(self, reason: str, revision: int) -> None:
        super().__init__(
            f"nothing can be changed while the last known state (revision {revision}) is served "
            "from memory. Save it with `weft get -o yaml`, then restore the store, or restart the "
            "control plane with --accept-rewind to take the store as it is"
        )
        self.reason = reason


class StoreAway(OperatorError):
    """The store cannot be reached in time; `reason` is what it said, if anything."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason
