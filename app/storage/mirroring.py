"""Second places: what has none of its copies yet gets one, and what was kept on disk in need goes where it belongs.

A file's row promises a copy before there is one (`mirror`, without `mirrored_at`), so whoever deletes the file deletes
the copy too. A copy counts once the row says so, by compare-and-set; of a file that changed or went meanwhile it is
deleted again. Bytes stream: no file is held in memory whole unless it is small.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from app.core import clock
from app.core.errors import Problem
from app.core.metrics import PREFIX
from app.storage import providers, routing
from app.storage.adapters.protocol import Provider, ProviderAway, StorageError
from app.storage.migrating.copying import Wanted, copy_object
from app.storage.migrating.rows import run

log = structlog.get_logger(__name__)
EVERY_S, BATCH, MOST_S = 1.0, 128, 30.0
FIRST_REST_S, MOST_REST_S, MOST_RESTING = 2.0, 60.0, 10_000
BEHIND = "f.mirror <> '' AND f.mirrored_at IS NULL AND f.state NOT IN ('pending','deleting')"


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the copies are behind.

    Attributes:
        oldest_s: Age of the file that waits longest for its copy; 0 when none waits.
    """

    files: int
    bytes: int
    oldest_s: float


class Rests:
    """Providers that were away, and files that could not be copied: until when they are left alone."""

    def __init__(self) -> None:
        self._until: dict[str, tuple[float, float]] = {}

    def is_resting(self, name: str) -> bool:
        """Say whether a provider is left alone."""
        return time.monotonic() < self._until.get(name, (0.0, 0.0))[0]

    def begin(self, name: str) -> None:
        """Leave one alone, twice as long each time."""
        pause_s = min(self._until.get(name, (0.0, FIRST_REST_S / 2))[1] * 2, MOST_REST_S)
        if len(self._until) >= MOST_RESTING:
            self._until.clear()
        self._until[name] = (time.monotonic() + pause_s, pause_s)

    def end(self, name: str) -> None:
        """It answered."""
        self._until.pop(name, None)


_rests = Rests()


def lag() -> Lag:
    """Return how far the copies are behind, over all companies."""
    [row] = run(
        f"SELECT count(*) AS files, coalesce(sum(f.size_bytes), 0)::bigint AS bytes, "
        f"coalesce(extract(epoch FROM :now - min(coalesce(f.ready_at, f.created_at))), 0) AS oldest_s "
        f"FROM stored_files f WHERE {BEHIND}",
        {"now": clock.now()},
    )
    return Lag(row.files, int(row.bytes), max(float(row.oldest_s), 0.0))


def catch_up(
    find: Callable[[str], Provider] = providers.provider, *, most_s: float = MOST_S, rests: Rests = _rests
) -> int:  # fmt: skip
    """Make the copies that are missing, oldest first, for a while; return how many files got theirs."""
    ends_at, after, done = time.monotonic() + most_s, "", 0
    while time.monotonic() < ends_at:
        found = _behind(after)
        for row in found:
            if time.monotonic() >= ends_at or any(map(rests.is_resting, (row.mirror, row.provider, row.id))):
                continue
            done += _copy(row, find, rests)
        if len(found) < BATCH:
            break
        after = found[-1].id
    return done


def _behind(after: str) -> Sequence[Any]:  # Any: rows
    """Return files without the copy they should have; those a migration is about to copy are left to it."""
    return run(
        f"""
        SELECT f.company_id, f.id, f.key, f.provider, f.mirror, f.size_bytes, f.content_type, f.sha256
        FROM stored_files f WHERE {BEHIND} AND f.id > :after AND NOT EXISTS (
          SELECT 1 FROM storage_moves m JOIN storage_migrations g ON g.id = m.migration_id
            AND g.phase IN ('copying','verifying','switching') AND NOT g.is_paused
          WHERE m.company_id = f.company_id AND m.file_id = f.id AND m.migration_id = g.id AND m.state IN ('waiting','failed','lost')
        ) ORDER BY f.id LIMIT {BATCH}
        """,
        {"after": after},
    )


def _copy(row: Any, find: Callable[[str], Provider], rests: Rests) -> int:  # Any: a row
    """Copy one file to its second place; 1 when it has its copy now."""
    try:
        source, target = find(row.provider), find(row.mirror)
        wanted = Wanted(row.key, row.size_bytes, row.content_type, row.sha256)
        digest = copy_object(source, target, wanted, lambda _: None).sha256
        for name in (row.provider, row.mirror):
            rests.end(name)
        if not _settle(row, digest, find):
            if not _is_wanted(row):
                target.delete([row.key])  # the file was deleted, or sent elsewhere, while it was copied
            return 0
    except ProviderAway as error:
        log.warning("copy waits", key=row.key, mirror=row.mirror, error=str(error))
        rests.begin(row.mirror)
        return 0
    except (StorageError, Problem, OSError) as error:
        log.warning("not copied", key=row.key, mirror=row.mirror, error=str(error))
        rests.begin(row.id)
        return 0
    rests.end(row.id)
    return 1


def _settle(row: Any, digest: str, find: Callable[[str], Provider]) -> bool:  # Any: a row
    """Say that a file has its copy, unless it changed meanwhile.

    A file whose second place is where new files go belongs there: it changes over, and what is left behind stays as
    its second place when new files have one there, too, or is deleted.
    """
    belongs, second = routing.writes_to(), routing.mirrors_to()
    values = {
        "company": row.company_id, "id": row.id, "provider": row.provider, "mirror": row.mirror, "now": clock.now(),
        "digest": digest,
    }  # fmt: skip
    where = "f.company_id = :company AND f.id = :id AND f.provider = :provider AND f.mirror = :mirror AND f.mirrored_at IS NULL AND f.state NOT IN ('pending','deleting')"
    known = "sha256 = CASE WHEN f.sha256 = '' THEN :digest ELSE f.sha256 END"
    if row.mirror != belongs:
        return bool(run(f"UPDATE stored_files f SET mirrored_at = :now, {known} WHERE {where} RETURNING 1", values))
    moved = run(
        f"UPDATE stored_files f SET provider = :mirror, mirror = :provider, mirrored_at = :now, {known} "
        f"WHERE {where} RETURNING 1",
        values,
    )
    if moved and second != row.provider:
        leave(row, find)
    return bool(moved)


def _is_wanted(row: Any) -> bool:  # Any: a row
    """Say whether a file still has a place at the provider that got its copy: then somebody else settled it."""
    return bool(
        run(
            "SELECT 1 FROM stored_files WHERE company_id = :company AND id = :id AND state <> 'deleting' "
            "AND :mirror IN (provider, mirror)",
            {"company": row.company_id, "id": row.id, "mirror": row.mirror},
        )
    )


def leave(row: Any, find: Callable[[str], Provider]) -> None:  # Any: a row
    """Delete what a file left behind where it does not belong; the row knows of it until it is gone."""
    find(row.provider).delete([row.key])
    run(
        "UPDATE stored_files SET mirror = '', mirrored_at = NULL WHERE company_id = :company AND id = :id "
        "AND mirror = :provider AND state <> 'deleting'",
        {"company": row.company_id, "id": row.id, "provider": row.provider},
    )


_kept: dict[str, tuple[float, Lag]] = {}
_keeping = threading.Lock()
KEPT_S = 5.0


def kept_lag() -> Lag:
    """Return the lag of the last seconds: scrapes and pages of many readers count once."""
    with _keeping:
        at, found = _kept.get("lag", (0.0, Lag(0, 0, 0.0)))
        if not at or time.monotonic() - at >= KEPT_S:
            found = lag()
            _kept["lag"] = (time.monotonic(), found)
        return found


def collect() -> Iterable[Metric]:
    """Yield the lag for Prometheus."""
    found = kept_lag()
    for name, meaning, value in (
        ("storage_mirror_files", "Files that wait for their copy at a second provider.", found.files),
        ("storage_mirror_bytes", "Bytes of those files.", found.bytes),
        ("storage_mirror_lag_seconds", "How long the oldest of them waits.", found.oldest_s),
    ):
        yield GaugeMetricFamily(PREFIX + name, meaning, value=value)
