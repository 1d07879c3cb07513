"""What the bench notes of one answer: when its content came, and whether it was whole."""

import msgspec

# Deltas that a reader would call an answer. A role, an empty text or a keep-alive is none.
CONTENT_FIELDS = ("content", "reasoning_content", "reasoning", "refusal", "tool_calls")

OK_STATUS = 200


class _Choice(msgspec.Struct):
    delta: dict[str, object] | None = None
    message: dict[str, object] | None = None


class _Event(msgspec.Struct):
    choices: list[_Choice] = msgspec.field(default_factory=list[_Choice])
    error: object = None

    def has_content(self) -> bool:
        """Return whether a reader would see anything of it."""
        said = [choice.delta or choice.message or {} for choice in self.choices]
        return any(fields.get(name) for fields in said for name in CONTENT_FIELDS)


_DECODER = msgspec.json.Decoder(_Event)


class Answer:
    """Watches one answer go by; any split of its bytes is noted alike, but for the time.

    content_s: when each content event came, in seconds of the caller's clock; one for an answer
    that is not streamed. served_by, attempts: the endpoint and how many it took, if a PoP said so.
    """

    def __init__(self, *, streamed: bool) -> None:
        self.status = 0
        self.served_by: str | None = None
        self.attempts = 1
        self.content_s: list[float] = []
        self._streamed = streamed
        self._rest = b""
        self._done = False
        self._error: str | None = None

    @property
    def done(self) -> bool:
        """Return whether the stream's terminal event has come."""
        return self._done

    def body(self, data: bytes, now_s: float) -> None:
        """Note a piece of the body that came at `now_s`."""
        self._rest += data
        if self._streamed and self.status == OK_STATUS:
            *events, self._rest = self._rest.split(b"\n\n")
            for event in events:
                self._event(event, now_s)

    def end(self, now_s: float) -> str | None:
        """Note the end of the body; return what was wrong with the answer, or None."""
        if self.status != OK_STATUS:
            return f"http_{self.status}"
        if not self._streamed:
            self._json(self._rest, now_s)
        if self._error is not None:
            return self._error
        if self._streamed and not self._done:
            return "truncated"
        return None if self.content_s else "empty"

    def _event(self, event: bytes, now_s: float) -> None:
        data = b"".join(
            line[5:].strip() for line in event.splitlines() if line.startswith(b"data:")
        )
        if data == b"[DONE]":
            self._done = True
        elif data:
            self._json(data, now_s)

    def _json(self, data: bytes, now_s: float) -> None:
        try:
            event = _DECODER.decode(data)
        except msgspec.DecodeError:
            self._error = "garbage"
            return
        if event.error:
            self._error = "error_event"
        elif event.has_content():
            self.content_s.append(now_s)
