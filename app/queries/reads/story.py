"""What is told beside a statement's figures: advice, repeated reads, and what happened to it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.core.db import db
from app.queries.models import Advice, Change, Repeat

MOST_CHANGES, MOST_ADVICE = 20, 200


@dataclass(frozen=True)
class Marks:
    """What stands beside a statement in a list.

    Attributes:
        most: How often one request sent it at most; 0 when none sent it again and again.
        is_advised: Whether an index is advised for it.
    """

    most: int = 0
    is_advised: bool = False


def marks_of(fingerprints: Collection[str]) -> dict[str, Marks]:
    """Return the marks of statements; those without any are left out."""
    if not fingerprints:
        return {}
    statement = sa.select(Repeat.fingerprint, sa.func.max(Repeat.most)).where(Repeat.fingerprint.in_(fingerprints))
    repeats: dict[str, int] = {row[0]: row[1] for row in db.session.execute(statement.group_by(Repeat.fingerprint))}
    advised = {fingerprint for one in open_advice() for fingerprint in helped_by(one)}
    return {
        fingerprint: Marks(repeats.get(fingerprint, 0), fingerprint in advised)
        for fingerprint in fingerprints
        if fingerprint in repeats or fingerprint in advised
    }


def open_advice() -> Sequence[Advice]:
    """Return the advice that nobody has followed or dismissed, with evidence enough."""
    found = db.session.scalars(sa.select(Advice).where(Advice.state == "open").limit(MOST_ADVICE))
    return [one for one in found if not one.evidence.get("why_not")]  # what lacks evidence is on its own page only


def advice_for(fingerprint: str) -> list[Advice]:
    """Return the open advice that helps a statement."""
    return [one for one in open_advice() if fingerprint in helped_by(one)]


def helped_by(one: Advice) -> set[str]:
    """Return the fingerprints of the statements an advice helps."""
    found = one.evidence.get("statements") or ()
    return {str(each.get("fingerprint", "")) for each in found if isinstance(each, dict)}


def changes_of(fingerprint: str) -> Sequence[Change]:
    """Return what happened to a statement, the newest first."""
    newest = sa.select(Change).where(Change.fingerprint == fingerprint).order_by(Change.at.desc(), Change.id.desc())
    return db.session.scalars(newest.limit(MOST_CHANGES)).all()
