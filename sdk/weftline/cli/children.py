"""The command line of every process in a mesh on one machine."""

import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from weftline.cli.data_dir import DataDir
from weftline.cli.local_mesh import COG_ENDPOINT, HOST, EndpointPlan, MeshPlan, PopPlan
from weftline.cli.supervise import Child

# Loading a model of 88 MB under torch takes 5 to 21 s. `weft bench cog` gives up after 180 s and
# says why, which a shorter wait here would cut off.
COG_READY_WAIT_S = 200.0

CONTROL = "control"


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """What all children of one mesh share.

    store: as `weft control --store` takes it. secret_names: environment variables that only PoPs
    may see, since only they dial providers.
    """

    mesh: MeshPlan
    data: DataDir
    store: str
    environment: Mapping[str, str]
    secret_names: Collection[str]
    restart_endpoints: bool

    def control(self) -> Child:
        """Return the control plane."""
        listen = ("--listen", self.mesh.control)
        kept = ("--store", self.store, "--data", str(self.data.of(CONTROL)))
        return self._child(CONTROL, ("control", *listen, *kept), restart=True)

    def endpoint(self, plan: EndpointPlan) -> Child:
        """Return a demo endpoint."""
        sources = {pop.name: pop.source for pop in self.mesh.pops}
        delays = [
            part
            for pop, rtt_ms in plan.rtt_ms.items()
            if rtt_ms > 0
            for part in ("--delay", f"{sources[pop]}={rtt_ms:g}")
        ]
        listen = ("--listen", f"{HOST}:{plan.port}")
        arguments = ("bench", "endpoint", "--name", plan.name, *listen, *delays)
        return self._child(plan.name, arguments, restart=self.restart_endpoints)

    def cog(self) -> Child:
        """Return the Cog predictor."""
        listen = ("--listen", f"{HOST}:{self.mesh.cog_port}")
        return self._child(
            COG_ENDPOINT,
            ("bench", "cog", *listen),
            restart=self.restart_endpoints,
            ready_wait_s=COG_READY_WAIT_S,
        )

    def pop(self, plan: PopPlan) -> Child:
        """Return a PoP; it sees the whole environment, provider keys included."""
        others = [f"{HOST}:{one.gossip_port}" for one in self.mesh.pops if one is not plan]
        arguments = (
            *("node", "--id", plan.name, "--region", plan.name),
            *("--listen", f"{HOST}:{plan.http_port}"),
            *("--admin", f"{HOST}:{plan.admin_port}"),
            *("--gossip", f"{HOST}:{plan.gossip_port}"),
            *("--control", self.mesh.control),
            *("--data", str(self.data.of(plan.folder))),
            *(("--source-address", plan.source) if self._is_far(plan) else ()),
            *("--pepper-file", str(self.data.pepper_file)),
            *(part for other in others for part in ("--join", other)),
        )
        return Child(
            name=plan.name,
            command=weft(*arguments),
            log=self.data.logs / f"{plan.name}.log",
            environment=self.environment,
        )

    def _is_far(self, plan: PopPlan) -> bool:
        """Return whether any endpoint keeps this PoP at a distance."""
        return any(one.rtt_ms[plan.name] > 0 for one in self.mesh.endpoints)

    def _child(
        self, name: str, arguments: tuple[str, ...], *, restart: bool, ready_wait_s: float = 30.0
    ) -> Child:
        hidden = {k: v for k, v in self.environment.items() if k not in self.secret_names}
        return Child(
            name=name,
            command=weft(*arguments),
            log=self.data.logs / f"{name}.log",
            restart=restart,
            environment=hidden,
            ready_wait_s=ready_wait_s,
        )


def weft(*arguments: str) -> tuple[str, ...]:
    """Return the command line of a `weft` with the interpreter that runs this one."""
    return (sys.executable, "-m", "weftline", *arguments)
