"""The `weft` command."""


def main() -> None:
    """Run the command."""
