"""Which path is for what, and in whose words its errors are told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.dialects.chat.front import FRONT as CHAT
from weftline_core.dialects.dialect import Front
from weftline_core.dialects.embeddings.front import FRONT as EMBEDDINGS
from weftline_core.dialects.generate.front import FRONT as GENERATE
from weftline_core.dialects.messages.front import FRONT as MESSAGES
from weftline_core.dialects.responses.front import FRONT as RESPONSES
from weftline_core.errors import MethodNotAllowed, NotFound
from weftline_core.gemini_array import ARRAY, ArrayAsk
from weftline_core.http1.request import HttpRequest
from weftline_node.asked import Asked
from weftline_node.ingress.routes import OFFERED, Page, find, front_of, take_key


def request(path: str, *headers: bytes, method: str = "GET") -> HttpRequest:
    return HttpRequest(method, path, dict.fromkeys(headers, b"1"), b"", keep_alive=True)


def asked(path: str) -> Asked:
    found = find("POST", path)
    assert isinstance(found, Asked)
    return found


FRONTS: list[tuple[str, Front]] = [
    ("/v1/chat/completions", CHAT),
    ("/v1/embeddings", EMBEDDINGS),
    ("/v1/responses", RESPONSES),
    ("/v1/messages", MESSAGES),
]


@pytest.mark.parametrize(("path", "front"), FRONTS)
def test_a_path_is_a_dialect(path: str, front: Front) -> None:
    found = asked(path)
    assert (found.front, found.counts, found.args.model) == (front, False, None)
    assert front_of(request(path)) is front


@pytest.mark.parametrize(
    ("path", "front"),
    [("/v1/messages/count_tokens", MESSAGES), ("/v1/responses/input_tokens", RESPONSES)],
)
def test_some_paths_only_count(path: str, front: Front) -> None:
    assert (asked(path).front, asked(path).counts) == (front, True)


def test_betas_go_on_to_anthropic_alone() -> None:
    assert asked("/v1/messages").carried == (b"anthropic-beta",)
    assert asked("/v1/chat/completions").carried == ()


@pytest.mark.parametrize("prefix", ["/v1beta/models", "/v1/models"])
@pytest.mark.parametrize(
    ("method", "task", "stream", "counts"),
    [
        ("generateContent", "chat", False, False),
        ("streamGenerateContent?alt=sse", "chat", True, False),
        ("streamGenerateContent?x=1&%24alt=sse", "chat", True, False),
        ("countTokens", "chat", False, True),
        ("embedContent", "embeddings", False, False),
        ("batchEmbedContents", "embeddings", False, False),
    ],
)
def test_gemini_names_model_and_method_in_the_path(
    prefix: str, method: str, task: str, stream: bool, counts: bool
) -> None:
    for written, model in (("m", "m"), ("a/b", "a/b"), ("a%2Fb", "a/b"), ("llama:8b", "llama:8b")):
        path = f"{prefix}/{written}:{method}"
        found = asked(path)
        assert (found.args.model, found.args.stream) == (model, stream)
        assert (found.front.task, found.counts) == (task, counts)
        assert front_of(request(path)) is GENERATE


@pytest.mark.parametrize("query", ["", "?alt=json", "?alt=ssex", "?key=alt=sse", "?&"])
def test_a_stream_of_geminis_that_is_not_asked_for_as_events_is_an_array(query: str) -> None:
    path = f"/v1beta/models/m:streamGenerateContent{query}"
    found = asked(path)
    assert (found.front, found.form) == (ARRAY, ArrayAsk)
    assert (found.args.model, found.args.stream) == ("m", False)
    assert front_of(request(path)) is ARRAY


def test_other_methods_of_geminis_know_no_alt() -> None:
    assert asked("/v1beta/models/m:generateContent?alt=json").front is GENERATE


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/health", Page(name="health")),
        ("/v1/models", Page(name="models")),
        ("/v1beta/models", Page(name="models")),
        ("/v1/models/a/b", Page(name="model", of="a/b")),
        ("/v1/models/a%2Fb", Page(name="model", of="a/b")),
        ("/v1beta/models/llama:8b", Page(name="model", of="llama:8b")),
    ],
)
def test_pages(path: str, page: Page) -> None:
    assert find("GET", path) == page


@pytest.mark.parametrize(
    "path", ["/", "/v2", "/v1/chat", "/v1/chat/completions/", "/v1/modelsx", "/V1/MODELS"]
)
def test_a_path_that_is_not_there_is_told_what_is(path: str) -> None:
    with pytest.raises(NotFound) as told:
        find("GET", path)
    assert OFFERED in told.value.message


def test_what_a_model_cannot_be_asked_is_told_what_it_can() -> None:
    with pytest.raises(NotFound, match="generateContent, streamGenerateContent"):
        find("POST", "/v1beta/models/m:paintContent")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/messages", "POST"),
        ("PUT", "/v1/chat/completions", "POST"),
        ("GET", "/v1beta/models/m:generateContent", "POST"),
        ("POST", "/v1/models", "GET"),
        ("HEAD", "/health", "GET"),
    ],
)
def test_a_wrong_method_is_told_the_right_one(method: str, path: str, allowed: str) -> None:
    with pytest.raises(MethodNotAllowed) as told:
        find(method, path)
    assert told.value.allowed == allowed


@pytest.mark.parametrize(
    ("path", "headers", "front"),
    [
        ("/v1/models", (), CHAT),
        ("/v1/models", (b"anthropic-version",), MESSAGES),
        ("/v1/models/m", (b"anthropic-version",), MESSAGES),
        ("/v1/models", (b"x-goog-api-key",), GENERATE),
        ("/v1/models/m", (b"x-goog-api-key",), GENERATE),
        ("/v1/chat/completions", (b"x-goog-api-key",), CHAT),
        ("/v1/models/m:generateContent", (b"anthropic-version",), GENERATE),
        ("/v1beta/models", (), GENERATE),
        ("/v1beta/models", (b"anthropic-version",), GENERATE),
        ("/v1beta/models/m?key=k", (), GENERATE),
        ("/v1/messages/batches", (), MESSAGES),
        ("/v1/responses/resp_1", (), RESPONSES),
        ("/v1/chat/completions", (b"anthropic-version",), CHAT),
        ("/nothing", (), CHAT),
    ],
)
def test_errors_are_told_in_the_clients_own_words(
    path: str, headers: tuple[bytes, ...], front: Front
) -> None:
    assert front_of(request(path, *headers)) is front


@pytest.mark.parametrize(
    ("target", "left", "key"),
    [
        ("/v1beta/models/m:generateContent?key=k%2D1", "/v1beta/models/m:generateContent", b"k-1"),
        ("/v1/models/m:embedContent?alt=sse&key=k", "/v1/models/m:embedContent?alt=sse", b"k"),
        ("/v1beta/models?key=k&pageSize=5&key=j", "/v1beta/models?pageSize=5", b"k"),
        ("/v1beta/models/m?keys=1&key", "/v1beta/models/m?keys=1&key", None),
        ("/v1beta/models/m?monkey=1", "/v1beta/models/m?monkey=1", None),
        ("/v1/models?key=k", "/v1/models?key=k", None),
        ("/v1/chat/completions?key=k", "/v1/chat/completions?key=k", None),
        ("/v1/a/g/google-ai-studio/v1/models/m:generateContent?key=k", None, None),
        ("/v1beta/models/m:generateContent", "/v1beta/models/m:generateContent", None),
    ],
)
def test_the_key_in_a_query_is_geminis_alone(
    target: str, left: str | None, key: bytes | None
) -> None:
    asking = request(target)
    for _ in range(2):
        take_key(asking)
        assert asking.target == (left or target)
        assert asking.headers.get(b"x-goog-api-key") == key


def test_the_key_in_a_header_goes_before_that_in_the_query() -> None:
    asking = request("/v1beta/models?key=k", b"x-goog-api-key")
    take_key(asking)
    assert (asking.target, asking.headers) == ("/v1beta/models", {b"x-goog-api-key": b"1"})


WORDS = ["/", ":", "v1", "v1beta", "models", "responses", "generateContent", "m", "%", "%2F"]
PATHS = st.lists(st.sampled_from(WORDS), max_size=8).map("".join)


@given(PATHS, st.sampled_from(["GET", "POST", "DELETE"]))
def test_any_path_is_for_something_or_refused(path: str, method: str) -> None:
    assert front_of(request(f"/{path}")).name
    try:
        found = find(method, f"/{path}")
    except (NotFound, MethodNotAllowed):
        return
    assert method == "POST" or not isinstance(found, Asked)
