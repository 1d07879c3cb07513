"""One commit as a value, checked against the limits that every store holds to."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from weftline_control.store import COMMIT_BYTES_MAX, COMMIT_KEYS_MAX, VALUE_BYTES_MAX


@dataclass(frozen=True, slots=True)
class Commit:
    """What `Store.commit` was asked to do; `put`, `delete` and `if_revision` are in key order.

    Raises:
        ValueError: it is over a limit, or puts and deletes the same key.
    """

    put: tuple[tuple[str, bytes], ...]
    delete: tuple[str, ...] = ()
    if_revision: tuple[tuple[str, int], ...] = ()
    lease: int = 0

    @classmethod
    def of(
        cls,
        put: Mapping[str, bytes],
        delete: Collection[str] = (),
        if_revision: Mapping[str, int] | None = None,
        lease: int = 0,
    ) -> "Commit":
        """Build a commit from the arguments of `Store.commit`."""
        return cls(
            tuple(sorted(put.items())),
            tuple(sorted(set(delete))),
            tuple(sorted((if_revision or {}).items())),
            lease,
        )

    def __post_init__(self) -> None:
        for what, count in (
            ("keys", len(self.put) + len(self.delete)),
            ("conditions", len(self.if_revision)),
        ):
            if count > COMMIT_KEYS_MAX:
                raise ValueError(f"a commit takes at most {COMMIT_KEYS_MAX} {what}, not {count}")
        total = sum(len(key.encode()) for key in self.delete)
        for key, value in self.put:
            if len(value) > VALUE_BYTES_MAX:
                raise ValueError(
                    f"{key}: a value has at most {VALUE_BYTES_MAX} bytes, not {len(value)}"
                )
            total += len(key.encode()) + len(value)
        if total > COMMIT_BYTES_MAX:
            raise ValueError(f"a commit has at most {COMMIT_BYTES_MAX} bytes, not {total}")
        if both := {key for key, _ in self.put} & set(self.delete):
            raise ValueError(f"{min(both)} is both put and deleted")
