"""Something that a supervisor takes for a worker: it says that it is ready, and waits. No test module: it is run.

STAND_IN=stubborn makes it deaf to SIGTERM, STAND_IN=failing makes it end as soon as it has its orders.
"""

import os
import signal
import socket
import sys


def main() -> int:
    """Be hired, be ready, and take what comes."""
    how = os.environ.get("STAND_IN", "")
    if how == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    end = socket.socket(fileno=os.dup(0))
    end.send(b"hired")
    orders, _files, _, _ = socket.recv_fds(end, 65_536, 1)
    if how == "failing" or not orders:
        return 3
    print("a line of its log", file=sys.stderr, flush=True)  # noqa: T201  # what its parent hands on
    end.send(b"ready")
    while socket.recv_fds(end, 65_536, 1)[0]:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
