"""The dry run: what a migration would do, counted from rows and timed by reading a few files. Nothing is written."""

import time
from typing import Any

import sqlalchemy as sa

from app.core.db import db
from app.core.tenancy import system_work
from app.storage.adapters.profiles import Profile
from app.storage.adapters.protocol import Provider, StorageError
from app.storage.migrating import rows, sums
from app.storage.migrating.copying import digest_of
from app.storage.migrating.costs import cost_of_plan
from app.storage.migrating.limits import ALL, Options
from app.storage.migrating.rounds import is_read_again
from app.storage.migrating.rows import Scope
from app.storage.models import Migration

SAMPLES, SAMPLE_S, SAMPLE_BYTES = 24, 2.0, 64 << 20
READ_AND_WRITTEN = 2  # a sample is only read; a copy is written as well


def make_plan(scope: Scope, options: Options, source: Provider, target: Provider) -> dict[str, Any]:  # Any: JSON
    """Return what a migration would do.

    Returns:
        files, bytes: To be moved. copied_files, copied_bytes: Of these, what the target has already.
        source_reads, target_writes, target_stats, target_reads: Requests; the same names count in the run's figures.
        seconds: How long it takes at the speed of `rate_from`. cost: What it costs once, by list prices.
    """
    found = sums.count_files(scope)
    to_copy = found.files - found.copied
    plan = {
        "files": found.files, "bytes": int(found.bytes), "companies": found.companies, "largest": int(found.largest),
        "copied_files": found.copied, "copied_bytes": int(found.copied_bytes), "source_reads": to_copy,
        "target_writes": to_copy, "target_stats": found.files,
        "target_reads": read_again(scope, options.verify_percent, target.profile, found.files),
    }  # fmt: skip
    if options.by_list:  # at most so many looks; pages of a list instead of most of them
        plan |= {"target_lists": found.files // 1000 + 1, "target_stats": plan["target_reads"]}
    plan["cost"] = cost_of_plan(scope, plan)
    return {**plan, **estimate(scope, options, source, to_copy, int(found.bytes) - int(found.copied_bytes))}


def read_again(scope: Scope, percent: int, profile: Profile, files: int) -> int:
    """Return how many files are read again at the target: those drawn, and those it tells no digest of.

    A disk tells none; what speaks S3 tells none of what was sent in parts.
    """
    if percent == ALL or profile.checksums == "none" or profile.kind == "local":
        return files
    sql = (
        f"SELECT f.id, f.size_bytes > :part AS is_large FROM stored_files f WHERE f.provider = :source "
        f"AND {rows.HAS_BYTES} AND {rows.FILTERS} AND (f.size_bytes > :part OR :percent > 0)"
    )
    found = rows.run(sql, {**scope.values(), "part": profile.part_bytes, "percent": percent})
    return sum(row.is_large or is_read_again(row.id, percent) for row in found)


def estimate(scope: Scope, options: Options, source: Provider, files: int, size_bytes: int) -> dict[str, Any]:
    """Return how long copying takes: by the last migration between the same two, else by reading a few files."""
    known = last_rate(scope)
    files_per_s, bytes_per_s = known or sample_rate(scope, source, options.threads)
    if options.objects_per_s:
        files_per_s = min(files_per_s or options.objects_per_s, options.objects_per_s)
    if options.bytes_per_s:
        bytes_per_s = min(bytes_per_s or options.bytes_per_s, options.bytes_per_s)
    seconds = max(files / files_per_s if files_per_s else 0.0, size_bytes / bytes_per_s if bytes_per_s else 0.0)
    return {
        "seconds": round(seconds, 1), "files_per_s": round(files_per_s, 1), "bytes_per_s": round(bytes_per_s),
        "rate_from": "last" if known else "sample" if files_per_s else "",
    }  # fmt: skip


def last_rate(scope: Scope) -> tuple[float, float] | None:
    """Return files and bytes a second of the newest migration that copied between the same two."""
    with system_work():
        figures = db.session.scalar(
            sa.select(Migration.figures)
            .where(Migration.source == scope.source, Migration.target == scope.target, Migration.id != scope.migration_id)
            .where(Migration.figures["copied_files"].as_integer() > 0)
            .order_by(Migration.id.desc()).limit(1)
        )  # fmt: skip
    if not figures or not figures.get("busy_s"):
        return None
    return figures["copied_files"] / figures["busy_s"], figures["copied_bytes"] / figures["busy_s"]


def sample_rate(scope: Scope, source: Provider, threads: int) -> tuple[float, float]:
    """Read a few files, one after another, and return what so many threads would come to at most."""
    sql = (
        f"SELECT f.key FROM stored_files f WHERE f.provider = :source AND f.size_bytes <= {SAMPLE_BYTES} "
        f"AND f.state = 'ready' AND {rows.FILTERS} ORDER BY f.id DESC LIMIT {SAMPLES}"
    )
    began, files, size_bytes = time.monotonic(), 0, 0
    for row in rows.run(sql, scope.values()):
        try:
            size_bytes += digest_of(source, row.key, lambda _: None)[1]
        except StorageError:
            continue
        files += 1
        if time.monotonic() - began > SAMPLE_S:
            break
    took_s = max(time.monotonic() - began, 0.001)
    by = min(threads, 4) / READ_AND_WRITTEN / took_s  # more threads help little once a machine is busy
    return files * by, size_bytes * by
