"""Flags and segments of one environment, read from the database: all of them, or what changed since a revision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import JSONB

from app.core.db import db
from app.flags.engine.model import (
    Algorithm,
    Flag,
    FlagType,
    Scope,
    Segment,
    conditions_from_json,
    settings_from_json,
)
from app.flags.models import FlagEnvironment, FlagRollout, FlagRow, FlagSegment, FlagTarget

log = structlog.get_logger(__name__)
Record = dict[str, Any]  # Any: a row as JSON
NO_LISTS: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
WATCHING = ("running", "held")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a process holds of one environment.

    Attributes:
        records: Flag → its definition and settings as JSON, without lists: what the disk keeps.
        segment_records: The same of segments, whole.
    """

    flags: Mapping[str, Flag] = field(default_factory=dict)
    segments: Mapping[str, Segment] = field(default_factory=dict)
    records: Mapping[str, Record] = field(default_factory=dict)
    segment_records: Mapping[str, Record] = field(default_factory=dict)


def load(environment: str, held: int = 0, before: Loaded | None = None) -> Loaded:
    """Return the state of the database, inside the installation; only rows newer than `held` are read.

    Args:
        environment: Whose settings.
        held: The revision `before` was read at; 0 reads everything.
        before: What is held already; what did not change is taken over from it.
    """
    before = before if before is not None and held else Loaded()
    flags, records = dict(before.flags), dict(before.records)
    rows = db.session.execute(_changed_flags(environment, held)).mappings().all()
    lists = _read_lists(environment, [row["key"] for row in rows if row["lists_changed_in"] > held])
    for row in rows:
        key = row["key"]
        record = {name: value for name, value in row.items() if name not in {"archived_at", "lists_changed_in"}}
        flags.pop(key, None)
        records.pop(key, None)
        if row["archived_at"] is None:
            old = before.flags.get(key)
            kept = (old.settings.allow, old.settings.block) if old else NO_LISTS
            made = build_flag(record, *(lists.get(key, NO_LISTS) if row["lists_changed_in"] > held else kept))
            if made or old:
                flags[key], records[key] = made or old, record  # type: ignore[assignment]  # one of them is there
    segments, segment_records = _load_segments(held, before)
    return Loaded(flags, segments, records, segment_records)


def _load_segments(held: int, before: Loaded) -> tuple[dict[str, Segment], dict[str, Record]]:
    segments, records = dict(before.segments), dict(before.segment_records)
    for row in db.session.scalars(sa.select(FlagSegment).where(FlagSegment.changed_in > held)):
        segments.pop(row.key, None)
        records.pop(row.key, None)
        if row.archived_at is None:
            records[row.key] = {
                "key": row.key, "conditions": row.conditions, "included": row.included, "excluded": row.excluded,
            }  # fmt: skip
            segments[row.key] = build_segment(records[row.key])
    return segments, records


def read_definitions(environment: str) -> dict[str, Flag]:
    """Return every flag of an environment without its lists, inside the installation: to check one against the others."""
    rows = db.session.execute(_changed_flags(environment, 0)).mappings()
    built = (build_flag(row, *NO_LISTS) for row in rows if row["archived_at"] is None)  # type: ignore[arg-type]  # by name
    return {flag.key: flag for flag in built if flag is not None}


def build_flag(record: Mapping[str, Any], allow: frozenset[str], block: frozenset[str]) -> Flag | None:
    """Make a flag of its record; None, and told, when it cannot be one: the others must still be fresh."""
    try:
        return Flag(
            key=record["key"], type=FlagType(record["type"]), variants=record["variants"],
            on_variant=record["on_variant"], off_variant=record["off_variant"], scope=Scope(record["scope"]),
            salt=record["salt"], algorithm=Algorithm(record["algorithm"]),
            settings=settings_from_json(record["settings"] or {}, allow, block),
            watched=bool(record["watched"]), version=record["version"],
            metadata={name: value for name, value in record["about"].items() if isinstance(value, bool | str | int | float)},
        )  # fmt: skip
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        log.exception("a flag cannot be read; it keeps its last answer", flag=record.get("key"), error=str(error))
        return None


def build_segment(record: Mapping[str, Any]) -> Segment:
    """Make a segment of its record."""
    return Segment(
        record["key"], conditions_from_json(record["conditions"]), frozenset(record["included"]),
        frozenset(record["excluded"]),
    )  # fmt: skip


def _changed_flags(environment: str, held: int) -> sa.Select[*tuple[Any, ...]]:
    watched = sa.exists().where(
        FlagRollout.flag_key == FlagRow.key, FlagRollout.environment == environment, FlagRollout.state.in_(WATCHING),
        FlagRollout.guards != sa.cast([], JSONB),
    )  # fmt: skip
    here = sa.and_(FlagEnvironment.flag_key == FlagRow.key, FlagEnvironment.environment == environment)
    return (
        sa.select(
            FlagRow.key, FlagRow.type, FlagRow.variants, FlagRow.on_variant, FlagRow.off_variant, FlagRow.scope,
            FlagRow.salt, FlagRow.algorithm, FlagRow.about.label("about"), FlagRow.archived_at, FlagRow.description,
            FlagEnvironment.settings, sa.func.coalesce(FlagEnvironment.version, 0).label("version"),
            sa.func.coalesce(FlagEnvironment.lists_changed_in, 0).label("lists_changed_in"),
            watched.label("watched"),
        )
        .outerjoin(FlagEnvironment, here)
        .where(sa.or_(FlagRow.changed_in > held, FlagEnvironment.changed_in > held))
        .order_by(FlagRow.key)
    )  # fmt: skip


def _read_lists(environment: str, keys: list[str]) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """Return flag → allow and block list. Gathered by the database: a row a target would cost four times as much."""
    if not keys:
        return {}
    found: dict[str, dict[str, frozenset[str]]] = {}
    for key, name, targets in db.session.execute(
        sa.select(FlagTarget.flag_key, FlagTarget.list, sa.func.array_agg(FlagTarget.target))
        .where(FlagTarget.environment == environment, FlagTarget.flag_key.in_(keys))
        .group_by(FlagTarget.flag_key, FlagTarget.list)
    ):
        found.setdefault(key, {})[name] = frozenset(targets)
    return {key: (one.get("allow", frozenset()), one.get("block", frozenset())) for key, one in found.items()}
