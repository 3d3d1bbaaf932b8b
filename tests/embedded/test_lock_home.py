"""One supervisor per home."""

import os
import signal
import subprocess
import sys

import pytest

from app.core.embedded.lock import AlreadyRunning, find_holder, take_lock, wait_until_free
from tests.site import wait_for

HOLD = """
import pathlib, signal, sys
from app.core.embedded.lock import take_lock
lock = take_lock(pathlib.Path(sys.argv[1]), "http://127.0.0.1:3999")
signal.pause()
"""


@pytest.fixture
def holder(tmp_path):
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)]) as process:
        wait_for(lambda: find_holder(tmp_path) is not None)
        yield process
        process.kill()


def test_the_second_is_told_the_pid_and_the_address_of_the_first(holder, tmp_path):
    with pytest.raises(AlreadyRunning, match=rf"pid {holder.pid} on http://127\.0\.0\.1:3999.*bin/down"):
        take_lock(tmp_path, "http://127.0.0.1:3000")


def test_a_killed_holder_blocks_nobody(holder, tmp_path):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert find_holder(tmp_path) is None
    take_lock(tmp_path, "http://127.0.0.1:3000").close()


def test_waiting_ends_when_the_holder_does(holder, tmp_path):
    assert not wait_until_free(tmp_path, 0.2)
    holder.kill()
    assert wait_until_free(tmp_path, 10)


def test_a_home_nobody_ever_started_has_no_holder(tmp_path):
    assert find_holder(tmp_path) is None
