"""How often flags answered what: collected every five seconds, added to the database in two statements.

What a killed process had not written yet, at most five seconds of counts, is lost. What the database could not
take is added to the next write.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.dialects.postgresql import ARRAY, insert

from app.core import clock, process
from app.core.db import db, transaction
from app.core.installation import installation
from app.core.tenancy import current_company_id
from app.flags.engine.counting import Ledger
from app.flags.models import FlagCount, FlagSeen

FLUSH_EVERY_S = 5.0
ROLL_UP_EVERY_S = 600.0
KEEP_MINUTES, KEEP_HOURS = timedelta(hours=26), timedelta(days=90)
MIXED_FOR = timedelta(days=1)  # as long as a flag's page looks back
INSTANTS, TEXTS = ARRAY(sa.DateTime(timezone=True)), ARRAY(sa.Text)
Place = tuple[str, datetime, str, str]  # flag, minute, variant, reason


class Counts:
    """What this process has counted and not yet written."""

    def __init__(self, app: Flask, environment: str, ledger: Callable[[], Ledger]) -> None:
        self.app, self.environment, self._ledger = app, environment, ledger
        self._flushes = Lock()
        self._waiting: Counter[Place] = Counter()

    def forget(self) -> None:
        """Drop what a parent counted: it reports that itself."""
        self._flushes = Lock()
        self._waiting = Counter()

    def flush(self) -> int:
        """Write what was counted since the last time; return how many answers that were.

        Raises:
            SQLAlchemyError: The database is away; the counts wait for the next time.
        """
        with self._flushes:
            return self._flush()

    def _flush(self) -> int:
        at = clock.now().replace(second=0, microsecond=0)
        for flag, variant, reason, count in self._ledger().drain():
            self._waiting[flag, at, variant, reason] += count
        for place in [place for place in self._waiting if place[1] < at - KEEP_MINUTES]:
            del self._waiting[place]
        if not self._waiting:
            return 0
        taken = dict(self._waiting)
        with self.app.app_context(), installation(), transaction():
            write_counts(self.environment, taken)
            write_seen(self.environment, taken)
        self._waiting.subtract(taken)
        self._waiting = +self._waiting
        return sum(taken.values())


def write_counts(environment: str, counts: dict[Place, int]) -> None:
    """Add to the minutes, in one order for all processes: two that add to the same rows must not lock each other out."""
    places = sorted(counts)
    columns = list(zip(*places, strict=True))
    rows = sa.select(
        sa.func.unnest(sa.cast(list(columns[0]), TEXTS)), sa.literal(environment), sa.literal("minute"),
        sa.func.unnest(sa.cast(list(columns[1]), INSTANTS)), sa.func.unnest(sa.cast(list(columns[2]), TEXTS)),
        sa.func.unnest(sa.cast(list(columns[3]), TEXTS)),
        sa.func.unnest(sa.cast([counts[place] for place in places], ARRAY(sa.BigInteger))),
        sa.literal(int(current_company_id())),
    )  # fmt: skip
    made = insert(FlagCount).from_select(
        ["flag_key", "environment", "grain", "at", "variant", "reason", "answers", "company_id"], rows
    )
    key = ["company_id", "flag_key", "environment", "grain", "at", "variant", "reason"]
    db.session.execute(
        made.on_conflict_do_update(index_elements=key, set_={"answers": FlagCount.answers + made.excluded.answers})
    )


def write_seen(environment: str, counts: dict[Place, int]) -> None:
    """Note when each flag was asked, and since when it has given one variant only.

    The variant is `""` while it gives several: in one write, in writes that follow each other, in other processes; and for
    a day after the last time that was seen.
    """
    given: dict[str, set[str]] = {}
    for flag, _, variant, _ in counts:
        given.setdefault(flag, set()).add(variant)
    flags = sorted(given)
    now = clock.now()
    rows = sa.select(
        sa.func.unnest(sa.cast(flags, TEXTS)),
        sa.func.unnest(sa.cast([min(given[flag]) if len(given[flag]) == 1 else "" for flag in flags], TEXTS)),
        sa.literal(environment), sa.literal(now, INSTANTS.item_type), sa.literal(process.label()),
        sa.literal(now, INSTANTS.item_type), sa.literal(int(current_company_id())),
    )  # fmt: skip
    made = insert(FlagSeen).from_select(
        ["flag_key", "variant", "environment", "last_at", "last_by", "variant_since", "company_id"], rows
    )
    held, new = FlagSeen.variant, made.excluded.variant
    same = sa.and_(held == new, held != "")
    alone = sa.and_(held == "", new != "")  # other writes may have given others since
    settled = sa.and_(alone, FlagSeen.variant_since < now - MIXED_FOR)
    db.session.execute(
        made.on_conflict_do_update(
            index_elements=["company_id", "flag_key", "environment"],
            set_={
                "last_at": made.excluded.last_at,
                "last_by": made.excluded.last_by,
                "variant": sa.case((sa.or_(same, settled), new), else_=""),
                "variant_since": sa.case(
                    (sa.or_(same, sa.and_(alone, sa.not_(settled))), FlagSeen.variant_since),
                    else_=made.excluded.variant_since,
                ),
            },
        )
    )


def roll_up() -> None:
    """Add minutes older than 26 hours to their hours, and drop hours older than 90 days; the relay's duty."""
    now = clock.now()
    before = (now - KEEP_MINUTES).replace(minute=0, second=0, microsecond=0)
    with installation(), transaction():
        old = (
            sa.delete(FlagCount)
            .where(FlagCount.grain == "minute", FlagCount.at < before)
            .returning(FlagCount)
            .cte("old")
        )
        hour = sa.func.date_trunc("hour", old.c.at)
        kept = [old.c.company_id, old.c.flag_key, old.c.environment, old.c.variant, old.c.reason]
        rows: sa.Select[Any] = (
            sa.select(*kept, sa.literal("hour"), hour, sa.func.sum(old.c.answers)).group_by(*kept, hour).order_by(hour)
        )
        made = insert(FlagCount).from_select(
            ["company_id", "flag_key", "environment", "variant", "reason", "grain", "at", "answers"], rows
        )
        key = ["company_id", "flag_key", "environment", "grain", "at", "variant", "reason"]
        db.session.execute(
            made.on_conflict_do_update(index_elements=key, set_={"answers": FlagCount.answers + made.excluded.answers})
        )
        db.session.execute(sa.delete(FlagCount).where(FlagCount.grain == "hour", FlagCount.at < now - KEEP_HOURS))
