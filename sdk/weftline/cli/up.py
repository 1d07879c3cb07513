"""`weft up`: a whole mesh on this machine, as one process tree.

It starts a control plane, endpoints and PoPs, then tells the control plane what there is through
the operator API, a client like any other, and waits until every PoP has it in force.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from weftline.cli.children import Household
from weftline.cli.data_dir import DataDir
from weftline.cli.errors import CliError, ExitCode
from weftline.cli.local_mesh import (
    BASE_PORT,
    BASE_PORT_MAX,
    BASE_PORT_MIN,
    HOST,
    REGIONS,
    plan_mesh,
    to_apply,
    wanted_resources,
)
from weftline.cli.options import OutputOption, examples
from weftline.cli.output import Format, note, print_data, say
from weftline.cli.ports import check_free, has_address
from weftline.cli.providers import resources_of, with_key
from weftline.cli.supervise import Child, ChildFailed, Event, ProcessTree
from weftline.cli.up_story import Ready, event_line, print_ready, ready_data
from weftline.plugins import installed_providers
from weftline_core.hosts import Provider
from weftline_core.keys import digest

if TYPE_CHECKING:
    from weftline.cli.client import Operator

# Every PoP has a new revision within 0.1 s; a slow machine that starts ten processes needs longer.
IN_FORCE_WAIT_S = 20.0
IN_FORCE_LOOK_S = 0.05


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        "up",
        epilog=examples(
            "weft up                               ams, iad and nrt, with their distances",
            "weft up --pops ams --delay-scale 0    one PoP, no delays",
            "weft up --store etcd://127.0.0.1:2379",
            "weft up --base-port 8090 --data ~/second     a second mesh beside the first",
        ),
    )(up)


def up(  # noqa: PLR0913  # one parameter an option is how typer works
    *,
    pops: Annotated[
        str, typer.Option("--pops", metavar="REGIONS", help="Which of ams, iad, nrt to run.")
    ] = ",".join(REGIONS),
    base_port: Annotated[
        int,
        typer.Option(
            min=BASE_PORT_MIN,
            max=BASE_PORT_MAX,
            help="PoPs listen on the ports after it; all other ports move along.",
        ),
    ] = BASE_PORT,
    data: Annotated[Path, typer.Option(help="Where keys, state and logs are kept.")] = Path(
        ".weft"
    ),
    store: Annotated[
        str, typer.Option(metavar="sqlite|memory|etcd://HOST:PORT", help="Where state lives.")
    ] = "sqlite",
    delay_scale: Annotated[
        float, typer.Option(min=0.0, max=10.0, help="Stretch distances; 0 takes them away.")
    ] = 1.0,
    cog: Annotated[
        bool, typer.Option("--cog", help="Also embed with MiniLM in Cog (weftline[cog]).")
    ] = False,
    restart_endpoints: Annotated[
        bool, typer.Option("--restart-endpoints", help="Start endpoints again when they die.")
    ] = False,
    output: OutputOption = Format.TABLE,
) -> None:
    """Run a whole mesh on this machine, on 127.0.0.1 only."""
    regions = [region.strip() for region in pops.split(",")]
    mesh = plan_mesh(regions, base_port=base_port, delay_scale=_scale(delay_scale), cog=cog)
    hint = "stop what uses it, or move the whole mesh with --base-port, as in --base-port 8090"
    folder = DataDir(data)
    try:
        check_free(HOST, mesh.tcp_ports(), mesh.udp_ports(), hint)
        providers = installed_providers().values()
        household = Household(
            mesh=mesh,
            data=folder,
            store=store,
            environment=os.environ,
            secret_names=frozenset(p.key_env for p in providers if p.key_env),
            restart_endpoints=restart_endpoints,
        )
        asyncio.run(Up(household, with_key(providers, os.environ), output).run())
    finally:
        folder.close()


class Up:
    """One mesh, from its start until a signal ends it."""

    def __init__(self, household: Household, providers: Sequence[Provider], output: Format) -> None:
        self._household = household
        self._mesh = household.mesh
        self._providers = providers
        self._output = output
        self._commands: dict[str, tuple[str, ...]] = {}
        self._tree = ProcessTree(self._tell)
        self._signals = 0

    async def run(self) -> None:
        """Start everything, say so, and wait for SIGINT, SIGTERM or SIGHUP.

        Raises:
            CliError: something did not start; what had started is stopped again.
        """
        loop = asyncio.get_running_loop()
        work = loop.create_task(self._work())
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._on_signal, work)
        await asyncio.wait({work})
        if not work.cancelled():
            work.result()

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        born_s = loop.time()
        async with self._tree:
            models = await self._start()
            self._say_ready(models, loop.time() - born_s)
            await asyncio.Event().wait()

    async def _start(self) -> tuple[str, ...]:
        """Start all processes, tell the control plane what there is, return all models' names."""
        # Late: gRPC costs 65 ms, which help and a port in use need not pay.
        from weftline.cli.client import Operator  # noqa: PLC0415

        household, mesh = self._household, self._mesh
        wanted = wanted_resources(mesh, digest(household.data.pepper(), household.data.key()))
        wanted += resources_of(self._providers)
        if household.store == "memory":
            # Its revisions begin anew, and a PoP that remembers higher ones would refuse them.
            for pop in mesh.pops:
                household.data.forget(pop.folder)
        note(f"starting a mesh of {', '.join(pop.name for pop in mesh.pops)} ...")
        first = [household.control(), *map(household.endpoint, mesh.endpoints)]
        if mesh.cog_port:
            note("loading a model into Cog takes 5 to 20 s ...")
            first.append(household.cog())
        await self._start_all(first)
        async with Operator(mesh.control) as operator:
            revision = 0
            if put := to_apply(wanted, await operator.resources()):
                revision = (await operator.apply(put)).revision
            await self._start_all([household.pop(plan) for plan in mesh.pops])
            await self._in_force(operator, revision)
            present = await operator.resources("Model")
        return tuple(model.name for model in present)

    async def _start_all(self, children: Sequence[Child]) -> None:
        """Start children beside one another; the first that fails is told."""
        self._commands |= {child.name: child.command for child in children}
        try:
            async with asyncio.TaskGroup() as group:
                for child in children:
                    group.create_task(self._tree.start(child))
        except* ChildFailed as group_failed:
            failed = group_failed.exceptions[0]
            # A child that was given a wrong option was given it by us, from ours.
            wrong = isinstance(failed, ChildFailed) and failed.exit_code == ExitCode.USAGE
            code = ExitCode.USAGE if wrong else ExitCode.FAILED
            raise CliError(str(failed), code=code) from failed

    async def _in_force(self, operator: "Operator", revision: int) -> None:
        """Wait until every PoP serves by `revision`; say which do not in the end."""
        folders = {pop.name: self._household.data.path / pop.folder for pop in self._mesh.pops}
        names = folders.keys()
        behind = set(names)
        try:
            async with asyncio.timeout(IN_FORCE_WAIT_S):
                while behind:
                    nodes = [node for node in await operator.nodes() if node.id in names]
                    for node in nodes:
                        if node.refusal:
                            raise CliError(
                                f"{node.id} refuses the state: {node.refusal}",
                                hint=f"to let it forget what it had, delete {folders[node.id]}",
                            )
                    behind = names - {
                        node.id for node in nodes if node.connected and node.revision >= revision
                    }
                    if behind:
                        await asyncio.sleep(IN_FORCE_LOOK_S)
        except TimeoutError:
            note(f"warning: not at the newest state yet: {', '.join(sorted(behind))}")

    def _say_ready(self, models: tuple[str, ...], seconds: float) -> None:
        data = self._household.data
        ready = Ready(
            mesh=self._mesh,
            key=data.key(),
            store=self._household.store,
            data=data.path,
            logs=data.logs,
            pids={name: self._tree.pid(name) for name in self._commands},
            models=models,
            providers={p.name: p.key_env or "" for p in self._providers},
            seconds=seconds,
        )
        match self._output:
            case Format.TABLE:
                print_ready(ready, restarts_endpoints=self._household.restart_endpoints)
            case Format.JSON:
                # One line, like the ready line of every other process.
                say(msgspec.json.encode(ready_data(ready)).decode())
            case Format.YAML:
                print_data(ready_data(ready), self._output)
        sys.stdout.flush()

    def _tell(self, event: Event) -> None:
        if line := event_line(event, self._commands):
            note(line)

    def _on_signal(self, work: "asyncio.Task[None]") -> None:
        """Stop in order at the first signal, at once at the second."""
        self._signals += 1
        if self._signals == 1:
            work.cancel()
            note("\nstopping ...")
        else:
            self._tree.kill()


def _scale(wanted: float) -> float:
    """Return 0 where PoPs cannot have addresses of their own, as on macOS."""
    if wanted and not has_address("127.0.0.11"):
        note(
            "warning: this machine has no address 127.0.0.11, so all PoPs are near all endpoints"
            " (macOS: sudo ifconfig lo0 alias 127.0.0.11, .12, .13)"
        )
        return 0.0
    return wanted
