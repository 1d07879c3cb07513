"""Says whether a whole answer with status 200 is one, before any of it goes to the client.

It does so on the loop, and an answer of 1 MB holds that for 0.7 ms with all that goes with it. The
largest legal one, 34 MB of embeddings in base64, takes 25 ms, of which the check is 5.
"""

from weftline_core.dialects.openai import NotAnAnswer, Usage, read_answer
from weftline_core.dialects.openai_errors import Verdict, stream_verdict
from weftline_node.dial import Dial
from weftline_node.job import Job
from weftline_node.relay import BadAnswer


class ErrorInside(Exception):
    """The answer is an error, for all its status says."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__("an error with status 200")
        self.verdict = verdict


def judge(job: Job, dial: Dial, body: bytes) -> tuple[bytes, Usage | None]:
    """Return the answer in the client's dialect, and the usage that it reports.

    Raises:
        BadAnswer: it is no answer to this request.
        ErrorInside: it is an error object.
    """
    provider, task = dial.provider, job.request.task
    assert provider is not None, "a dial in a plan is usable"
    if not provider.passthrough:
        try:
            body = provider.decode(task, job.model.name, body, job.request.body)
        except ValueError as e:
            raise BadAnswer(str(e)) from None
    try:
        error, usage = read_answer(task, body)
    except NotAnAnswer as e:
        raise BadAnswer(str(e)) from None
    if error:
        raise ErrorInside(stream_verdict(body))
    return body, usage
