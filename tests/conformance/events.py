"""Server-sent events as a client's SDK cuts them; no code of the mesh is in here."""

import json
import re

from tests.conformance.wants import Json, must

_LINE = re.compile(r"\r\n|\r|\n")


def events(data: bytes) -> list[tuple[str, str]]:
    """Return the name and the data of each event; bytes that are no whole event are a fault."""
    lines = _LINE.split(data.decode())
    must(len(lines) < 2 or lines[-2:] == ["", ""] or not data, "the body ends inside of an event")
    found: list[tuple[str, str]] = []
    name, held = "", list[str]()
    for line in lines:
        if not line:
            if held:
                found.append((name, "\n".join(held)))
            name, held = "", []
            continue
        key, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if key == "event":
            name = value
        elif key == "data":
            held.append(value)
        else:
            must(key in ("", "id", "retry"), f"a line that no event has: {line[:60]}")
    return found


def parsed(text: str | bytes) -> Json:
    """Return a JSON object."""
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except ValueError as e:
        must(False, f"this is no JSON: {e}")
        raise
    must(isinstance(value, dict), "this is no JSON object")
    found: Json = value
    return found


def inner(holder: Json, name: str) -> Json:
    """Return an object that may be missing or null."""
    found: Json | None = holder.get(name)
    return {} if found is None else found


def listed(holder: Json, name: str) -> list[Json]:
    """Return a list of objects that may be missing or null."""
    found: list[Json] | None = holder.get(name)
    return [] if found is None else found


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")
