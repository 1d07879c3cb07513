"""Resources survive the wire, and what the wire leaves unset gets the struct's default."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weftline.wire import from_wire, to_wire
from weftline_core.desired import KINDS, Credential, Endpoint, Key, Model, Pop, Resource
from weftline_core.prices import RATE_MAX, Meter, Offer, Price
from weftline_proto.control.v1 import types_pb2

NAMES = st.from_regex(r"[a-z0-9]{1,12}", fullmatch=True)
MODALITIES = st.lists(st.sampled_from(["text", "image", "vector"]), min_size=1).map(tuple)
OFFERS = st.builds(
    Offer,
    provider=NAMES,
    model=NAMES,
    prices=st.lists(
        st.builds(
            Price,
            since=st.none() | st.just("2026-01-31"),
            rates=st.dictionaries(st.sampled_from(Meter), st.integers(0, RATE_MAX)),
        ),
        max_size=2,
    ).map(tuple),
)
RESOURCES: st.SearchStrategy[Resource] = st.one_of(
    st.builds(
        Model,
        name=NAMES,
        task=st.sampled_from(["chat", "embeddings"]),
        aliases=st.lists(NAMES, max_size=3).map(tuple),
        policy=st.sampled_from(["latency", "nearest", "round_robin", "weighted"]),
        first_token_ms=st.none() | st.integers(1, 600_000),
        owned_by=NAMES,
        inputs=MODALITIES,
        outputs=MODALITIES,
        context_tokens=st.none() | st.integers(1, 2**31),
        output_tokens_max=st.none() | st.integers(1, 2**31),
        refuses=st.lists(NAMES, max_size=2).map(tuple),
        reasoning=st.sampled_from([None, "effort", "adaptive", "budget", "level"]),
        retires=st.none() | st.just("2027-01-31"),
        offers=st.lists(OFFERS, max_size=2).map(tuple),
        cache_ttl_s=st.none() | st.integers(1, 31 * 24 * 3600),
    ),
    st.builds(
        Endpoint,
        name=NAMES,
        base_url=st.just("http://127.0.0.1:1/v1"),
        models=st.dictionaries(NAMES, NAMES, max_size=3),
        provider=NAMES,
        region=st.none() | NAMES,
        secret=st.none() | st.just("env:A_KEY"),
        slots=st.integers(1, 100_000),
        weight=st.integers(0, 100_000),
        drain=st.booleans(),
        credentials=st.lists(NAMES, max_size=3).map(tuple),
        options=st.dictionaries(NAMES, NAMES, max_size=3),
    ),
    st.builds(
        Credential,
        name=NAMES,
        provider=NAMES,
        sealed=st.none() | NAMES,
        env=st.none() | NAMES,
        alias=NAMES,
        requests_per_minute=st.none() | st.integers(1, 10**9),
        tokens_per_minute=st.none() | st.integers(1, 10**9),
        hosts=st.lists(NAMES, max_size=3).map(tuple),
    ),
    st.builds(Key, name=NAMES, digest=NAMES, tenant=NAMES),
    st.builds(Pop, name=NAMES, drain=st.booleans()),
)


@settings(max_examples=60)
@given(RESOURCES)
def test_there_and_back(resource: Resource) -> None:
    data = to_wire(resource).SerializeToString()
    assert from_wire(types_pb2.Resource.FromString(data)) == resource


@pytest.mark.parametrize("kind", KINDS.values())
def test_no_field_is_left_behind(kind: type[Resource]) -> None:
    wire = types_pb2.DESCRIPTOR.message_types_by_name[kind.__name__]
    names = {field.name.removesuffix("_json") for field in wire.fields}
    assert names == set(kind.__struct_fields__)
    assert kind.__name__.lower() in types_pb2.Resource.DESCRIPTOR.fields_by_name


def test_an_endpoint_is_printed_alike_each_time() -> None:
    models = dict.fromkeys("zxcvbnmasdfghjkl", "there")
    wire = to_wire(Endpoint(name="e", base_url="http://h/v1", models=models))
    read = from_wire(wire)
    assert isinstance(read, Endpoint)
    assert list(read.models) == sorted(models)


def test_what_is_unset_gets_the_default() -> None:
    model = types_pb2.Resource(model=types_pb2.Model(name="m"))
    assert from_wire(model) == Model(name="m")
    endpoint = types_pb2.Endpoint(name="e", base_url="http://h/v1", models={"m": "m"})
    assert from_wire(types_pb2.Resource(endpoint=endpoint)) == Endpoint(
        name="e", base_url="http://h/v1", models={"m": "m"}
    )
    assert from_wire(types_pb2.Resource(key=types_pb2.Key(name="k"))) == Key(name="k", digest="")
    credential = types_pb2.Credential(name="c", provider="p", env="A_KEY")
    assert from_wire(types_pb2.Resource(credential=credential)) == Credential(
        name="c", provider="p", env="A_KEY"
    )


@pytest.mark.parametrize(
    ("wire", "named"),
    [
        (types_pb2.Resource(), "kind"),
        (types_pb2.Resource(model=types_pb2.Model(name="m", policy="psychic")), "psychic"),
        (types_pb2.Resource(model=types_pb2.Model(name="m", inputs=["smell"])), "smell"),
        (types_pb2.Resource(model=types_pb2.Model(name="m", offers_json="{")), "offers_json"),
        (types_pb2.Resource(model=types_pb2.Model(name="m", offers_json='[{"x":1}]')), "Model/m"),
    ],
)
def test_what_a_newer_side_may_say_is_refused_by_name(wire: types_pb2.Resource, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        from_wire(wire)


def test_a_task_of_a_newer_side_is_refused() -> None:
    # Proto3 enums are open: an unknown number arrives as it is.
    wire = types_pb2.Model.FromString(bytes([0x0A, 1, ord("m"), 0x10, 9]))
    with pytest.raises(ValueError, match="number 9"):
        from_wire(types_pb2.Resource(model=wire))
