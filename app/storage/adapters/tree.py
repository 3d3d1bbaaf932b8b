"""A folder as a place for objects: every step is taken from an open folder, so no symbolic link is ever followed."""

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from app.storage.adapters.bodies import Watched
from app.storage.adapters.protocol import ObjectExists, ProviderAway, ProviderRefused, StorageError, StorageFull
from app.storage.adapters.waiting import aside

FOLDER_MODE, FILE_MODE = 0o750, 0o640
STEP = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG}
NO_NAMELESS = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT}
MAKING_TRIES = 3
ASIDE_BYTES = 1 << 16  # less is written into memory at once


@contextmanager
def speaking(key: str, body: Watched | None = None) -> Iterator[None]:
    """Say in the words of the protocol what the file system says; a body's own mistakes are left as they are.

    Raises:
        StorageFull, ProviderRefused, ProviderAway: As they say. "Not there" is left to the caller.
    """
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.EEXIST} or (body is not None and body.failed is error):
            raise
        raise translate(error, key) from error


def translate(error: OSError, key: str) -> StorageError:
    """Return what a mistake of the file system means."""
    text = error.strerror or type(error).__name__
    if error.errno in FULL:
        return StorageFull(text, key)
    return ProviderRefused(text, key) if error.errno in REFUSED else ProviderAway(text, key)


class Tree:
    """The folder; made when it is not there.

    Attributes:
        root: Where it is.
        spare_bytes: What must stay free on the disk.
    """

    def __init__(self, root: Path, spare_bytes: int) -> None:
        self.root, self.spare_bytes = root, spare_bytes

    @contextmanager
    def folder(self, path: str, *, make: bool = False) -> Iterator[int]:
        """Open a folder below the root, step by step; made on the way when asked, each durably.

        Raises:
            FileNotFoundError: It is not there.
        """
        if make:
            self.root.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        here = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for name in filter(None, path.split("/")):
                there = _step(here, name, make=make)
                os.close(here)
                here = there
            yield here
        finally:
            os.close(here)

    def open(self, path: str) -> int:
        """Open a file to read.

        Raises:
            FileNotFoundError: It is not there.
        """
        parent, _, name = path.rpartition("/")
        with self.folder(parent) as folder:
            found = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=folder)
        if not stat.S_ISREG(os.fstat(found).st_mode):
            os.close(found)
            raise ProviderRefused("this is no file", path)
        return found

    def check_room(self, size_bytes: int, key: str) -> None:
        """See that the disk has room for so much before a byte is written.

        Raises:
            StorageFull: It has not.
        """
        self.root.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        disk = os.statvfs(self.root)
        if disk.f_bavail * disk.f_frsize < size_bytes + self.spare_bytes:
            raise StorageFull("no room left on the disk", key)

    @contextmanager
    def draft(self) -> Iterator["Draft"]:
        """Open a file nobody sees until it is given a name; without one it is gone, even after kill -9 where possible."""
        with self.folder("staging", make=True) as staging:
            made = _open_draft(staging)
            try:
                yield made
            finally:
                os.close(made.descriptor)
                if made.name:
                    with suppress(FileNotFoundError):
                        os.unlink(made.name, dir_fd=staging)

    def sweep(self, older_s: float) -> int:
        """Remove drafts with names that a crash left, unless somebody writes them still; return how many."""
        swept = 0
        with suppress(FileNotFoundError), self.folder("staging") as staging:
            for name in names_in(staging):
                with suppress(OSError):  # gone meanwhile, or held by who writes it
                    swept += _sweep_one(staging, name, older_s)
        return swept

    def give_name(self, draft: "Draft", path: str) -> None:
        """Let a finished draft appear under its name, durably and all at once, never over another file.

        Raises:
            ObjectExists: The name is taken.
        """
        draft.settle()
        parent, _, name = path.rpartition("/")
        with self.folder(parent, make=True) as folder:
            try:
                draft.link(folder, name)
            except FileExistsError as error:
                raise ObjectExists("there is one already", path) from error
            os.fsync(folder)


class Draft:
    """A file in the making.

    Attributes:
        name: In staging; "" for one that has none, which the kernel drops with its last descriptor.
    """

    def __init__(self, descriptor: int, staging: int, name: str) -> None:
        self.descriptor, self.staging, self.name = descriptor, staging, name

    def write(self, piece: bytes) -> None:
        """Write all of a piece."""
        if len(piece) < ASIDE_BYTES:
            self._write(piece)
        else:
            aside(self._write, piece)

    def settle(self) -> None:
        """Have the disk keep what was written."""
        aside(os.fsync, self.descriptor)

    def _write(self, piece: bytes) -> None:
        view = memoryview(piece)
        while view:
            view = view[os.write(self.descriptor, view) :]

    def link(self, folder: int, name: str) -> None:
        """Give it a name in an open folder.

        Raises:
            FileExistsError: The name is taken.
        """
        if self.name:
            os.link(self.name, name, src_dir_fd=self.staging, dst_dir_fd=folder, follow_symlinks=False)
        else:
            os.link(f"/proc/self/fd/{self.descriptor}", name, dst_dir_fd=folder, follow_symlinks=True)


def names_in(folder: int) -> list[str]:
    """Return the names in an open folder."""
    with os.scandir(folder) as found:
        return [one.name for one in found]


def _open_draft(staging: int) -> Draft:
    try:
        return Draft(os.open(".", os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, FILE_MODE, dir_fd=staging), staging, "")
    except OSError as error:
        if error.errno not in NO_NAMELESS:
            raise
    name = uuid4().hex
    flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, FILE_MODE, dir_fd=staging)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # a sweep takes only what nobody holds
    return Draft(descriptor, staging, name)


def _sweep_one(staging: int, name: str, older_s: float) -> int:
    if time.time() - os.stat(name, dir_fd=staging, follow_symlinks=False).st_mtime < older_s:
        return 0
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=staging)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(name, dir_fd=staging)
    finally:
        os.close(descriptor)
    return 1


def _step(here: int, name: str, *, make: bool) -> int:
    for _ in range(MAKING_TRIES):
        try:
            return os.open(name, STEP, dir_fd=here)
        except FileNotFoundError:
            if not make:
                raise
        with suppress(FileExistsError):
            os.mkdir(name, FOLDER_MODE, dir_fd=here)
            os.fsync(here)
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
