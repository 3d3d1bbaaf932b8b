"""What an index did once it was built: the same statements' blocks and time a call, before and after.

The relay looks every ten minutes. Nobody tells us that an index was made; it is found by what it is, whatever its name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
import sqlalchemy as sa
import structlog

from app.core import clock
from app.core.db import db, transaction
from app.core.errors import Problem
from app.core.ids import new_ulid
from app.core.installation import installation, installation_id
from app.core.outbox import record
from app.queries.advisor.catalogue import read_catalogue
from app.queries.advisor.events import AdviceJudged
from app.queries.advisor.store import OBSERVED
from app.queries.advisor.types import Catalogue, Index
from app.queries.models import Advice, Change, ServerMinute, ServerStatement
from app.queries.server.link import monitor

log = structlog.get_logger(__name__)
EVERY_S = 600.0
BEFORE = timedelta(days=7)
SETTLED = timedelta(days=7)  # after so long the verdict stands
LEAST_CALLS = 30  # of the statements together, before anything is said
BETTER, WORSE = 0.9, 1.05  # blocks a call, after as a share of before
TIMEOUT_MS = 5000


@dataclass(frozen=True)
class Figures:
    """What one statement cost on the server in a span."""

    calls: int = 0
    ms: float = 0.0
    blocks: int = 0

    def a_call(self) -> dict[str, float]:
        """Return it for one call, as JSON."""
        calls = max(self.calls, 1)
        return {"calls": self.calls, "ms": round(self.ms / calls, 3), "blocks": round(self.blocks / calls, 1)}


NONE = Figures()


def follow_up() -> None:
    """Find what was built or dropped, and judge it. A server that does not answer is asked again later."""
    with installation():
        rows = db.session.scalars(
            sa.select(Advice).where(Advice.state.in_(("open", "dismissed", "built", "confirmed", "worse")))
        ).all()
        if not rows:
            return
        try:
            with monitor(TIMEOUT_MS) as link:
                catalogue = read_catalogue(link, {})
        except (Problem, psycopg.Error) as error:
            log.info("indexes are looked at later", reason=getattr(error, "sqlstate", None) or str(error))
            return
        for row in rows:
            follow(row, catalogue, clock.now())


def follow(row: Advice, catalogue: Catalogue, now: datetime) -> None:
    """Move one piece of advice on."""
    index = find_index(catalogue, row)
    if row.built_at is None:
        is_done = (index is not None) if row.kind == "create" else (index is None)
        if row.kind == "rebuild-invalid":
            is_done = index is None or index.is_valid
        if is_done:
            begin(row.id, index, now)
    elif row.kind == "create" and index is None:
        end(row.id, now)
    elif now - row.built_at <= SETTLED + timedelta(days=1):
        judge(row, index, now)


def find_index(catalogue: Catalogue, row: Advice) -> Index | None:
    """Return the valid index that is what was advised; of one to go, the one of that name."""
    table = catalogue.tables.get(row.table_name)
    for index in table.indexes if table else ():
        if row.kind != "create":
            if index.name == row.index_name:
                return index
            continue
        wanted = row.evidence
        same_keys = list(index.keys) == wanted["keys"] and index.method == wanted["method"]
        if (
            index.is_valid
            and same_keys
            and index.where == wanted["where"]
            and set(wanted["include"]) <= set(index.include)
        ):
            return index
    return None


def begin(advice_id: str, index: Index | None, now: datetime) -> None:
    """Note that it was done."""
    with transaction():
        row = locked(advice_id)
        row.state, row.built_at, row.checked_at = "built", now, now
        row.version += 1
        made = row.kind == "create"
        if index is not None and made:
            row.index_name = index.name
        sentence = (
            f"{row.index_name} was built. Its statements are compared from here on."
            if made
            else f"{row.index_name} was dropped."
        )
        if row.kind == "rebuild-invalid":
            sentence = f"{row.index_name} is whole again, or gone."
        tell(row, sentence, now)


def end(advice_id: str, now: datetime) -> None:
    """Note that an index that was built was dropped again: the next look may advise it anew."""
    with transaction():
        row = locked(advice_id)
        row.state, row.built_at, row.verdict, row.checked_at = "gone", None, None, now
        row.version += 1


def locked(advice_id: str) -> Advice:
    """Take one piece of advice for a change, as it is now."""
    return db.session.get_one(
        Advice, {"company_id": installation_id(), "id": advice_id}, with_for_update=True, populate_existing=True
    )


def judge(row: Advice, index: Index | None, now: datetime) -> None:
    """Compare its statements before and after, once they ran often enough since."""
    built_at = row.built_at or now
    names = list(dict.fromkeys(one["fingerprint"] for one in row.evidence["statements"]))
    before, after = figures(names, built_at - BEFORE, built_at), figures(names, built_at + timedelta(minutes=1), now)
    if not names or sum(one.calls for one in after.values()) < LEAST_CALLS:
        return
    verdict = compare(names, before, after, index.scans if index else 0)
    with transaction():
        kept = locked(row.id)
        is_news = kept.state != verdict["state"]
        kept.verdict, kept.checked_at, kept.version = verdict, now, kept.version + 1
        kept.evidence = {**kept.evidence, "level": OBSERVED}
        kept.state = str(verdict["state"])
        if is_news and kept.state != "built":
            tell(kept, f"{kept.index_name}: {verdict['sentence']}", now)


def compare(
    names: Sequence[str], before: Mapping[str, Figures], after: Mapping[str, Figures], scans: int
) -> dict[str, Any]:  # fmt: skip
    """Return the verdict: blocks and time of a call, weighted by how often each statement runs now.

    A statement that did not run before (it was only ever stopped) has nothing to be compared with, and is left out.
    """  # Any: figures as JSON
    pairs = [
        (name, before[name], after[name])
        for name in names
        if before.get(name, NONE).calls and after.get(name, NONE).calls
    ]
    rows = [{"fingerprint": name, "before": was.a_call(), "after": now.a_call()} for name, was, now in pairs]
    calls = max(sum(now.calls for _, _, now in pairs), 1)
    mean = {
        "before": {what: sum(was.a_call()[what] * now.calls for _, was, now in pairs) / calls for what in ("ms", "blocks")},
        "after": {what: sum(now.a_call()[what] * now.calls for _, _, now in pairs) / calls for what in ("ms", "blocks")},
    }  # fmt: skip
    ratio = mean["after"]["blocks"] / mean["before"]["blocks"] if mean["before"]["blocks"] else 1.0
    state = "confirmed" if rows and ratio <= BETTER else "worse" if rows and ratio > WORSE else "built"
    return {
        "state": state,
        "statements": rows,
        "scans": scans,
        **mean,
        "ratio": round(ratio, 4),
        "sentence": sentence_of(state, mean, scans),
    }


def sentence_of(state: str, mean: Mapping[str, Mapping[str, float]], scans: int) -> str:
    """Say what came of it."""
    was, now = mean["before"], mean["after"]
    measured = f"a call read {was['blocks']:,.0f} blocks in {was['ms']:,.2f} ms and reads {now['blocks']:,.0f} in {now['ms']:,.2f} ms now"
    if state == "confirmed":
        return f"It helps: {measured}."
    if state == "worse":
        return f"It does not help: {measured}. Drop it again."
    return f"No difference yet: {measured}." + ("" if scans else " Nothing has used it so far.")


def figures(names: Sequence[str], start: datetime, end_at: datetime) -> dict[str, Figures]:
    """Return what statements cost in a span, by fingerprint."""
    query = (
        sa.select(
            ServerStatement.fingerprint, sa.func.sum(ServerMinute.calls), sa.func.sum(ServerMinute.exec_ms),
            sa.func.sum(ServerMinute.shared_blks_hit + ServerMinute.shared_blks_read),
        )
        .join(ServerMinute, ServerMinute.key == ServerStatement.key)
        .where(ServerStatement.fingerprint.in_(names), ServerMinute.at >= start, ServerMinute.at < end_at)
        .group_by(ServerStatement.fingerprint)
    )  # fmt: skip
    return {name: Figures(int(calls), float(ms), int(blocks)) for name, calls, ms, blocks in db.session.execute(query)}


def tell(row: Advice, sentence: str, now: datetime) -> None:
    """Keep it in the history of each statement it is about, and tell open pages."""
    record(AdviceJudged(id=row.id, index=row.index_name, state=row.state, sentence=sentence))
    changes = [
        {
            "company_id": row.company_id, "id": new_ulid(), "at": now, "fingerprint": name, "kind": "index",
            "sentence": sentence, "detail": {"advice": row.id, "state": row.state},
        }
        for name in dict.fromkeys(one["fingerprint"] for one in row.evidence["statements"])
    ]  # fmt: skip
    if changes:
        db.session.execute(sa.insert(Change), changes)
