"""A control plane that says what a script says, and remembers what it heard."""

import asyncio

from weftline_node.control_link import ControlLink, LinkLost, ToControl, ToNode


class ScriptedDoor:
    """A door whose links speak a script and remember what they heard."""

    def __init__(self, *scripts: list[ToNode]) -> None:
        self._scripts = list(scripts)
        self.heard: list[list[ToControl]] = []

    async def open(self) -> ControlLink:
        if not self._scripts:
            raise LinkLost("nobody there")
        self.heard.append([])
        return ScriptedLink(self._scripts.pop(0), self.heard[-1])


class ScriptedLink:
    """One conversation; it breaks half a second after its last word."""

    def __init__(self, words: list[ToNode], heard: list[ToControl]) -> None:
        self._words = words
        self._heard = heard

    async def send(self, word: ToControl) -> None:
        self._heard.append(word)

    async def receive(self) -> ToNode:
        if not self._words:
            await asyncio.sleep(0.5)
            raise LinkLost("end of script")
        return self._words.pop(0)

    async def close(self) -> None:
        pass
