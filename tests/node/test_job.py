"""The contract between a request and its client, as types."""

from tests.fakes.desk import FakeClient
from weftline_node.exchange import Exchange
from weftline_node.ingress.connection import ClientConnection
from weftline_node.job import Client, Responder


def client_of(connection: ClientConnection) -> Client:
    return connection


def responder_of(exchange: Exchange) -> Responder:
    return exchange


def test_both_sides_keep_the_contract_that_the_type_checkers_read_here() -> None:
    client: Client = FakeClient()
    assert not client.closing
    assert {client_of.__name__, responder_of.__name__} == {"client_of", "responder_of"}
