"""Where new files go while a migration runs: decided once when it starts, and put right at every phase.

A phase is committed first and its routes follow, so a process killed in between leaves nothing wrong: whoever works on
the migration next sets them again.
"""

from typing import Any

from app.storage import routing
from app.storage.migrating.phases import Phase, scope_of
from app.storage.models import Migration

KEPT = "routed"


def decide(row: Migration) -> None:
    """Keep where new files went before, when the migration moves all there is away from there."""
    before = {"writes_to": routing.writes_to(), "mirrors_to": routing.mirrors_to()}
    if scope_of(row).is_whole and before["writes_to"] == row.source:
        row.plan = {**row.plan, KEPT: before}


def follow(row: Migration) -> None:
    """Send new files where the phase wants them. Outside of any transaction."""
    wanted = wanted_by(row)
    if wanted and wanted != {"writes_to": routing.writes_to(), "mirrors_to": routing.mirrors_to()}:
        routing.change(**wanted, reason=row.reason or f"Moving files from {row.source} to {row.target}")


def wanted_by(row: Migration) -> dict[str, str]:
    """Return where new files are to go; empty when the migration leaves that alone."""
    before: dict[str, Any] | None = row.plan.get(KEPT)
    if before is None:
        return {}
    match Phase(row.phase):
        case Phase.COPYING | Phase.VERIFYING | Phase.READY:
            return {"writes_to": row.source, "mirrors_to": row.target}
        case Phase.SWITCHING | Phase.SOAKING:
            return {"writes_to": row.target, "mirrors_to": row.source}
        case Phase.REMOVING:
            return {"writes_to": row.target, "mirrors_to": ""}
        case Phase.ROLLING_BACK | Phase.STOPPED:
            return dict(before)
        case _:
            return {}
