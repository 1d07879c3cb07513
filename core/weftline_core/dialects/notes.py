"""What a reader of a client's request notes beside what the request says."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from weftline_core.chat.features import Feature
from weftline_core.dialects.shape import strays


class Notes:
    """Grows while one request is read.

    paths: each feature -> where in the client's body it first stands. unknown: paths of fields that
    nobody here knows.
    """

    __slots__ = ("paths", "unknown")

    def __init__(self) -> None:
        self.paths: dict[Feature, str] = {}
        self.unknown: list[str] = []

    def note(self, feature: Feature, path: str) -> None:
        """Note a feature at a path, unless it stood somewhere before."""
        self.paths.setdefault(feature, path)

    def strange(self, path: str) -> None:
        """Note a field, or a value of a field, that is not carried to any other dialect."""
        self.unknown.append(path)
        self.note(Feature.UNKNOWN, path)

    def check(self, fields: Mapping[str, object], known: AbstractSet[str], under: str = "") -> None:
        """Note the fields that are not `known`. under: the path of `fields` itself."""
        if not fields.keys() <= known:
            for path in strays(fields, known, under):
                self.strange(path)
