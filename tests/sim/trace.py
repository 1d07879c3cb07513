"""What happened, in order, as one hash: two runs of a seed are the same run or they are not."""

import hashlib
from collections import Counter
from collections.abc import Callable


class Trace:
    """Takes one line an event. `show`, if given, also sees each line."""

    def __init__(self, now_s: Callable[[], float], show: Callable[[str], None] | None) -> None:
        self._now_s = now_s
        self._show = show
        self._hash = hashlib.sha256()
        self.counts: Counter[str] = Counter()

    def note(self, kind: str, *words: object) -> None:
        """Add an event; `kind` is counted."""
        self.counts[kind] += 1
        line = f"{self._now_s():.9f} {kind} {' '.join(map(str, words))}"
        self._hash.update(line.encode())
        if self._show is not None:
            self._show(line)

    @property
    def digest(self) -> str:
        """Return the first 16 hexadecimal digits of the hash of all events so far."""
        return self._hash.hexdigest()[:16]
