"""Which system user the database servers run as: an unprivileged one when we are root, else ourselves."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

USER_NAME = "quarterdeck"
# Without useradd (a bare container) one of these is there; PostgreSQL refuses to run as root.
FALLBACK_NAMES = ("postgres", "nobody")


@dataclass(frozen=True)
class Identity:
    """A user and group to become."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Account:
    """Who a server runs as.

    Attributes:
        name: the system user; None means "as we are".
    """

    name: str | None = None

    def identity(self) -> Identity | None:
        """The ids to become, or None when nothing changes."""
        if self.name is None:
            return None
        entry = pwd.getpwnam(self.name)
        return Identity(entry.pw_uid, entry.pw_gid)

    def own(self, path: Path) -> None:
        """Give one file or folder to this account."""
        if identity := self.identity():
            os.chown(path, identity.uid, identity.gid)

    def can_reach(self, folder: Path) -> bool:
        """Whether this account may enter the folder, which has to exist."""
        return self.succeeds('cd "$1"', folder)

    def can_run(self, program: Path) -> bool:
        """Whether this account may execute the program."""
        return self.succeeds('test -x "$1"', program)

    def succeeds(self, script: str, path: Path) -> bool:
        """Whether a line of sh, given the path as $1, ends well when this account runs it."""
        identity = self.identity()
        done = subprocess.run(
            ["/bin/sh", "-c", script, "sh", str(path)],
            cwd="/",
            user=identity.uid if identity else None,
            group=identity.gid if identity else None,
            extra_groups=[] if identity else None,
            capture_output=True,
            check=False,
        )
        return done.returncode == 0


OURSELVES = Account()


def choose_account() -> Account:
    """Ourselves as a plain user; as root an unprivileged user, made if there is none."""
    if os.geteuid() != 0:
        return OURSELVES
    if not _exists(USER_NAME) and (useradd := shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")):
        # Two runs may race here; whoever comes second finds the user made.
        subprocess.run(
            [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
            + ["--shell", "/usr/sbin/nologin", USER_NAME],
            capture_output=True,
            check=False,
        )
    for name in (USER_NAME, *FALLBACK_NAMES):
        if _exists(name):
            return Account(name)
    raise RuntimeError(
        f"PostgreSQL does not run as root, and there is no user {USER_NAME}: make one, or start as a plain user."
    )


def _exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
