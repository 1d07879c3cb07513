"""What `weft up` tells: what runs where when it is ready, and what happens to it afterwards."""

import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from weftline.cli.children import CONTROL
from weftline.cli.local_mesh import CHAT, MeshPlan
from weftline.cli.output import Cell, Grid, print_grid, say
from weftline.cli.supervise import Event, What


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A mesh that is ready. providers: names of those whose key was found, and the variable."""

    mesh: MeshPlan
    key: str
    store: str
    data: Path
    logs: Path
    pids: Mapping[str, int]
    models: tuple[str, ...]
    providers: Mapping[str, str]
    seconds: float


def ready_data(ready: Ready) -> dict[str, object]:
    """Return everything that a program needs to use the mesh."""
    mesh = ready.mesh
    return {
        "event": "ready",
        "what": "mesh",
        "control": mesh.control,
        "key": ready.key,
        "models": ready.models,
        "pops": [
            {
                "id": pop.name,
                "base_url": pop.base_url,
                "admin_url": pop.admin_url,
                "pid": ready.pids[pop.name],
            }
            for pop in mesh.pops
        ],
        "endpoints": [
            {
                "name": one.name,
                "base_url": one.base_url,
                "rtt_ms": one.rtt_ms,
                "pid": ready.pids[one.name],
            }
            for one in mesh.endpoints
        ],
        "providers": list(ready.providers),
        "store": ready.store,
        "data": str(ready.data),
        "logs": str(ready.logs),
        "control_pid": ready.pids[CONTROL],
        "ready_s": round(ready.seconds, 2),
    }


def print_ready(ready: Ready, *, restarts_endpoints: bool) -> None:
    """Print the same for a person."""
    mesh = ready.mesh
    say(f"\nThe mesh is ready ({ready.seconds:.1f} s).\n")
    print_grid(_pops(ready))
    say("")
    print_grid(_facts(ready))
    nearest, victim = mesh.pops[0], mesh.endpoints[0]
    body = f'{{"model":"{CHAT}","stream":true,"messages":[{{"role":"user","content":"Hello"}}]}}'
    say(
        f"\nA first request:\n\n  curl -N {nearest.base_url}/chat/completions"
        f" -H 'authorization: Bearer {ready.key}'"
        f" -H 'content-type: application/json' -d '{body}'\n"
    )
    kept = "is started again" if restarts_endpoints else "stays down"
    if shutil.which("weft") is None:
        # `make up` runs it from a virtual environment that nobody has activated.
        say(f"Here:  export PATH={Path(sys.executable).parent}:$PATH    so that `weft` is found")
    if not mesh.is_default:
        say(f"Here:  export WEFT_CONTROL={mesh.control}    so that commands find this mesh")
    say(
        f"Look:  weft top    weft get    weft explain {CHAT} --pop {nearest.name}\n"
        f"Break: kill -9 {ready.pids[victim.name]} ends {victim.name}, and requests go elsewhere."
        f" An endpoint that dies {kept};\n"
        "       PoPs and the control plane are started again.\n"
        "Stop:  Ctrl-C. The next `weft up` goes on with the same key and state."
    )


def event_line(event: Event, commands: Mapping[str, tuple[str, ...]]) -> str | None:
    """Return what to tell of a child's fate, or None for what everybody expects."""
    match event.what:
        case What.READY:
            return None
        case What.RESTARTED:
            return f"{event.child} runs again (process {event.pid})"
        case What.DIED:
            return f"{event.child} {event.why}; it is started again in {event.again_in_s:g} s"
        case What.LEFT_DOWN:
            again = ("weft", *commands.get(event.child, ())[3:])
            return f"{event.child} {event.why} and stays down; to start it: {shlex.join(again)}"


def _pops(ready: Ready) -> Grid:
    """Return each PoP with its base URL and its distance from every endpoint."""
    mesh = ready.mesh
    rows: list[tuple[Cell, ...]] = [
        (pop.name, pop.base_url, *(f"{one.rtt_ms[pop.name]:g} ms" for one in mesh.endpoints))
        for pop in mesh.pops
    ]
    return Grid(("POP", "BASE URL", *(f"TO {one.name}" for one in mesh.endpoints)), rows)


def _facts(ready: Ready) -> Grid:
    found = ", ".join(f"{name} ({variable})" for name, variable in ready.providers.items())
    own = [model for model in ready.models if model.startswith("weftline/")]
    more = len(ready.models) - len(own)
    models = ", ".join(own) + (f" and {more} of providers (weft models)" if more else "")
    elsewhere = "" if ready.store == "sqlite" else f", but resources in {ready.store}"
    return Grid(
        ("key", ready.key),
        [
            ("models", models),
            ("providers", found or "none: no key such as OPENAI_API_KEY in the environment"),
            ("control", ready.mesh.control),
            ("data", f"{ready.data}{elsewhere}"),
            ("logs", str(ready.logs)),
        ],
    )
