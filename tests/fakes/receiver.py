"""Writes down what an upstream leg tells."""

from collections.abc import Mapping

from weftline_core.failures import Failure


class Notes:
    """A `Receiver` that only remembers."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.body = b""

    def on_sent(self) -> None:
        self.told.append("sent")

    def on_head(self, status: int, headers: Mapping[bytes, bytes]) -> None:
        self.told.append(f"head {status}")

    def on_payload(self, payload: bytes) -> None:
        self.body += payload

    def on_end(self) -> None:
        self.told.append("end")

    def on_failure(self, failure: Failure) -> None:
        self.told.append(failure.value)
