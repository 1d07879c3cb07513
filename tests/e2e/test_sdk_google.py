"""Google's SDK, unmodified, against every kind of provider."""

import base64
from collections.abc import Generator, Sequence

import pydantic
import pytest
from google.genai import Client, errors, types

from tests.e2e.sdk_mesh import (
    ALL,
    EMBEDDING,
    PNG_BASE64,
    PNG_SEEN,
    THREE,
    Mesh,
    embedder,
    google_client,
    mesh_in_thread,
)
from weftline_bench.sims.embeddings import vector
from weftline_bench.sims.exchange import Trouble
from weftline_bench.sims.faults import Faults

# For asyncio it takes aiohttp where that is installed, in a way that aiohttp warns of.
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
]


class City(pydantic.BaseModel):
    """What a structured answer holds."""

    name: str
    people: int


def declared(name: str) -> types.FunctionDeclaration:
    city = types.Schema(type=types.Type.STRING)
    parameters = types.Schema(type=types.Type.OBJECT, properties={"city": city}, required=["city"])
    return types.FunctionDeclaration(name=name, description="Tells.", parameters=parameters)


FUNCTIONS = types.Tool(function_declarations=[declared("call_weather"), declared("call_clock")])
TOOLS = types.GenerateContentConfig(tools=[FUNCTIONS])


@pytest.fixture(scope="module")
def running() -> Generator[tuple[Mesh, Client]]:
    with mesh_in_thread() as mesh, google_client(mesh) as client:
        yield mesh, client


@pytest.fixture
def mesh(running: tuple[Mesh, Client]) -> Mesh:
    running[0].calm()
    return running[0]


@pytest.fixture
def client(mesh: Mesh, running: tuple[Mesh, Client]) -> Client:
    return running[1]


def content(text: str) -> types.Content:
    return types.Content(parts=[types.Part(text=text)])


def texts(chunks: Sequence[types.GenerateContentResponse]) -> str:
    return "".join(chunk.text or "" for chunk in chunks)


@pytest.mark.parametrize("name", ALL)
def test_whole(client: Client, mesh: Mesh, name: str) -> None:
    answer = client.models.generate_content(
        model=f"on/{name}",
        contents="good morning",
        config=types.GenerateContentConfig(system_instruction="Be kind.", temperature=0.5),
    )
    assert answer.text == "You said: good morning"
    assert answer.candidates is not None
    assert answer.candidates[0].finish_reason is types.FinishReason.STOP
    used = answer.usage_metadata
    assert used is not None
    assert (used.prompt_token_count, used.candidates_token_count) == (24, 4)
    assert used.total_token_count == 28
    headers = answer.sdk_http_response and answer.sdk_http_response.headers
    assert headers
    record = mesh.record(headers["x-request-id"])
    assert (record.dialect, record.endpoint, record.usage.prompt_tokens) == ("generate", name, 24)


@pytest.mark.parametrize("name", ALL)
def test_stream(client: Client, name: str) -> None:
    chunks = list(
        client.models.generate_content_stream(model=f"on/{name}", contents="say: one two three")
    )
    assert texts(chunks) == "one two three"
    last = chunks[-1]
    assert last.candidates is not None
    assert last.candidates[0].finish_reason is types.FinishReason.STOP
    assert last.usage_metadata is not None
    assert last.usage_metadata.candidates_token_count == 3


@pytest.mark.parametrize("name", ALL)
def test_a_chat_of_three_turns(client: Client, name: str) -> None:
    chat = client.chats.create(model=f"on/{name}")
    send = chat.send_message  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    stream = chat.send_message_stream  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    assert send("say: one").text == "one"
    assert texts(list(stream("say: two"))) == "two"
    assert send("say: three").text == "three", "the history is fit to be sent"


@pytest.mark.parametrize("name", THREE)
async def test_async(mesh: Mesh, name: str) -> None:
    async with google_client(mesh).aio as client:
        answer = await client.models.generate_content(model=f"on/{name}", contents="say: aye")
        assert answer.text == "aye"
        stream = await client.models.generate_content_stream(
            model=f"on/{name}", contents="say: one two"
        )
        assert texts([chunk async for chunk in stream]) == "one two"


@pytest.mark.parametrize("name", ALL)
def test_a_limit_of_tokens(client: Client, name: str) -> None:
    # OpenAI's Responses take no lower limit than this.
    limit = 16
    answer = client.models.generate_content(
        model=f"on/{name}",
        contents="say: " + "word " * 20,
        config=types.GenerateContentConfig(max_output_tokens=limit),
    )
    assert answer.text == ("word " * limit).strip()
    assert answer.candidates is not None
    assert answer.candidates[0].finish_reason is types.FinishReason.MAX_TOKENS


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", ALL)
def test_functions_called_by_hand(client: Client, name: str, *, stream: bool) -> None:
    def asked(contents: list[types.Content]) -> list[types.Part]:
        """Return the parts of an answer."""
        model = f"on/{name}"
        if stream:
            chunks = list(
                client.models.generate_content_stream(
                    model=model, contents=list(contents), config=TOOLS
                )
            )
        else:
            chunks = [
                client.models.generate_content(model=model, contents=list(contents), config=TOOLS)
            ]
        return [part for chunk in chunks for part in chunk.parts or []]

    contents = [types.Content(role="user", parts=[types.Part(text="what is it like?")])]
    first = asked(contents)
    calls = [part.function_call for part in first if part.function_call]
    assert [(c.name, c.args) for c in calls] == [
        ("call_weather", {"city": "text"}),
        ("call_clock", {"city": "text"}),
    ]
    results = [
        types.Part(
            function_response=types.FunctionResponse(
                id=call.id, name=call.name, response={"result": said}
            )
        )
        for call, said in zip(calls, ("sunny", "noon"), strict=True)
    ]
    contents += [
        types.Content(role="model", parts=first),
        types.Content(role="user", parts=results),
    ]
    after = asked(contents)
    assert "".join(part.text or "" for part in after) == "result: sunny, noon"


@pytest.mark.parametrize("name", ALL)
def test_functions_called_by_the_sdk_itself(client: Client, name: str) -> None:
    asked: list[str] = []

    def call_weather(city: str) -> str:
        """Tell the weather."""
        asked.append(city)
        return "sunny"

    answer = client.models.generate_content(
        model=f"on/{name}",
        contents="what is it like?",
        config=types.GenerateContentConfig(tools=[call_weather]),
    )
    assert asked == ["text"]
    assert answer.text == "result: sunny"


@pytest.mark.parametrize("name", [n for n in ALL if n != "cohere"])
def test_a_function_that_must_be_called(client: Client, name: str) -> None:
    calling = types.FunctionCallingConfig(
        mode=types.FunctionCallingConfigMode.ANY, allowed_function_names=["call_clock"]
    )
    answer = client.models.generate_content(
        model=f"on/{name}",
        contents="what is it like?",
        config=types.GenerateContentConfig(
            tools=[FUNCTIONS], tool_config=types.ToolConfig(function_calling_config=calling)
        ),
    )
    assert [call.name for call in answer.function_calls or []] == ["call_clock"]


@pytest.mark.parametrize("name", ALL)
def test_structured_output(client: Client, name: str) -> None:
    answer = client.models.generate_content(
        model=f"on/{name}",
        contents="which city?",
        config=types.GenerateContentConfig(
            response_mime_type="application/json", response_schema=City
        ),
    )
    assert answer.parsed == City(name="text", people=1)


@pytest.mark.parametrize("name", ALL)
def test_an_image(client: Client, name: str) -> None:
    image = types.Part.from_bytes(data=base64.b64decode(PNG_BASE64), mime_type="image/png")
    answer = client.models.generate_content(
        model=f"on/{name}", contents=types.Content(parts=[types.Part(text="what is this?"), image])
    )
    assert answer.text == PNG_SEEN


@pytest.mark.parametrize("name", ["gemini", "anthropic", "responses", "vllm"])
def test_thoughts(client: Client, name: str) -> None:
    thinking = types.ThinkingConfig(include_thoughts=True, thinking_level=types.ThinkingLevel.HIGH)
    answer = client.models.generate_content(
        model=f"thinks/{name}",
        contents="why?",
        config=types.GenerateContentConfig(thinking_config=thinking),
    )
    thoughts = [part.text for part in answer.parts or [] if part.thought]
    assert thoughts == ["Thinking about: why?"]
    assert answer.text == "You said: why?"


@pytest.mark.parametrize("name", EMBEDDING)
def test_embeddings(client: Client, name: str) -> None:
    one = client.models.embed_content(model=embedder(name), contents="near the sea")
    assert [e.values for e in one.embeddings or []] == [vector("near the sea")]
    many = client.models.embed_content(
        model=embedder(name), contents=[content("near the sea"), content("by the sea")]
    )
    values = [e.values for e in many.embeddings or []]
    assert values == [vector("near the sea"), vector("by the sea")]
    few = client.models.embed_content(
        model=embedder(name),
        contents="sea",
        config=types.EmbedContentConfig(output_dimensionality=256),
    )
    assert [e.values for e in few.embeddings or []] == [vector("sea", 256)]


@pytest.mark.parametrize("name", ["gemini", "anthropic", "openai", "vllm"])
def test_tokens_are_counted(client: Client, name: str) -> None:
    answer = client.models.count_tokens(model=f"on/{name}", contents="good morning")
    headers = answer.sdk_http_response and answer.sdk_http_response.headers
    assert headers
    if "x-weft-estimated" in headers:
        assert name in ("openai", "vllm"), "the others count for nothing"
        assert answer.total_tokens
    else:
        assert answer.total_tokens == 22


def test_models(client: Client) -> None:
    found = {model.name: model for model in client.models.list()}
    assert {f"models/on/{name}" for name in ALL} <= set(found)
    assert client.models.get(model="on/gemini").name == "models/on/gemini"
    with pytest.raises(errors.ClientError) as caught:
        client.models.get(model="no/such-model")
    assert caught.value.code == 404


TROUBLES = [
    (Trouble.BAD_REQUEST, 400, "INVALID_ARGUMENT"),
    (Trouble.RATE_LIMITED, 429, "RESOURCE_EXHAUSTED"),
    (Trouble.OVERLOADED, 503, "UNAVAILABLE"),
    (Trouble.AUTH, 502, "UNAVAILABLE"),
]


@pytest.mark.parametrize(("trouble", "status", "word"), TROUBLES)
@pytest.mark.parametrize("name", THREE)
def test_what_a_provider_refuses(
    client: Client, mesh: Mesh, name: str, trouble: Trouble, status: int, word: str
) -> None:
    raised = errors.ClientError if status < 500 else errors.ServerError
    mesh.sims[name].queued.extend([Faults(trouble=trouble)] * 2)
    with pytest.raises(raised) as caught:
        client.models.generate_content(model=f"on/{name}", contents="hi")
    assert (caught.value.code, caught.value.status) == (status, word)
    with pytest.raises(raised) as caught:
        list(client.models.generate_content_stream(model=f"on/{name}", contents="hi"))
    assert (caught.value.code, caught.value.status) == (status, word)


def test_a_wrong_key_and_a_wrong_model(mesh: Mesh, client: Client) -> None:
    options = types.HttpOptions(base_url=mesh.url)
    with (
        Client(api_key="weft-wrong", http_options=options) as wrong,
        pytest.raises(errors.ClientError) as caught,
    ):
        wrong.models.generate_content(model="on/gemini", contents="hi")
    assert caught.value.code == 401
    with pytest.raises(errors.ClientError) as caught:
        client.models.generate_content(model="no/such", contents="hi")
    assert caught.value.code == 404


@pytest.mark.parametrize("name", ALL)
def test_an_error_after_the_first_word_is_raised(client: Client, mesh: Mesh, name: str) -> None:
    mesh.sims[name].queued.append(Faults(error_after=8, pace_s=0.002))
    told: list[str] = []
    stream = client.models.generate_content_stream(
        model=f"on/{name}", contents="say: " + "a " * 40 + "end"
    )
    words = (chunk.text or "" for chunk in stream)
    with pytest.raises(errors.APIError):
        told.extend(words)
    text = "".join(told)
    assert text.startswith("a a")
    assert "end" not in text
