"""What a cell of the matrix can be."""

from dataclasses import dataclass
from enum import Enum


class Mark(Enum):
    """How a feature fares between one client dialect and one upstream."""

    OK = "ok"
    DROPPED = "dropped"
    REFUSED = "refused"
    NONE = "n/a"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Cell:
    """One feature between one client and one upstream. note: why it is not ok."""

    client: str
    upstream: str
    feature: str
    mark: Mark
    note: str = ""


class NotHere(Exception):
    """A feature has no place in this cell; the text says why."""


class Refusing(Exception):
    """The provider refuses what its own client asks for; the text is what it says."""
