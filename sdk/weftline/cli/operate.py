"""The way from a verb to the operator API."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from weftline.cli.output import note

if TYPE_CHECKING:
    from weftline.cli.client import Operator

A = TypeVar("A")


def operate(control: str, work: Callable[["Operator"], Awaitable[A]]) -> A:
    """Return what `work` returns when it is given the control plane at `control`.

    Raises:
        CliError: nobody answers there, or the request is refused.
    """
    # Late: gRPC costs 65 ms, which help and errors in a file need not pay.
    from weftline.cli.client import Operator  # noqa: PLC0415

    async def call() -> A:
        async with Operator(control) as operator:
            answer = await work(operator)
            if operator.stale:
                note("warning: the control plane's store does not answer; this may be old")
            return answer

    return asyncio.run(call())
