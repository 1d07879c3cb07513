"""The official `openai` SDK, unmodified, against a node in front of a real model server."""

import base64
import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import openai
import pytest
from openai.types.chat import ChatCompletionUserMessageParam

from tests.e2e.processes import Weft

pytestmark = pytest.mark.e2e

KEY = "weft-sdk-test-key"
CHAT, EMBED = "weftline/ngram", "weftline/ngram-embed"
HELLO: ChatCompletionUserMessageParam = {"role": "user", "content": "Tell me."}

CONFIG = """\
listen: 127.0.0.1:0
admin: 127.0.0.1:0
keys:
  - {{name: test, key: env:WEFT_TEST_KEY}}
models:
  - {{name: {chat}, aliases: [gpt-4o-mini]}}
  - {{name: {embed}, task: embeddings}}
  - {{name: nowhere/model}}
endpoints:
  - name: ngram
    base_url: {base_url}
    models: {{{chat}: ngram, {embed}: ngram-embed}}
  - name: closed
    base_url: http://127.0.0.1:9/v1
    models: {{nowhere/model: any}}
"""


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("sdk")
    with Weft("bench", "endpoint", "--listen", "127.0.0.1:0", log=folder / "endpoint.log") as model:
        config = Path(folder / "weft.yaml")
        config.write_text(CONFIG.format(chat=CHAT, embed=EMBED, base_url=model.ready["base_url"]))
        environ = {"WEFT_TEST_KEY": KEY}
        with Weft("node", "--config", str(config), log=folder / "n.log", environ=environ) as node:
            yield node.ready["base_url"]


@pytest.fixture
def client(base_url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=base_url, api_key=KEY, max_retries=0) as client:
        yield client


def test_chat(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model=CHAT, messages=[HELLO], max_tokens=16)
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason in ("stop", "length")
    assert answer.usage is not None
    assert answer.usage.completion_tokens > 0


def test_an_alias_is_a_model(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="gpt-4o-mini", messages=[HELLO], max_tokens=4)
    assert answer.choices[0].message.content


def test_stream(client: openai.OpenAI) -> None:
    with client.chat.completions.create(
        model=CHAT, messages=[HELLO], max_tokens=16, stream=True
    ) as stream:
        chunks = list(stream)
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert [c.usage for c in chunks if c.usage] == [], "it was not asked for"
    assert len({c.id for c in chunks}) == 1


def test_stream_with_usage(client: openai.OpenAI) -> None:
    with client.chat.completions.create(
        model=CHAT,
        messages=[HELLO],
        max_tokens=16,
        stream=True,
        stream_options={"include_usage": True},
    ) as stream:
        usages = [chunk.usage for chunk in stream if chunk.usage is not None]
    assert usages[-1].completion_tokens > 0


def test_stream_with_a_seed_says_the_same_as_whole(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(model=CHAT, messages=[HELLO], max_tokens=16, seed=7)
    with client.chat.completions.create(
        model=CHAT, messages=[HELLO], max_tokens=16, seed=7, stream=True
    ) as stream:
        text = "".join(c.choices[0].delta.content or "" for c in stream if c.choices)
    assert text == whole.choices[0].message.content


async def test_async(base_url: str) -> None:
    async with openai.AsyncOpenAI(base_url=base_url, api_key=KEY, max_retries=0) as client:
        answer = await client.chat.completions.create(model=CHAT, messages=[HELLO], max_tokens=8)
        assert answer.choices[0].message.content
        text = ""
        stream = await client.chat.completions.create(
            model=CHAT, messages=[HELLO], max_tokens=8, stream=True
        )
        async for chunk in stream:
            text += chunk.choices[0].delta.content or "" if chunk.choices else ""
        assert text


def test_embeddings_in_base64_which_is_the_default(client: openai.OpenAI) -> None:
    answer = client.embeddings.create(model=EMBED, input=["near the sea", "by the sea"])
    assert [item.index for item in answer.data] == [0, 1]
    assert answer.usage.prompt_tokens > 0
    raw = client.embeddings.create(model=EMBED, input="near the sea", encoding_format="base64")
    # The SDK's type says floats; asked for base64 it hands over the string as it came.
    data = base64.b64decode(cast("str", cast("object", raw.data[0].embedding)))
    floats = struct.unpack(f"<{len(data) // 4}f", data)
    assert answer.data[0].embedding == pytest.approx(floats)
    assert math.hypot(*floats) == pytest.approx(1.0, rel=1e-3)


def test_models(client: openai.OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert {CHAT, EMBED} <= set(names)
    assert client.models.retrieve(CHAT).id == CHAT
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("no/such-model")


def test_the_answer_says_where_it_came_from(client: openai.OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(
        model=CHAT, messages=[HELLO], max_tokens=1
    )
    assert raw.headers["x-weft-endpoint"] == "ngram"
    assert raw.headers["x-weft-attempts"] == "1"
    assert raw.headers["x-request-id"].startswith("req_")
    for name in ("x-weft-pop", "x-weft-revision", "server-timing"):
        assert raw.headers[name]


def test_a_wrong_key_is_an_authentication_error(base_url: str) -> None:
    wrong = "weft-wrong-and-secret"
    with (
        openai.OpenAI(base_url=base_url, api_key=wrong) as client,
        pytest.raises(openai.AuthenticationError) as caught,
    ):
        client.chat.completions.create(model=CHAT, messages=[HELLO])
    assert wrong not in str(caught.value)


def test_an_unknown_model_is_not_found(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="no/such-model", messages=[HELLO])
    assert caught.value.code == "model_not_found"


def test_a_wrong_field_is_a_bad_request(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model=CHAT, messages=[])


def test_a_wrong_type_of_a_field_is_a_bad_request(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model=CHAT, messages=[HELLO], extra_body={"stream": "yes"})
    assert caught.value.param == "stream"


def test_a_dead_endpoint_is_an_internal_server_error(client: openai.OpenAI) -> None:
    with pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(model="nowhere/model", messages=[HELLO])
    assert caught.value.status_code in (502, 503)
