"""Small stand-in processes for what supervises processes: each is a line or two of Python."""

import os
import sys
from pathlib import Path

from weftline.cli.supervise import Child

READY = 'print(\'{"event":"ready","pid":%d}\' % os.getpid(), flush=True)'
FOREVER = "time.sleep(600)"


def child(folder: Path, *lines: str, name: str = "one", restart: bool = True) -> Child:
    """Return a child that runs `lines` of Python."""
    code = "\n".join(("import os, signal, subprocess, sys, time", *lines))
    return Child(
        name=name,
        command=(sys.executable, "-I", "-S", "-c", code),
        log=folder / "logs" / f"{name}.log",
        restart=restart,
        ready_wait_s=10.0,
    )


def alive(pid: int) -> bool:
    """Return whether a process exists and is no zombie."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"
