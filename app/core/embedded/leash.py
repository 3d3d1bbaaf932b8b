"""Starts a process that dies with its parent, in its own group, as the account it should have."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from app.core.embedded.account import Account

PR_SET_PDEATHSIG = 1
# Loaded before any fork: between fork and exec nothing may import or take a lock.
_libc = ctypes.CDLL(None, use_errno=True)


def spawn(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    account: Account,
    output: int | IO[bytes],
    death_signal: signal.Signals = signal.SIGKILL,
) -> subprocess.Popen[bytes]:
    """Start a process on a leash.

    Call it from the main thread: the kernel sends the death signal when the *thread* that forked ends.

    Args:
        account: who the process runs as.
        output: file or descriptor that gets its standard output and error.
        death_signal: what the kernel sends it when this process is gone, even by kill -9.
    """
    identity = account.identity()
    return subprocess.Popen(
        list(argv),
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        process_group=0,
        # Runs after the change of user, which would clear the death signal.
        preexec_fn=_tie_to_parent(os.getpid(), death_signal),  # noqa: PLW1509 (we have no threads)
        user=identity.uid if identity else None,
        group=identity.gid if identity else None,
        extra_groups=[] if identity else None,
    )


def _tie_to_parent(parent_pid: int, death_signal: signal.Signals) -> Callable[[], None]:
    def tie() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent_pid:  # the parent died between fork and prctl
            os._exit(1)

    return tie
