"""The acts of a migration: planned, started, paused, switched, taken back, its source removed. Inside `installation()`."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.accounts import reads as accounts
from app.core import clock, tasks
from app.core.context import actor
from app.core.db import db, transaction
from app.core.errors import InvalidInput
from app.core.setting import current_settings
from app.core.tenancy import current_company_id
from app.storage import providers
from app.storage.care.doctor import why_refused
from app.storage.migrating import routes, rows, sums
from app.storage.migrating.limits import Options
from app.storage.migrating.phases import BEFORE_SWITCH, WORKING, Phase, enter, locked, must_be, scope_of, tell
from app.storage.migrating.plan import make_plan
from app.storage.migrating.problems import MigrationNotThere, MigrationRuns, NotClean, StillInGrace, TargetUnfit
from app.storage.migrating.reversing import drop_claims
from app.storage.models import Migration
from app.storage.states import Category

JOB = "storage.move"


def plan(
    source: str, target: str, *, company: str = "", category: str = "", options: Mapping[str, Any] | None = None
) -> Migration:  # Any: JSON  # fmt: skip
    """Count what a migration would do, and keep that as a planned one; nothing is moved and nothing is written elsewhere.

    Raises:
        InvalidInput: Source and target are one, or there is no such company or category.
        ProviderNotSetUp: One of them lacks its settings.
        TargetUnfit: The newest examination of the target speaks against it.
    """
    filters = _filters_of(company, category)
    if source == target:
        raise InvalidInput(errors=[{"field": "target", "message": "Source and target are the same."}])
    chosen = Options().changed(options or {})
    ends = providers.provider(source), providers.provider(target)
    if reason := why_refused(target):
        raise TargetUnfit(target=target, reason=reason)
    row = Migration(
        company_id=current_company_id(), source=source, target=target, filters=filters, options=chosen.as_json(),
        actor=actor(),
    )  # fmt: skip
    row.plan = make_plan(scope_of(row), chosen, *ends)
    with transaction() as session:
        session.add(row)
        session.flush()
        tell(row, "planned")
    return row


def _filters_of(company: str, category: str) -> dict[str, Any]:
    errors = []
    filters: dict[str, Any] = {}
    if company:
        found = accounts.company_ids([company])
        if company in found:
            filters |= {"company_id": found[company][0], "company": company, "company_name": found[company][1]}
        else:
            errors.append({"field": "company", "message": "There is no such company."})
    if category:
        filters["category"] = category
        if category not in set(Category):
            errors.append({"field": "category", "message": "There is no such category."})
    if errors:
        raise InvalidInput(errors=errors)
    return filters


def start(migration_id: str) -> Migration:
    """Begin to copy; from now on new files get a copy at the target, when the migration is about all of them.

    Raises:
        MigrationRuns: Another one is not over.
    """
    try:
        with transaction():
            row = _take(migration_id, Phase.PLANNED)
            enter(row, Phase.COPYING)
            row.started_at = clock.now()
            routes.decide(row)
            _go_on(row, "started")
    except IntegrityError as error:
        raise MigrationRuns from error
    routes.follow(row)
    return row


def pause(migration_id: str) -> Migration:
    """Stop between two files until somebody lets it go on."""
    with transaction():
        row = _take(migration_id, *WORKING)
        if not row.is_paused:
            row.is_paused, row.version = True, row.version + 1
            tell(row, "paused")
        return row


def resume(migration_id: str) -> Migration:
    """Let a paused migration go on."""
    with transaction():
        row = _take(migration_id, *WORKING)
        row.is_paused, row.version = False, row.version + 1
        return _go_on(row, "resumed")


def limit(migration_id: str, values: Mapping[str, Any]) -> Migration:  # Any: options
    """Change speed, window, threads, share read again or days of grace, from the next file on.

    Raises:
        InvalidInput: A value makes no sense.
    """
    with transaction():
        row = _take(migration_id, *(set(Phase) - {Phase.DONE, Phase.STOPPED, Phase.ROLLED_BACK}))
        chosen = Options.of(row.options).changed(values)
        row.options = {**row.options, **chosen.as_json()}
        if row.switched_at is not None:
            row.grace_until = row.switched_at + timedelta(days=chosen.grace_days)
        row.version += 1
        tell(row, "limited")
        return row


def switch(migration_id: str, reason: str) -> Migration:
    """Serve the verified files from the target; new ones go there, with a copy at the source until it is removed."""
    with transaction():
        row = _take(migration_id, Phase.READY)
        enter(row, Phase.SWITCHING)
        row.reason, row.switched_at = reason, clock.now()
        row.grace_until = clock.now() + timedelta(days=Options.of(row.options).grace_days)
        _go_on(row, "switching", reason)
    routes.follow(row)
    return row


def roll_back(migration_id: str, reason: str) -> Migration:
    """Serve everything from the source again, files made since included. Before the switch it is the same as stopping."""
    with transaction():
        row = _take(migration_id, *BEFORE_SWITCH, Phase.SWITCHING, Phase.SOAKING)
        if row.phase in BEFORE_SWITCH:
            _stop(row, reason)
        else:
            enter(row, Phase.ROLLING_BACK)
            row.reason, row.is_paused = reason, False
            _go_on(row, "rolling-back", reason)
    return _settled(row)


def stop(migration_id: str, reason: str = "") -> Migration:
    """End a migration that has switched nothing; copies stay, follow their files when those are deleted, and are found again."""
    with transaction():
        row = _take(migration_id, Phase.PLANNED, *BEFORE_SWITCH)
        _stop(row, reason)
    return _settled(row)


def remove(migration_id: str, *, typed: str, reason: str) -> Migration:
    """Delete what the source keeps, each file once its copy was proven again. Nothing brings it back.

    Raises:
        InvalidInput: The source's name was not typed.
        StillInGrace: Its days are not over.
        NotClean: Some files are not at the target, or not as they should be.
    """
    with transaction():
        row = _take(migration_id, Phase.SOAKING)
        if typed != row.source:
            raise InvalidInput(errors=[{"field": "typed", "message": f"Type {row.source} to confirm."}])
        if row.grace_until is not None and clock.now() < row.grace_until:
            raise StillInGrace(grace_until=clock.rfc3339(row.grace_until))
        counts = sums.count_states(row.id)
        if failures := sum(counts.get(state, {}).get("files", 0) for state in ("failed", "lost")):
            raise NotClean(failures=failures)
        enter(row, Phase.REMOVING)
        row.reason = reason
        _go_on(row, "removing", reason)
    routes.follow(row)
    return row


def try_again(migration_id: str) -> Migration:
    """Try what failed once more; a migration that was ready verifies again, and one that keeps looks again when removing."""
    with transaction():
        row = _take(migration_id, Phase.COPYING, Phase.VERIFYING, Phase.READY, Phase.SOAKING)
        rows.try_again(scope_of(row), states=("failed", "lost"), all_of_them=True)
        if row.phase == Phase.READY:
            enter(row, Phase.VERIFYING)
        elif row.phase == Phase.SOAKING:
            enter(row, Phase.SWITCHING)
        return _go_on(row, "retried")


def list_migrations(count: int = 50) -> Sequence[Migration]:
    """Return the newest migrations."""
    return db.session.scalars(sa.select(Migration).order_by(Migration.id.desc()).limit(count)).all()


def migration(migration_id: str) -> Migration:
    """Return one.

    Raises:
        MigrationNotThere: There is none of that id.
    """
    row = db.session.scalar(sa.select(Migration).where(Migration.id == migration_id))
    if row is None:
        raise MigrationNotThere
    return row


def _take(migration_id: str, *phases: Phase) -> Migration:
    row = locked(migration_id)
    if row is None:
        raise MigrationNotThere
    must_be(row, *phases)
    return row


def _stop(row: Migration, reason: str) -> None:
    enter(row, Phase.STOPPED)
    row.reason = reason
    tell(row, "stopped", reason)


def _settled(row: Migration) -> Migration:
    """Send new files where they went before; what has no copy yet waits for none any longer."""
    routes.follow(row)
    if row.phase == Phase.STOPPED and row.started_at is not None:
        drop_claims(scope_of(row))
    return row


def _go_on(row: Migration, act: str, reason: str = "") -> Migration:
    """Tell what was done, and have it done by a worker when there are any."""
    tell(row, act, reason)
    if current_settings().enable_job_queues:
        row.job_id = tasks.enqueue(
            JOB, {"migration_id": row.id}, title=f"Move files from {row.source} to {row.target}", key=row.id,
            dedupe=tasks.Dedupe.AFTER,
        )  # fmt: skip
    db.session.flush()
    return row
