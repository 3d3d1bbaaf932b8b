"""Backups as JSON, for platform admins."""

from flask import Blueprint

from app.backups import service, store
from app.core.api import contract
from app.core.shapes import Answer, Instant
from app.core.tasks import JobQueuesOff

api_bp = Blueprint("backups_api", __name__, url_prefix="/api/backups")


class BackupOut(Answer):
    """One backup."""

    name: str
    at: Instant
    seconds: float
    size_bytes: int
    sha256: str
    server: str
    revision: str
    rows: int
    tables: dict[str, int]


class StepOut(Answer):
    """One part of a drill, and the seconds it took."""

    name: str
    seconds: float


class DrillOut(Answer):
    """One drill; `differences` says what did not come back."""

    id: str
    backup: str
    is_good: bool
    verdict: str
    differences: list[str]
    tables: int
    rows: int
    started_at: Instant
    ended_at: Instant
    steps: list[StepOut]


class BackupsOut(Answer):
    """All backups and the last drills, newest first."""

    backups: list[BackupOut]
    drills: list[DrillOut]


class BackupQueued(Answer):
    """The job that does it."""

    job_id: str


@api_bp.get("")
@contract(scope="platform:read", returns={200: BackupsOut}, installation=True, tag="Backups")
def list_backups() -> BackupsOut:
    """List backups and drills."""
    return BackupsOut(
        backups=[BackupOut.model_validate(one) for one in store.list_backups()],
        drills=[DrillOut.model_validate(row) for row in service.list_drills()],
    )


@api_bp.post("")
@contract(
    scope="platform:write", returns={202: BackupQueued}, problems=[JobQueuesOff], installation=True, tag="Backups"
)
def create_backup() -> tuple[BackupQueued, int]:
    """Make a backup now."""
    return BackupQueued(job_id=service.ask_for_backup()), 202


@api_bp.post("/drills")
@contract(
    scope="platform:write", returns={202: BackupQueued}, problems=[JobQueuesOff], installation=True, tag="Backups"
)
def create_drill() -> tuple[BackupQueued, int]:
    """Restore the newest backup into an empty server and compare."""
    return BackupQueued(job_id=service.ask_for_drill()), 202
