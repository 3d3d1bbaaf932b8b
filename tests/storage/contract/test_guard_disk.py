"""This disk: durable before it is acknowledged, whole or not there, and never outside its folder."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.storage.adapters.local import Local
from app.storage.adapters.protocol import ObjectMissing, ProviderRefused, StorageFull
from app.storage.signing import OurAddresses
from tests.storage.contract.places import Dripping, body_of, make_local, random_bytes

ROOT = Path(__file__).parents[3]
KEY = "1/temp/aa/aaaaaaaaaaaaaaaaaaaaaaaaaa"
OTHER = "1/temp/aa/aabbbbbbbbbbbbbbbbbbbbbbbb"
# The adapter alone: all of the product takes seconds to import.
BARE = """
import sys, types
bare = types.ModuleType("app")
bare.__path__ = ["app"]
sys.modules["app"] = bare
"""
FILL = """
import resource, sys
from pathlib import Path
from app.storage.adapters.local import Local
from app.storage.adapters.protocol import StorageFull
from app.storage.signing import OurAddresses
from tests.storage.contract.places import Dripping
root, kind = Path(sys.argv[1]), sys.argv[2]
if kind == "limit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
disk = Local(root, OurAddresses(), spare_bytes=-(1 << 40))  # no look at the free space beforehand
try:
    disk.put("1/temp/aa/full", Dripping(bytes(4 << 20)), size_bytes=4 << 20, content_type="a/b")
except StorageFull:
    left = [path for path in root.rglob("*") if path.is_file()]
    sys.exit(f"left {left}" if left else 0)
sys.exit("it was not full")
"""
DIE = """
import os, signal, sys
from pathlib import Path
from app.storage.adapters.local import Local
from app.storage.signing import OurAddresses
class Fatal:
    at = 0
    def read(self, size=-1):
        self.at += 1
        if self.at > 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return bytes(65536)
Local(Path(sys.argv[1]), OurAddresses()).put("1/temp/aa/dies", Fatal(), size_bytes=1 << 20, content_type="a/b")
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of the files."""
    return tmp_path / "files"


@pytest.fixture
def disk(root: Path) -> Local:
    """The provider."""
    found = make_local(root)
    assert isinstance(found, Local)
    return found


def put(disk: Local, data: bytes = b"data", key: str = KEY) -> None:
    """Store something."""
    disk.put(key, body_of(data), size_bytes=len(data), content_type="a/b")


def files_in(folder: Path) -> list[Path]:
    """Return all files below a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]


def test_file_and_folder_are_on_the_disk_before_it_is_said(
    disk: Local, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real: Callable[[int], None] = os.fsync

    def watch(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", watch)
    put(disk)
    below = root / "objects/1/temp/aa"
    assert synced[-1] == str(below)  # the name, last
    assert any("staging" in path for path in synced[:-1])  # the bytes, before they had one
    for made in (root, root / "objects", root / "objects/1", root / "objects/1/temp"):
        assert str(made) in synced  # every new folder's own name


def test_a_reader_never_sees_half_a_file(disk: Local) -> None:
    class Looking(Dripping):
        def read(self, size: int | None = -1) -> bytes:
            with pytest.raises(ObjectMissing):
                disk.stat(KEY)
            assert not list(disk.list(""))
            return super().read(size)

    data = random_bytes(300_000)
    disk.put(KEY, Looking(data), size_bytes=len(data), content_type="a/b")  # type: ignore[arg-type]
    assert disk.stat(KEY).size_bytes == len(data)


def test_only_we_and_our_group_may_read(disk: Local, root: Path) -> None:
    before = os.umask(0)
    try:
        put(disk)
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in root.rglob("*") if path.is_dir()} == {0o750}
    assert {path.stat().st_mode & 0o777 for path in files_in(root)} == {0o640}


def test_who_reads_goes_on_while_it_is_deleted(disk: Local) -> None:
    data = random_bytes(3 << 20)
    put(disk, data)
    with disk.open(KEY) as pieces:
        first = next(pieces)
        disk.delete([KEY])
        assert first + b"".join(pieces) == data


@pytest.mark.parametrize("level", ["objects", "objects/1", "objects/1/temp", "objects/1/temp/aa"])
def test_no_folder_on_the_way_may_be_a_link(disk: Local, root: Path, tmp_path: Path, level: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (root / level).parent.mkdir(parents=True)
    (root / level).symlink_to(outside)
    for attack in (lambda: put(disk), lambda: disk.stat(KEY), lambda: disk.delete([KEY])):
        with pytest.raises(ProviderRefused):
            attack()
    with pytest.raises(ProviderRefused), disk.open(KEY):
        pass
    assert not files_in(outside)


def test_a_link_in_place_of_a_file_is_never_followed(disk: Local, root: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    put(disk, b"x", OTHER)
    (root / "objects" / KEY).symlink_to(secret)
    with pytest.raises(ProviderRefused):
        disk.stat(KEY)
    with pytest.raises(ProviderRefused), disk.open(KEY):
        pass
    with pytest.raises(ProviderRefused):
        disk.copy(KEY, "1/temp/aa/copy")
    with pytest.raises(ProviderRefused):
        put(disk)
    assert [one.key for page in disk.list("") for one in page] == [OTHER]
    disk.delete([KEY])
    assert secret.read_text() == "secret"
    assert not (root / "objects" / KEY).is_symlink()


def test_pipes_and_folders_are_no_files(disk: Local, root: Path) -> None:
    put(disk, b"x", OTHER)
    os.mkfifo(root / "objects" / KEY)
    (root / "objects/1/temp/aa/folder").mkdir()
    for key in (KEY, "1/temp/aa/folder"):
        with pytest.raises(ProviderRefused):
            disk.stat(key)  # and does not wait for somebody to write
    assert [one.key for page in disk.list("") for one in page] == [OTHER]


def test_names_beside_each_other_are_in_the_order_of_keys(disk: Local) -> None:
    keys = ["a/b/c", "a-b/c", "a.b/c", "ab/c", "a/b.c", "a/b-c", "a/b/d", "A/z", "a_"]
    for key in keys:
        put(disk, b"x", key)
    assert [one.key for page in disk.list("") for one in page] == sorted(keys)
    for after in [*keys, "a", "a/", "a/b", "a/b/", "a0", "zz", "a/b/cc"]:
        assert [one.key for page in disk.list("", after=after) for one in page] == sorted(k for k in keys if k > after)
    for prefix in ("a", "a/", "a/b", "a/b/", "a-", "A/z", "nothing", "a/b/c/d"):
        found = [one.key for page in disk.list(prefix) for one in page]
        assert found == sorted(key for key in keys if key.startswith(prefix))


def test_no_room_is_said_before_a_byte_is_read(root: Path) -> None:
    full = Local(root, OurAddresses(), spare_bytes=1 << 60)
    body = body_of(b"1234")
    with pytest.raises(StorageFull):
        full.put(KEY, body, size_bytes=4, content_type="a/b")
    assert body.tell() == 0
    upload_id = full.begin_multipart(KEY, "a/b")
    with pytest.raises(StorageFull):
        full.put_part(KEY, upload_id, 1, body, size_bytes=4)
    assert full.list_parts(KEY, upload_id) == []


@pytest.mark.parametrize("kind", ["tmpfs", "limit"])
def test_a_disk_that_fills_up_keeps_nothing(root: Path, kind: str) -> None:
    """A disk of 2 MiB where one may be mounted, else (and always, too) a limit of the size of files."""
    root.mkdir()
    argv = [sys.executable, "-c", BARE + FILL, str(root), kind]
    if kind == "tmpfs" and may_mount(root):
        mount = f'mount -t tmpfs -o size=2m none "{root}" && exec "$0" "$@"'
        argv = ["unshare", "--mount", "sh", "-c", mount, *argv]
    elif kind == "tmpfs":
        argv[-1] = "limit"
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]


def may_mount(folder: Path) -> bool:
    """Say whether a test may have a disk of its own."""
    argv = ["unshare", "--mount", "mount", "-t", "tmpfs", "-o", "size=2m", "none", str(folder)]
    try:
        return subprocess.run(argv, capture_output=True, timeout=30, check=False).returncode == 0
    except FileNotFoundError:
        return False


def test_kill_9_in_the_middle_leaves_nothing(root: Path) -> None:
    root.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", BARE + DIE, str(root)], capture_output=True, timeout=120, check=False, cwd=ROOT
    )
    assert done.returncode == -9
    assert not files_in(root)


def test_a_file_system_without_nameless_files_does_as_well(
    disk: Local, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open

    def refuse(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:  # Any: as os.open
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(95, "not supported")
        return real(path, flags, *args, **kwargs)

    monkeypatch.setattr(os, "open", refuse)
    put(disk)
    with disk.open(KEY) as pieces:
        assert b"".join(pieces) == b"data"
    with pytest.raises(ConnectionResetError):
        disk.put(OTHER, Dripping(b"1234", fails_at=0), size_bytes=4, content_type="a/b")  # type: ignore[arg-type]
    assert [path.relative_to(root) for path in files_in(root)] == [Path("objects") / KEY]
    assert not list((root / "staging").iterdir())


def test_what_a_crash_left_in_staging_is_swept(disk: Local, root: Path) -> None:
    put(disk)
    left, young, held = (root / "staging" / name for name in ("a" * 32, "b" * 32, "c" * 32))
    for path in (left, young, held):
        path.write_bytes(b"half")
    for path in (left, held):
        os.utime(path, (1, 1))
    with held.open("rb") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        assert disk.sweep(older_s=3600) == 1
    assert (left.exists(), young.exists(), held.exists()) == (False, True, True)
