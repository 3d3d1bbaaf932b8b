"""Makes the app once and forks a relay of it at each SIGUSR1; its pid is added to the file that is named.

A relay that starts from nothing imports the product, which takes a minute on a busy machine; a test that kills twenty
would mostly wait. What runs, and dies, is the same: a process of its own with its own connections.
"""

import os
import signal
import sys
import threading
from pathlib import Path

from app import create_app
from app.core import relay
from app.core.embedded.leash import _tie_to_parent  # what `spawn` gives a child, for one that does not exec

ASKED = {signal.SIGUSR1, signal.SIGTERM}


def main(pids: Path) -> None:
    """Fork whenever asked, until told to end; the relays end with their nursery."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ASKED)
    app = create_app()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    tie = _tie_to_parent(os.getpid(), signal.SIGKILL)
    pids.touch()
    while signal.sigwait(ASKED) == signal.SIGUSR1:
        pid = os.fork()
        if pid == 0:
            tie()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ASKED)
            relay.run(app, threading.Event())
            os._exit(0)
        with pids.open("a") as known:
            known.write(f"{pid}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
