"""The client of the operator API: values in and out, refusals in words, deadlines kept."""

import socket

import grpc
import pytest

from tests.fakes.operator import AT_UNIX_MS, CannedOperator
from weftline.cli.client import Operator
from weftline.cli.errors import CliError, ExitCode
from weftline_core.desired import Model, Pop
from weftline_core.errors import OperatorError


async def test_values_there_and_back(operator: CannedOperator, control: str) -> None:
    async with Operator(control) as client:
        answer = await client.apply([Model(name="m"), Pop(name="ams", drain=True)])
        assert [(c.ref, c.what) for c in answer.changes] == [
            ("Model/m", "created"),
            ("Pop/ams", "changed"),
        ]
        assert answer.revision == 8
        assert await client.get("Model/m") == Model(name="m")
        assert await client.resources("Pop") == [Pop(name="ams", drain=True)]
        assert len(await client.resources()) == len(operator.desired.resources)
        assert (await client.delete("Model/m")).change.what == "deleted"
        assert (await client.drain("Pop/ams", undo=True)).change.ref == "Pop/ams"
        assert [node.id for node in await client.nodes()] == ["ams", "iad"]
        assert (await client.table()).at_unix_ms == AT_UNIX_MS
        assert not client.stale


async def test_a_dry_run_is_asked_for(operator: CannedOperator, control: str) -> None:
    async with Operator(control) as client:
        assert (await client.apply([Model(name="m")], dry_run=True)).revision == 7
        await client.delete("Model/m", dry_run=True)
    assert [getattr(request, "dry_run", None) for request in operator.asked] == [True, True]


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        (grpc.StatusCode.NOT_FOUND, ExitCode.NOT_FOUND),
        (grpc.StatusCode.INVALID_ARGUMENT, ExitCode.USAGE),
        (grpc.StatusCode.FAILED_PRECONDITION, ExitCode.FAILED),
        (grpc.StatusCode.UNAVAILABLE, ExitCode.UNAVAILABLE),
    ],
)
async def test_a_refusal_keeps_the_servers_words(
    operator: CannedOperator, control: str, code: grpc.StatusCode, exit_code: ExitCode
) -> None:
    operator.fails = (code, "because I say so")
    async with Operator(control) as client:
        with pytest.raises(CliError) as refused:
            await client.get("Model/m")
    assert (refused.value.message, refused.value.code) == ("because I say so", exit_code)


async def test_a_refusal_names_each_path(operator: CannedOperator, control: str) -> None:
    operator.fails = (grpc.StatusCode.INVALID_ARGUMENT, "two things are wrong")
    operator.violations = [("Endpoint/x", "slots must be above 0"), ("", "and something else")]
    async with Operator(control) as client:
        with pytest.raises(CliError) as refused:
            await client.apply([Model(name="m")])
    assert refused.value.lines() == [
        "error: two things are wrong",
        "  Endpoint/x: slots must be above 0",
        "  and something else",
    ]
    operator.fails = (grpc.StatusCode.INVALID_ARGUMENT, "Endpoint/x: slots must be above 0")
    async with Operator(control) as client:
        with pytest.raises(CliError) as refused:
            await client.apply([Model(name="m")])
    assert refused.value.details == ("and something else",), "each reason is told once"


async def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        async with Operator(address) as client:
            with pytest.raises(CliError, match=f"no control plane answers at {address}") as away:
                await client.nodes()
    assert away.value.code is ExitCode.UNAVAILABLE
    assert away.value.hint is not None
    assert "weft up" in away.value.hint


async def test_silence_has_an_end(operator: CannedOperator, control: str) -> None:
    operator.silent = True
    async with Operator(control, deadline_s=0.1) as client:
        with pytest.raises(CliError, match="did not answer in time") as away:
            await client.table()
    assert away.value.code is ExitCode.UNAVAILABLE


async def test_another_server_is_not_taken_for_ours(operator: CannedOperator, control: str) -> None:
    operator.fails = (grpc.StatusCode.UNIMPLEMENTED, "Method not found!")
    async with Operator(control) as client:
        with pytest.raises(CliError, match="does not know this call"):
            await client.table()


async def test_an_answer_from_memory_is_marked(operator: CannedOperator, control: str) -> None:
    operator.stale = True
    async with Operator(control) as client:
        await client.resources()
        assert client.stale


def test_what_is_no_address_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(OperatorError, match=r"^--control: expected host:port"):
        Operator("host")
