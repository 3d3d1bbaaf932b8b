"""Questions about segments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.core.db import db
from app.flags.models import FlagSegment
from app.flags.problems import SegmentNotFound
from app.flags.reads.detail import is_key

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SegmentDetail:
    """A segment.

    Attributes:
        conditions: As JSON, as an editor changes them.
        version: What an editor sends back.
    """

    key: str
    description: str
    conditions: Sequence[JSON]
    included: Sequence[str]
    excluded: Sequence[str]
    version: int
    changed_at: datetime


def list_segments() -> list[SegmentDetail]:
    """Return every segment in use, by key, inside the installation."""
    rows = db.session.scalars(sa.select(FlagSegment).where(FlagSegment.archived_at.is_(None)).order_by(FlagSegment.key))
    return [_build(row) for row in rows]


def find_segment(key: str) -> SegmentDetail:
    """Return one segment.

    Raises:
        SegmentNotFound: There is none, or it is archived.
    """
    row = find_segment_row(key)
    if row is None or row.archived_at is not None:
        raise SegmentNotFound(key=key[:100])
    return _build(row)


def find_segment_row(key: str) -> FlagSegment | None:
    """Return a segment's row, archived or not."""
    if not is_key(key):
        return None
    found = sa.select(FlagSegment).where(FlagSegment.key == key).execution_options(populate_existing=True)
    return db.session.scalars(found).one_or_none()


def _build(row: FlagSegment) -> SegmentDetail:
    return SegmentDetail(
        row.key, row.description, row.conditions, row.included, row.excluded, row.version, row.changed_at
    )
