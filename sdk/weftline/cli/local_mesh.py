"""What a mesh on one machine consists of: which process listens where, and how far apart they are.

Nothing here acts: `weft up` and the bench turn the plan into processes and resources. The distance
between a PoP and an endpoint is an RTT that the endpoint itself adds, chosen by the address that
the PoP dials from; so each PoP dials from a loopback address of its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from weftline.cli.errors import CliError, ExitCode
from weftline.cli.options import DEFAULT_CONTROL
from weftline_core.desired import Endpoint, Key, Model, Resource, ref
from weftline_core.documents import suggestion
from weftline_core.prices import Offer

HOST = "127.0.0.1"

# PoPs listen for clients on the ports after this one. Everything else moves along with it, by
# blocks of ten, so that a second mesh at `--base-port 8090` meets none of the first one's ports.
BASE_PORT = 8080
HTTP_OFFSET = 1
CONTROL_OFFSET = 7700 - BASE_PORT
GOSSIP_OFFSET = 7781 - BASE_PORT
ADMIN_OFFSET = 9081 - BASE_PORT
ENDPOINT_OFFSET = 9101 - BASE_PORT
COG_OFFSET = 9109 - BASE_PORT
BASE_PORT_MIN, BASE_PORT_MAX = 2_000, 64_000

# Round trips between clouds' regions as they are on an ordinary day: Amsterdam, Virginia, Tokyo.
REGIONS = ("ams", "iad", "nrt")
RTT_NEAR_MS = 2.0
RTT_MS: dict[frozenset[str], float] = {
    frozenset(("ams", "iad")): 80.0,
    frozenset(("ams", "nrt")): 240.0,
    frozenset(("iad", "nrt")): 160.0,
}

CHAT, CHAT_THERE = "weftline/ngram", "ngram"
EMBEDDINGS, EMBEDDINGS_THERE = "weftline/embed", "ngram-embed"
COG_EMBEDDINGS, COG_ENDPOINT = "weftline/minilm", "cog-1"

KEY_NAME = "local"


@dataclass(frozen=True, slots=True)
class PopPlan:
    """One PoP. Ports are on HOST; `source` is the address it dials endpoints from."""

    name: str
    http_port: int
    admin_port: int
    gossip_port: int
    source: str

    @property
    def base_url(self) -> str:
        """Return what a client is given."""
        return f"http://{HOST}:{self.http_port}/v1"

    @property
    def folder(self) -> str:
        """Return what its folder in the mesh's data is called."""
        return f"pop-{self.name}"

    @property
    def admin_url(self) -> str:
        """Return where its admin listener answers."""
        return f"http://{HOST}:{self.admin_port}"


@dataclass(frozen=True, slots=True)
class EndpointPlan:
    """One demo endpoint. `rtt_ms` is its distance from each PoP, by the PoP's name."""

    name: str
    region: str
    port: int
    rtt_ms: dict[str, float]

    @property
    def base_url(self) -> str:
        """Return where its API begins."""
        return f"http://{HOST}:{self.port}/v1"


@dataclass(frozen=True, slots=True)
class MeshPlan:
    """A whole mesh."""

    control_port: int
    pops: tuple[PopPlan, ...]
    endpoints: tuple[EndpointPlan, ...]
    cog_port: int | None

    @property
    def control(self) -> str:
        """Return the address of the operator API."""
        return f"{HOST}:{self.control_port}"

    @property
    def is_default(self) -> bool:
        """Return whether commands find the control plane without being told."""
        return self.control == DEFAULT_CONTROL

    def tcp_ports(self) -> list[int]:
        """Return every TCP port that the mesh listens on."""
        pops = [port for pop in self.pops for port in (pop.http_port, pop.admin_port)]
        cog = [self.cog_port] if self.cog_port else []
        return [self.control_port, *pops, *(e.port for e in self.endpoints), *cog]

    def udp_ports(self) -> list[int]:
        """Return every UDP port that the mesh listens on."""
        return [pop.gossip_port for pop in self.pops]


def plan_mesh(
    regions: Sequence[str] = REGIONS,
    *,
    base_port: int = BASE_PORT,
    delay_scale: float = 1.0,
    cog: bool = False,
) -> MeshPlan:
    """Return a mesh with one PoP and one endpoint in each region.

    Raises:
        CliError: a region that has no place here, or one named twice.
    """
    for region in regions:
        if region not in REGIONS:
            known = suggestion(region, REGIONS)
            raise CliError(f"no region is called '{region}'{known}", code=ExitCode.USAGE)
    if not regions or len(set(regions)) != len(regions):
        raise CliError("name each region once, as in ams,iad,nrt", code=ExitCode.USAGE)
    pops = tuple(
        PopPlan(
            name=region,
            http_port=base_port + HTTP_OFFSET + i,
            admin_port=base_port + ADMIN_OFFSET + i,
            gossip_port=base_port + GOSSIP_OFFSET + i,
            source=f"127.0.0.{11 + REGIONS.index(region)}",
        )
        for i, region in enumerate(regions)
    )
    endpoints = tuple(
        EndpointPlan(
            name=f"{region}-1",
            region=region,
            port=base_port + ENDPOINT_OFFSET + i,
            rtt_ms={pop.name: rtt_ms(pop.name, region) * delay_scale for pop in pops},
        )
        for i, region in enumerate(regions)
    )
    return MeshPlan(
        base_port + CONTROL_OFFSET, pops, endpoints, base_port + COG_OFFSET if cog else None
    )


def rtt_ms(one: str, other: str) -> float:
    """Return the round trip between two regions in milliseconds."""
    return RTT_NEAR_MS if one == other else RTT_MS[frozenset((one, other))]


def wanted_resources(mesh: MeshPlan, key_digest: str) -> list[Resource]:
    """Return what the mesh's own endpoints and client need to be told to the control plane."""
    resources: list[Resource] = [
        Model(name=CHAT),
        Model(name=EMBEDDINGS, task="embeddings"),
        Key(name=KEY_NAME, digest=key_digest),
    ]
    models = {CHAT: CHAT_THERE, EMBEDDINGS: EMBEDDINGS_THERE}
    resources += [
        Endpoint(name=e.name, base_url=e.base_url, models=models, region=e.region)
        for e in mesh.endpoints
    ]
    if mesh.cog_port:
        resources.append(Model(name=COG_EMBEDDINGS, task="embeddings"))
        resources.append(
            Endpoint(
                name=COG_ENDPOINT,
                base_url=f"http://{HOST}:{mesh.cog_port}",
                models={COG_EMBEDDINGS: "minilm"},
                provider="cog",
                region=mesh.pops[0].name,
                slots=1,
            )
        )
    return resources


def to_apply(wanted: Iterable[Resource], present: Iterable[Resource]) -> list[Resource]:
    """Return what must be put so that `wanted` works, and no more.

    What an operator changed at an earlier start stays: only an endpoint's address and a key's
    digest belong to this start. A model that has more providers now gets their offers; a new one
    does without other names that somebody has already.
    """
    there = {ref(resource): resource for resource in present}
    taken = {
        (model.task, name)
        for model in there.values()
        if isinstance(model, Model)
        for name in (model.name, *model.aliases)
    }
    put: list[Resource] = []
    for resource in wanted:
        match resource, there.get(ref(resource)):
            case Model(), None:
                free = tuple(a for a in resource.aliases if (resource.task, a) not in taken)
                put.append(msgspec.structs.replace(resource, aliases=free))
            case Model(), Model() as kept if more := _offers_beside(kept, resource):
                put.append(msgspec.structs.replace(kept, offers=(*kept.offers, *more)))
            case _, None:
                put.append(resource)
            case Endpoint(), Endpoint() as kept if kept.base_url != resource.base_url:
                put.append(msgspec.structs.replace(kept, base_url=resource.base_url))
            case Key(), Key() as kept if kept.digest != resource.digest:
                put.append(resource)
            case _:
                pass
    return put


def _offers_beside(kept: Model, wanted: Model) -> tuple[Offer, ...]:
    """Return the offers of providers from which the kept model had none."""
    known = {offer.provider for offer in kept.offers}
    return tuple(offer for offer in wanted.offers if offer.provider not in known)
