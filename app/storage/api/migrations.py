"""Migrations over JSON, for platform admins."""

from flask import Blueprint
from pydantic import BaseModel

from app.core.api import contract
from app.core.errors import InvalidCursor, InvalidInput
from app.storage import mirroring, providers, routing
from app.storage.migrating import reads, service
from app.storage.migrating.problems import MigrationNotThere, MigrationRuns, NotClean, StillInGrace, WrongPhase
from app.storage.migrating.schemas import (
    AskFailures,
    CountOut,
    FailureOut,
    FailuresOut,
    GiveReason,
    LagOut,
    Limits,
    MigrationOut,
    MigrationsOut,
    PlanMigration,
    RemoveSource,
)
from app.storage.models import Migration
from app.storage.problems import ProviderNotSetUp

migrations_api_bp = Blueprint("storage_migrations_api", __name__, url_prefix="/api/storage/migrations")
READ, WRITE, DESTROY, TAG = "storage:read", "storage:write", "storage:destroy", "Storage migrations"
OUT: dict[int, type[BaseModel] | None] = {200: MigrationOut}
INNER = {"states", "speeds", "beaten_at"}


@migrations_api_bp.get("")
@contract(scope=READ, returns={200: MigrationsOut}, tag=TAG, installation=True)
def list_migrations() -> MigrationsOut:
    """List migrations, newest first, and say where new files go."""
    return MigrationsOut(
        items=[out(row) for row in service.list_migrations()], writes_to=routing.writes_to(),
        mirrors_to=routing.mirrors_to(), providers=providers.configured(), lag=LagOut.model_validate(mirroring.kept_lag()),
    )  # fmt: skip


@migrations_api_bp.post("")
@contract(
    scope=WRITE, body=PlanMigration, returns={201: MigrationOut}, problems=[InvalidInput, ProviderNotSetUp], tag=TAG,
    installation=True,
)  # fmt: skip
def plan_migration(body: PlanMigration) -> tuple[MigrationOut, int]:
    """Try out a migration: count what it would do. Nothing is moved until it is started."""
    limits = Limits(**body.model_dump(include=set(Limits.model_fields)))
    row = service.plan(
        body.source or routing.writes_to(), body.target, company=body.company, category=body.category or "",
        options=limits.given(),
    )  # fmt: skip
    return out(row), 201


@migrations_api_bp.get("/<string:migration_id>")
@contract(scope=READ, returns=OUT, problems=[MigrationNotThere], tag=TAG, installation=True)
def show_migration(migration_id: str) -> MigrationOut:
    """Show one migration."""
    return out(service.migration(migration_id))


@migrations_api_bp.get("/<string:migration_id>/failures")
@contract(
    scope=READ, query=AskFailures, returns={200: FailuresOut}, problems=[MigrationNotThere, InvalidCursor], tag=TAG,
    installation=True,
)  # fmt: skip
def list_failures(migration_id: str, query: AskFailures) -> FailuresOut:
    """List the files that could not be moved, with reasons."""
    service.migration(migration_id)
    found, after = reads.list_failures(migration_id, after=query.after, limit=query.limit)
    return FailuresOut(items=[FailureOut.model_validate(one) for one in found], next_cursor=after)


@migrations_api_bp.post("/<string:migration_id>/start")
@contract(scope=WRITE, returns=OUT, problems=[MigrationNotThere, MigrationRuns, WrongPhase], tag=TAG, installation=True)
def start_migration(migration_id: str) -> MigrationOut:
    """Begin to copy; new files get a copy at the target from now on."""
    return out(service.start(migration_id))


@migrations_api_bp.post("/<string:migration_id>/pause")
@contract(scope=WRITE, returns=OUT, problems=[MigrationNotThere, WrongPhase], tag=TAG, installation=True)
def pause_migration(migration_id: str) -> MigrationOut:
    """Stop between two files."""
    return out(service.pause(migration_id))


@migrations_api_bp.delete("/<string:migration_id>/pause")
@contract(scope=WRITE, returns=OUT, problems=[MigrationNotThere, WrongPhase], tag=TAG, installation=True)
def resume_migration(migration_id: str) -> MigrationOut:
    """Go on."""
    return out(service.resume(migration_id))


@migrations_api_bp.patch("/<string:migration_id>")
@contract(
    scope=WRITE, body=Limits, returns=OUT, problems=[MigrationNotThere, WrongPhase, InvalidInput], tag=TAG,
    installation=True,
)  # fmt: skip
def limit_migration(migration_id: str, body: Limits) -> MigrationOut:
    """Change speed, hours, threads, share read again or days of grace; from the next file on."""
    return out(service.limit(migration_id, body.given()))


@migrations_api_bp.post("/<string:migration_id>/retry")
@contract(scope=WRITE, returns=OUT, problems=[MigrationNotThere, WrongPhase], tag=TAG, installation=True)
def retry_migration(migration_id: str) -> MigrationOut:
    """Try what failed once more."""
    return out(service.try_again(migration_id))


@migrations_api_bp.post("/<string:migration_id>/switch")
@contract(
    scope=WRITE, body=GiveReason, returns=OUT, problems=[MigrationNotThere, WrongPhase], tag=TAG, installation=True
)  # fmt: skip
def switch_migration(migration_id: str, body: GiveReason) -> MigrationOut:
    """Serve the verified files from the target; the source keeps its own until it is removed."""
    return out(service.switch(migration_id, body.reason))


@migrations_api_bp.post("/<string:migration_id>/rollback")
@contract(
    scope=WRITE, body=GiveReason, returns=OUT, problems=[MigrationNotThere, WrongPhase], tag=TAG, installation=True
)  # fmt: skip
def roll_back_migration(migration_id: str, body: GiveReason) -> MigrationOut:
    """Serve everything from the source again."""
    return out(service.roll_back(migration_id, body.reason))


@migrations_api_bp.post("/<string:migration_id>/stop")
@contract(
    scope=WRITE, body=GiveReason, returns=OUT, problems=[MigrationNotThere, WrongPhase], tag=TAG, installation=True
)  # fmt: skip
def stop_migration(migration_id: str, body: GiveReason) -> MigrationOut:
    """End a migration that has switched nothing."""
    return out(service.stop(migration_id, body.reason))


@migrations_api_bp.post("/<string:migration_id>/removal")
@contract(
    scope=DESTROY, body=RemoveSource, returns=OUT,
    problems=[MigrationNotThere, WrongPhase, InvalidInput, StillInGrace, NotClean], tag=TAG, installation=True,
)  # fmt: skip
def remove_source(migration_id: str, body: RemoveSource) -> MigrationOut:
    """Delete what the source keeps, each file once its copy is proven again."""
    return out(service.remove(migration_id, typed=body.typed, reason=body.reason))


def out(row: Migration) -> MigrationOut:
    """Return a migration as JSON."""
    return MigrationOut(
        id=row.id, source=row.source, target=row.target, company=row.filters.get("company", ""),
        category=row.filters.get("category", ""), phase=row.phase, is_paused=row.is_paused, error=row.error,
        reason=row.reason, plan=row.plan, options=row.options,
        states={name: CountOut(**one) for name, one in row.figures.get("states", {}).items()},
        figures={name: value for name, value in row.figures.items() if name not in INNER}, created_at=row.created_at,
        started_at=row.started_at, switched_at=row.switched_at, grace_until=row.grace_until, ended_at=row.ended_at,
    )  # fmt: skip
