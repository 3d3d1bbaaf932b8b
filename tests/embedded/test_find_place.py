"""Where the servers live when the user they run as cannot enter the home."""

import os
import shutil

import pytest

from app.core.embedded import reset
from app.core.embedded.place import find_place, read_pointer
from app.core.embedded.ports import find_free_port
from app.core.embedded.postgres import Postgres


@pytest.fixture
def closed_home(tmp_path):
    """A home below a folder only we can enter, as in a clone with mode 0700."""
    tmp_path.chmod(0o700)
    home = tmp_path / "var"
    yield home
    if elsewhere := read_pointer(home):
        shutil.rmtree(elsewhere)


def test_a_server_starts_from_a_closed_folder_and_its_data_is_found_and_deleted(closed_home):
    place = find_place(closed_home)
    server = Postgres(place, find_free_port(), "superuser")
    server.start()
    server.stop()
    assert server.folder in reset.list_data(closed_home)
    assert (read_pointer(closed_home) is not None) == (os.geteuid() == 0)
    assert bool(place.note) == (os.geteuid() == 0)
    reset.delete_data(closed_home)
    assert not server.folder.exists()


def test_the_same_home_is_found_again(closed_home):
    first, second = find_place(closed_home), find_place(closed_home)
    assert first == second


def test_a_home_removed_by_hand_begins_anew_and_its_old_data_is_kept_aside(closed_home):
    data = find_place(closed_home).data
    (data / "postgres").mkdir()
    shutil.rmtree(closed_home)
    again = find_place(closed_home)
    assert again.data == data
    assert not (again.data / "postgres").exists()
    for kept in data.parent.glob(f"{data.name}.old-*"):
        shutil.rmtree(kept)
