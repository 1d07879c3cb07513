"""Run a command that dies with the process that started it: `tether.py PARENT_PID COMMAND...`.

A script of its own, run with nothing but the standard library and before the command replaces it:
asking for the signal between fork and exec would run Python in a forked, threaded parent.
"""

import ctypes
import os
import signal
import sys

# From <sys/prctl.h>.
PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Tie this process to its parent, then become the command."""
    parent, *command = arguments
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        # The parent may have died before the line above took hold.
        if os.getppid() != int(parent):
            return
    os.execvp(command[0], command)  # noqa: S606  # the parent's own choice of command


if __name__ == "__main__":
    main(sys.argv[1:])
