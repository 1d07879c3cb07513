"""Resources between their protobuf form and the core's structs.

The other side may be newer: a kind, task or policy that this version does not know is a
`ValueError` with the name in it, never a guess. What the wire leaves unset gets the struct's
default.
"""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from weftline_core.desired import Credential, Endpoint, Key, Model, Pop, Resource
from weftline_proto.control.v1 import types_pb2

R = TypeVar("R", Model, Endpoint, Key, Credential, Pop)

_TASKS = {"chat": types_pb2.TASK_CHAT, "embeddings": types_pb2.TASK_EMBEDDINGS}
_TASK_NAMES: dict[int, str] = {wire: task for task, wire in _TASKS.items()}


def to_wire(resource: Resource) -> types_pb2.Resource:
    """Return the protobuf form of a resource."""
    match resource:
        case Model():
            return types_pb2.Resource(model=_model_to_wire(resource))
        case Endpoint():
            return types_pb2.Resource(endpoint=_endpoint_to_wire(resource))
        case Key(name=name, digest=digest, tenant=tenant):
            return types_pb2.Resource(key=types_pb2.Key(name=name, digest=digest, tenant=tenant))
        case Credential():
            return types_pb2.Resource(credential=_credential_to_wire(resource))
        case Pop(name=name, drain=drain):
            return types_pb2.Resource(pop=types_pb2.Pop(name=name, drain=drain))


def from_wire(wire: types_pb2.Resource) -> Resource:
    """Return the resource of its protobuf form.

    Raises:
        ValueError: a kind, task or policy that this version does not know.
    """
    match wire.WhichOneof("kind"):
        case "model":
            return _model_from_wire(wire.model)
        case "endpoint":
            return _endpoint_from_wire(wire.endpoint)
        case "key":
            key = wire.key
            given = {"name": key.name, "digest": key.digest, "tenant": key.tenant or None}
            return _struct(Key, given)
        case "credential":
            return _credential_from_wire(wire.credential)
        case "pop":
            return Pop(name=wire.pop.name, drain=wire.pop.drain)
        case _:
            raise ValueError("a resource of a kind that this version does not know")


def _model_to_wire(model: Model) -> types_pb2.Model:
    return types_pb2.Model(
        name=model.name,
        task=_TASKS[model.task],
        aliases=model.aliases,
        policy=model.policy,
        first_token_ms=model.first_token_ms or 0,
        owned_by=model.owned_by,
        inputs=model.inputs,
        outputs=model.outputs,
        context_tokens=model.context_tokens or 0,
        output_tokens_max=model.output_tokens_max or 0,
        refuses=model.refuses,
        reasoning=model.reasoning or "",
        retires=model.retires or "",
        cache_ttl_s=model.cache_ttl_s or 0,
        offers_json=msgspec.json.encode(model.offers).decode() if model.offers else "",
    )


def _model_from_wire(wire: types_pb2.Model) -> Model:
    given = {
        "name": wire.name,
        "task": _TASK_NAMES.get(wire.task, f"number {wire.task}") if wire.task else None,
        "aliases": tuple(wire.aliases),
        "policy": wire.policy or None,
        "first_token_ms": wire.first_token_ms or None,
        "owned_by": wire.owned_by or None,
        "inputs": tuple(wire.inputs) or None,
        "outputs": tuple(wire.outputs) or None,
        "context_tokens": wire.context_tokens or None,
        "output_tokens_max": wire.output_tokens_max or None,
        "refuses": tuple(wire.refuses),
        "reasoning": wire.reasoning or None,
        "retires": wire.retires or None,
        "cache_ttl_s": wire.cache_ttl_s or None,
        "offers": _offers(wire),
    }
    return _struct(Model, given)


def _offers(wire: types_pb2.Model) -> object:
    if not wire.offers_json:
        return None
    try:
        return msgspec.json.decode(wire.offers_json)
    except msgspec.DecodeError as e:
        raise ValueError(f"Model/{wire.name}: offers_json is no JSON: {e}") from e


def _endpoint_to_wire(endpoint: Endpoint) -> types_pb2.Endpoint:
    return types_pb2.Endpoint(
        name=endpoint.name,
        base_url=endpoint.base_url,
        models=endpoint.models,
        provider=endpoint.provider,
        region=endpoint.region or "",
        secret=endpoint.secret or "",
        slots=endpoint.slots,
        weight=endpoint.weight,
        drain=endpoint.drain,
        credentials=endpoint.credentials,
        options=endpoint.options,
    )


def _endpoint_from_wire(wire: types_pb2.Endpoint) -> Endpoint:
    given = {
        "name": wire.name,
        "base_url": wire.base_url,
        # A protobuf map has no order, not even the same one twice.
        "models": dict(sorted(wire.models.items())),
        "provider": wire.provider or None,
        "region": wire.region or None,
        "secret": wire.secret or None,
        "slots": wire.slots or None,
        "weight": wire.weight if wire.HasField("weight") else None,
        "drain": wire.drain,
        "credentials": tuple(wire.credentials),
        "options": dict(sorted(wire.options.items())),
    }
    return _struct(Endpoint, given)


def _credential_to_wire(credential: Credential) -> types_pb2.Credential:
    return types_pb2.Credential(
        name=credential.name,
        provider=credential.provider,
        sealed=credential.sealed or "",
        env=credential.env or "",
        alias=credential.alias,
        requests_per_minute=credential.requests_per_minute or 0,
        tokens_per_minute=credential.tokens_per_minute or 0,
        hosts=credential.hosts,
    )


def _credential_from_wire(wire: types_pb2.Credential) -> Credential:
    given = {
        "name": wire.name,
        "provider": wire.provider,
        "sealed": wire.sealed or None,
        "env": wire.env or None,
        "alias": wire.alias or None,
        "requests_per_minute": wire.requests_per_minute or None,
        "tokens_per_minute": wire.tokens_per_minute or None,
        "hosts": tuple(wire.hosts),
    }
    return _struct(Credential, given)


def _struct(kind: type[R], given: Mapping[str, object]) -> R:
    try:
        return msgspec.convert({k: v for k, v in given.items() if v is not None}, kind)
    except msgspec.ValidationError as e:
        raise ValueError(f"{kind.__name__}/{given['name']}: {e}") from e
