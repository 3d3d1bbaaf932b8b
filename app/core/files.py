"""Files that jobs made: kept by whoever registers that it keeps files (`kept`); older ones are in their company's folder.

Names in that folder are made here from ids, never taken from input, so no name can lead out of it.
"""

import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import current_app

from app.core.tenancy import current_company_id
from config import Settings

SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}", re.ASCII)
DRAFT_SUFFIX = ".draft"
SPOOL = "spool"


@dataclass(frozen=True)
class Kept:
    """A file that is kept for the company one acts in.

    Attributes:
        subject: What it belongs to: `job:01J…`, `report:01J…`.
        opening: Gives its bytes in pieces; it may raise a Problem, with no transaction open.
    """

    id: str
    subject: str
    name: str
    content_type: str
    size_bytes: int
    sha256: str
    opening: Callable[[], AbstractContextManager[Iterator[bytes]]]


Finder = Callable[[str], Sequence[Kept]]
_finders: list[Finder] = []


def keep_with(finder: Finder) -> None:
    """Register who keeps files, and finds those of a subject."""
    _finders[:] = [finder]


def of_job(job_id: str) -> str:
    """Return what the files of a job belong to."""
    return f"job:{job_id}"


def kept(subject: str) -> Sequence[Kept]:
    """Return the files that belong to something, oldest first; none when nobody keeps any."""
    return _finders[0](subject) if _finders else []


@contextmanager
def aside() -> Iterator[Path]:
    """Give an empty file in the spool, gone when the block ends; what a kill leaves, the clean-up takes away."""
    with tempfile.NamedTemporaryFile(dir=make_spool(), suffix=DRAFT_SUFFIX) as target:
        yield Path(target.name)


@contextmanager
def fetched(found: Kept) -> Iterator[Path]:
    """Give a file's bytes as a temporary file on disk, for programs that want a path."""
    with aside() as path:
        with found.opening() as pieces, path.open("wb") as target:
            for piece in pieces:
                target.write(piece)
        yield path


def make_spool() -> Path:
    """Return the folder where bytes wait, on the disk of the uploads; made when it is not there."""
    folder = root() / SPOOL
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def root() -> Path:
    """Return the folder of all uploads and made files."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.upload_dir.resolve()


def place(kind: str, name: str) -> Path:
    """Return where a file of the current company is, or will be.

    Args:
        kind: The folder: `exports`, `reports`, `backups`.
        name: The file's name there.

    Raises:
        ValueError: The name could lead elsewhere.
    """
    if not SAFE_NAME.fullmatch(kind) or not SAFE_NAME.fullmatch(name):
        raise ValueError("a file's name holds letters, digits, dots and dashes only")
    return root() / kind / str(current_company_id()) / name
