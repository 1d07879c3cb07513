"""What is noted of a client's request while it is read: features and strays, with their paths."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from weftline_core.chat.features import Feature
from weftline_core.dialects.shape import strays
from weftline_core.errors import CallerError

# Sends a thought's signature through a client that knows nothing of it: clients give a call's id
# back unchanged, so the signature rides behind it. As litellm does.
SIGNATURE_MARK: Final = "__thought__"


class Notes:
    """paths: where each feature first stands. unknown: paths of fields nobody here knows. tools:
    the name of the tool behind each call so far.
    """

    __slots__ = ("paths", "tools", "unknown")

    def __init__(self) -> None:
        self.paths: dict[Feature, str] = {}
        self.unknown: list[str] = []
        self.tools: dict[str, str] = {}

    def saw(self, feature: Feature, path: str) -> None:
        """Note the first place of a feature."""
        self.paths.setdefault(feature, path)

    def strange(self, path: str) -> None:
        """Note a field whose meaning nobody here knows."""
        self.unknown.append(path)
        self.paths.setdefault(Feature.UNKNOWN, path)

    def check(self, fields: Mapping[str, object], known: AbstractSet[str], under: str) -> None:
        """Note the fields that are not in `known`."""
        if not fields.keys() <= known:
            for path in strays(fields, known, under):
                self.strange(path)


def wrong(path: str, what: str) -> CallerError:
    """Return the error of one field; what: completes the sentence that its path begins."""
    return CallerError(f"{path}: {what}", param=path)


def signed_id(call_id: str, signature: str | None) -> str:
    """Return a call's id with the signature behind it."""
    return call_id if signature is None else f"{call_id}{SIGNATURE_MARK}{signature}"


def unsigned_id(call_id: str) -> tuple[str, str | None]:
    """Return a call's own id and the signature that was behind it."""
    own, mark, signature = call_id.partition(SIGNATURE_MARK)
    return own, signature if mark else None
