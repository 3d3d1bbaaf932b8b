"""How a statement was planned over time."""

import sqlalchemy as sa

from app.core.db import db
from app.core.installation import installation_id
from app.queries.models import Change, Plan

MOST = 50


def plans_of(fingerprint: str, limit: int = MOST) -> list[Plan]:
    """Return the plans of a statement, the one that holds now first."""
    mine = (Plan.company_id == installation_id(), Plan.fingerprint == fingerprint)
    return list(db.session.scalars(sa.select(Plan).where(*mine).order_by(Plan.last_seen_at.desc()).limit(limit)))


def find_plan(plan_id: str) -> Plan | None:
    """Return one plan."""
    return db.session.get(Plan, {"company_id": installation_id(), "id": plan_id})


def changes_of(fingerprint: str, limit: int = MOST) -> list[Change]:
    """Return what happened to a statement, the newest first."""
    mine = (Change.company_id == installation_id(), Change.fingerprint == fingerprint)
    return list(db.session.scalars(sa.select(Change).where(*mine).order_by(Change.at.desc()).limit(limit)))


def list_changes(kind: str = "plan", limit: int = MOST) -> list[Change]:
    """Return what happened last to any statement."""
    mine = (Change.company_id == installation_id(), Change.kind == kind)
    return list(db.session.scalars(sa.select(Change).where(*mine).order_by(Change.at.desc()).limit(limit)))
