"""Setting quotas: the platform gives, a company's own admins may lower what it gave."""

from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.context import actor
from app.core.db import db, transaction
from app.core.errors import InvalidInput, VersionConflict
from app.core.outbox import record
from app.core.tenancy import current_company_id
from app.storage.models import Quota
from app.storage.usage.events import QuotaChanged
from app.storage.usage.quotas import LOCK, lock_name

FIELDS = ("soft_bytes", "hard_bytes", "file_bytes")
MOST = 2**63 - 1


def find_quota(category: str) -> Quota | None:
    """Return a limit of the current company; "" for all categories together."""
    return db.session.scalar(sa.select(Quota).where(Quota.category == category))


def change_quota(
    category: str, wanted: dict[str, int | None], *, version: int, reason: str, is_platform: bool
) -> Quota:
    """Say how much a company may store; takes effect with the next reservation.

    Args:
        category: "" for all categories together.
        wanted: All of `soft_bytes`, `hard_bytes`, `file_bytes`; None for no limit.
        version: What the editor saw; 0 for none yet.
        reason: Kept in the audit.
        is_platform: Whether somebody above the company sets it: what they set is what the company may lower.

    Raises:
        InvalidInput: The limits contradict each other, or are above what the platform gave.
        VersionConflict: Somebody else changed them meanwhile.
    """
    with transaction() as session:
        # Waits for the reservations under way, so that none of them goes by what was allowed before.
        session.execute(LOCK, {"name": lock_name(current_company_id())})
        row = find_quota(category)
        known = {name: getattr(row, name) if row else None for name in FIELDS}
        if version != (row.version if row else 0):
            raise VersionConflict(
                yours=version, current=row.version if row else 0, changed=_differences(known, wanted),
                changed_by=row.actor.get("name") if row else None, changed_at=row.updated_at if row else None,
            )  # fmt: skip
        _check(wanted, None if is_platform else row, reason)
        changes = _differences(known, wanted)
        if row is None:
            row = Quota(
                company_id=current_company_id(), category=category, soft_bytes=None, hard_bytes=None, file_bytes=None,
                version=0,
            )  # fmt: skip
            session.add(row)
        for name, value in wanted.items():
            setattr(row, name, value)
        if is_platform:
            row.granted_bytes, row.granted_file_bytes = wanted["hard_bytes"], wanted["file_bytes"]
        row.reason, row.actor, row.updated_at, row.version = reason, actor(), clock.now(), row.version + 1
        if changes:
            record(QuotaChanged(category=category, changes=changes, reason=reason), version=row.version)
    return row


def _check(wanted: dict[str, int | None], granted: Quota | None, reason: str) -> None:
    """Raise for limits nobody can mean; `granted` is what the company's own admins must stay within."""
    errors: dict[str, str] = {}
    for name, value in wanted.items():
        if value is not None and not 0 <= value <= MOST:
            errors[name] = "Give a size from 0 bytes to 9.2 EB, or nothing for no limit."
    soft, hard, file = (wanted[name] for name in FIELDS)
    if not errors and soft is not None and hard is not None and soft > hard:
        errors["soft_bytes"] = "People are warned before it is full: give at most the hard limit."
    if granted is not None:
        for name, value, most in (
            ("hard_bytes", hard, granted.granted_bytes), ("file_bytes", file, granted.granted_file_bytes),
        ):  # fmt: skip
            if most is not None and (value is None or value > most):
                errors[name] = f"The platform gave {most:,} bytes; you may only lower that."
    if not reason:
        errors["reason"] = "Say why: it is kept in the audit."
    if errors:
        raise InvalidInput(errors=[{"field": field, "message": message} for field, message in errors.items()])


def _differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
    return {name: {"before": before[name], "after": after[name]} for name in FIELDS if before[name] != after[name]}
