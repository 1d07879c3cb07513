"""What passes for a whole answer with status 200."""

import pytest
from weftline_node.judge import ErrorInside, judge

from tests.fakes.desk import ANSWER
from tests.fakes.pop import CHAT, EMBED, PROVIDERS, endpoint
from weftline_core.attempts import Patience
from weftline_core.catalog import Catalog
from weftline_core.desired import Desired, Model, ref
from weftline_core.dialects.openai import ClientRequest, Usage
from weftline_core.failures import Failure
from weftline_node.dial import Dial, DialTable
from weftline_node.job import Job
from weftline_node.relay import BadAnswer


def dial() -> Dial:
    one = endpoint("a", "http://a/v1")
    catalog = Catalog.of(Desired(revision=1, resources={ref(one): one}))
    found = DialTable.of(catalog, PROVIDERS, {}).get("a")
    assert found is not None
    return found


def job(model: Model) -> Job:
    return Job(
        request_id="req_1",
        tenant="acme",
        request=ClientRequest(model.task, model.name, stream=False, body={}),
        model=model,
        dials=(dial(),),
        patience=Patience(),
        lines="",
        prompt_bytes=40,
        started_s=10.0,
        routed_s=10.001,
    )


def test_an_answer_passes_as_it_is_with_its_usage() -> None:
    assert judge(job(CHAT), dial(), ANSWER) == (ANSWER, Usage(3, 4))
    assert judge(job(EMBED), dial(), b'{"data":[]}') == (b'{"data":[]}', None)


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"[]", b'{"data":[]}', ANSWER[:-1]])
def test_what_is_no_answer_to_this_request_does_not_pass(body: bytes) -> None:
    with pytest.raises(BadAnswer):
        judge(job(CHAT), dial(), body)


def test_an_error_inside_is_judged_by_its_code() -> None:
    with pytest.raises(ErrorInside) as caught:
        judge(job(CHAT), dial(), b'{"error":{"message":"no","code":"insufficient_quota"}}')
    assert caught.value.verdict.failure is Failure.QUOTA
