"""What a reader of a request notes beside what the request says."""

from weftline_core.chat.features import Feature


class Notes:
    """Features used, each with the path where it first stands, and fields that nobody knows."""

    __slots__ = ("paths", "unknown")

    def __init__(self) -> None:
        self.paths: dict[Feature, str] = {}
        self.unknown: list[str] = []

    def see(self, feature: Feature, path: str) -> None:
        """Note a feature."""
        self.paths.setdefault(feature, path)

    def strange(self, paths: list[str]) -> None:
        """Note fields that cannot be carried to another dialect."""
        if paths:
            self.unknown += paths
            self.paths.setdefault(Feature.UNKNOWN, paths[0])
