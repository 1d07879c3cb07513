"""What Amazon's own library makes of bytes, requests and bodies; it has no types of its own."""

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
from typing import Any
from unittest import mock

from weftline_core.sigv4 import AwsKeys, Scope

_auth: Any = import_module("botocore.auth")
_awsrequest: Any = import_module("botocore.awsrequest")
_credentials: Any = import_module("botocore.credentials")
_eventstream: Any = import_module("botocore.eventstream")
_session: Any = import_module("botocore.session")
_validate: Any = import_module("botocore.validate")


def signed(
    url: str, headers: Mapping[str, str], body: bytes, keys: AwsKeys, scope: Scope, at_unix_s: float
) -> dict[str, str]:
    """Return the headers of a signed POST, by lower-case name."""
    request = _awsrequest.AWSRequest(method="POST", url=url, data=body, headers=headers)
    given = _credentials.Credentials(keys.access_key_id, keys.secret_access_key, keys.session_token)
    now = datetime.fromtimestamp(at_unix_s, UTC).replace(tzinfo=None)
    with mock.patch("botocore.auth.get_current_datetime", return_value=now):
        _auth.SigV4Auth(given, scope.service, scope.region).add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


def messages(wire: bytes) -> list[tuple[dict[str, object], bytes]]:
    """Return the headers and payload of each message of an event stream.

    Raises:
        ValueError: it is damaged.
    """
    buffer = _eventstream.EventStreamBuffer()
    buffer.add_data(wire)
    try:
        return [(message.headers, message.payload) for message in buffer]
    except Exception as e:  # every kind of error there means the same
        raise ValueError("damaged") from e


_SESSION = _session.Session()
_MODEL = _SESSION.get_service_model("bedrock-runtime")


def regions() -> frozenset[str]:
    """Return the names of Amazon's regions."""
    return frozenset(_SESSION.get_available_regions("ec2"))


def address(region: str) -> str:
    """Return where Bedrock is in a region."""
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    client = _SESSION.create_client("bedrock-runtime", region_name=region, **keys)
    return str(client.meta.endpoint_url)


def problems(operation: str, body: Mapping[str, object]) -> str:
    """Return what is wrong with a request's body, by the service's own model; or nothing."""
    shape = _MODEL.operation_model(operation).input_shape
    found = _validate.ParamValidator().validate({"modelId": "m", **body}, shape)
    return str(found.generate_report())
