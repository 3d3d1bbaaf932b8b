"""The last good copy of the flags on disk: what a process answers from that starts while the database is away.

The first line is small and says what the second, long one is, so that the many processes of an installation can
see without reading it all that another has written it already.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from app.core.ids import new_ulid
from app.flags.load import Loaded, Record, build_flag, build_segment

log = structlog.get_logger(__name__)
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy as it was read.

    Attributes:
        saved_at: Seconds since 1970.
    """

    revision: int
    saved_at: float
    loaded: Loaded


def copy_path(home: Path, environment: str) -> Path:
    """Return where the copy of an environment is kept."""
    return home / "flags" / f"{environment}.json"


def write_copy(path: Path, *, installation: str, revision: int, saved_at: float, loaded: Loaded) -> bool:
    """Write the copy unless a newer or equal one of this installation is there; return whether it was written.

    Raises:
        OSError: The folder cannot be written.
    """
    head = _read_head(path)
    if head.get("installation") == installation and head.get("revision", 0) >= revision:
        return False
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    body = {"flags": [_flag(loaded, key) for key in loaded.records], "segments": list(loaded.segment_records.values())}
    head = {"format": FORMAT, "installation": installation, "revision": revision, "savedAt": saved_at}
    made = path.with_name(f".{path.name}.{new_ulid()}")  # of its own: processes and threads write at the same time
    try:
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(json.dumps(head) + "\n" + json.dumps(body, separators=(",", ":"), ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)
    return True


def read_copy(path: Path) -> Copy | None:
    """Return the copy, or None when there is none that can be used."""
    head = _read_head(path)
    if head.get("format") != FORMAT:
        return None
    try:
        with path.open(encoding="utf-8") as file:
            file.readline()
            body = json.loads(file.readline())
        records = {record["key"]: record for record in body["flags"]}
        flags = {}
        for key, record in records.items():
            allow, block = frozenset(record.pop("allow")), frozenset(record.pop("block"))
            if made := build_flag(record, allow, block):
                flags[key] = made
        segments = {record["key"]: record for record in body["segments"]}
        built = {key: build_segment(record) for key, record in segments.items()}
        return Copy(head["revision"], head["savedAt"], Loaded(flags, built, records, segments))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        log.warning("the copy of the flags on disk cannot be read", path=str(path))
        return None


def _flag(loaded: Loaded, key: str) -> Record:
    settings = loaded.flags[key].settings
    return {**loaded.records[key], "allow": list(settings.allow), "block": list(settings.block)}


def _read_head(path: Path) -> dict[str, Any]:  # Any: JSON
    try:
        with path.open(encoding="utf-8") as file:
            found = json.loads(file.readline())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
