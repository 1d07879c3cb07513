"""What the `weft` command says when it fails, and the exit codes that scripts may rely on."""

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended. The numbers are an interface and do not change."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    UNAVAILABLE = 4


class CliError(Exception):
    """A failure told to the person at the terminal in `message`.

    details: one line each, as in `resources[0].endpoint.slots: must be in [1, 100000]`.
    hint: what to do next, if anybody can know.
    """

    def __init__(
        self,
        message: str,
        *,
        code: ExitCode = ExitCode.FAILED,
        details: tuple[str, ...] = (),
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.details = details
        self.hint = hint

    def lines(self) -> list[str]:
        """Return what is printed on stderr."""
        out = [f"error: {self.message}", *(f"  {detail}" for detail in self.details)]
        return [*out, f"  {self.hint}"] if self.hint else out
