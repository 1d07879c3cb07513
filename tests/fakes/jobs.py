"""A job as the pipeline makes it, without a pipeline."""

from tests.fakes.pop import CHAT, PROVIDERS, endpoint
from weftline_core.ask import Ask
from weftline_core.attempts import Patience
from weftline_core.catalog import Catalog
from weftline_core.desired import Desired, Endpoint, Model
from weftline_core.dialects.chat.front import FRONT as CHAT_FRONT
from weftline_core.dialects.dialect import ClientRequest, Front
from weftline_core.dialects.embeddings.front import FRONT as EMBEDDINGS_FRONT
from weftline_core.wishes import NO_WISHES, Wishes
from weftline_node.credentials import Opener
from weftline_node.dial import DialTable, Way
from weftline_node.job import Job


def ways_to(model: Model, *endpoints: Endpoint, **environ: str) -> tuple[Way, ...]:
    """Return every way to a model at these endpoints, in their order."""
    catalog = Catalog.of(Desired.EMPTY.changed((model, *endpoints), (), 1))
    dials = DialTable.of(catalog, PROVIDERS, Opener.of(environ))
    found = (dials.get(one.name) for one in endpoints)
    return tuple(way for dial in found if dial for way in dial.ways(model.name, "chat"))


def job(model: Model = CHAT, *, stream: bool = False, wishes: Wishes = NO_WISHES) -> Job:
    """Return a job whose plan has the endpoints a and b."""
    front: Front = CHAT_FRONT if model.task == "chat" else EMBEDDINGS_FRONT
    request = ClientRequest(
        dialect=front.name,
        task=model.task,
        model=model.name,
        stream=stream,
        body={"model": model.name},
    )
    return Job(
        request_id="req_1",
        tenant="acme",
        ways=ways_to(model, endpoint("a", "http://a/v1"), endpoint("b", "http://b/v1")),
        asks=(Ask(front, request),),
        stream=stream,
        patience=Patience(),
        attempts_max=3,
        wishes=wishes,
        lines="",
        prompt_bytes=40,
        started_s=10.0,
        routed_s=10.001,
        started_unix_s=1_790_000_000,
    )
