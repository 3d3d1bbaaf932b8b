"""Backups made before files were stored: a dump in the folder of uploads and, written last, its manifest."""

import json
from pathlib import Path

from app.backups.manifest import Manifest, read_manifest
from app.core import files


def dump_path(name: str) -> Path:
    """Return where such a dump is. Inside `installation()`."""
    return files.place("backups", f"{name}.dump")


def manifest_path(name: str) -> Path:
    """Return where its manifest is."""
    return files.place("backups", f"{name}.json")


def list_backups() -> list[Manifest]:
    """Return the finished ones; a dump without a manifest was never finished."""
    folder = files.place("backups", "x").parent
    found = [read_file(path) for path in folder.glob("*.json")] if folder.is_dir() else []
    return [one for one in found if one is not None and dump_path(one.name).is_file()]


def read_file(path: Path) -> Manifest | None:
    """Return a manifest; None for a file that is none."""
    try:
        return read_manifest(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None


def remove(name: str) -> None:
    """Remove one, if it is there."""
    manifest_path(name).unlink(missing_ok=True)  # first: without it the dump is no backup any more
    dump_path(name).unlink(missing_ok=True)
