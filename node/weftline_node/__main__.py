"""The node's own process: `python -m weftline_node LAUNCH`, which `weft node` turns into.

It starts from a clean interpreter on purpose: the command line's libraries cost 10 MB that a PoP
would carry for as long as it lives.
"""

import os
import sys

import msgspec

from weftline.cli.errors import ExitCode
from weftline.process import CannotListen
from weftline_core.errors import MeshError
from weftline_node.launch import Launch
from weftline_node.process import run


def main(arguments: list[str]) -> int:
    """Run a node and return the exit code."""
    try:
        run(msgspec.json.decode(arguments[0], type=Launch), os.environ)
    except MeshError as e:
        sys.stderr.write(f"error: {e.message}\n")
        return ExitCode.FAILED if isinstance(e, CannotListen) else ExitCode.USAGE
    return ExitCode.OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
