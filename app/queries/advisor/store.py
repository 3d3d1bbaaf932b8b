"""Writes down what a look found: known advice is renewed, what no look finds any more is gone, what was dismissed stays so."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.core.db import db, transaction
from app.core.installation import installation_id
from app.core.outbox import record
from app.queries.advisor.advise import Effect, Findings, Proposal
from app.queries.advisor.choose import write_overhead
from app.queries.advisor.events import IndexesLookedAt
from app.queries.advisor.gates import reasons_against
from app.queries.advisor.housekeeping import Removal
from app.queries.advisor.words import is_hardly_used, priority_of, reason_of, removal_reason, removal_title, title_of
from app.queries.models import Advice

RULE, PLANNER, MEASURED, OBSERVED = 1, 2, 3, 4  # how far the evidence goes
MOST_STATEMENTS = 20  # named in one piece of advice
Row = dict[str, Any]  # Any: a row's columns


def keep(found: Findings, removals: Iterable[Removal], backend: str, span_s: float, now: datetime) -> list[str]:
    """Write all advice of one look, and return the ids of what is open."""
    whole_ms = sum(one.query.total_ms for one in found.planned.values())
    rows = [row for one in found.proposals if (row := row_of(one, found, backend, span_s, whole_ms)) is not None]
    rows += [removal_row(one) for one in removals]
    with transaction():
        for row in rows:
            write(row, now)
        close_others([row["id"] for row in rows], now)
        record(
            IndexesLookedAt(
                create=sum(row["kind"] == "create" for row in rows), drop=sum(row["kind"] != "create" for row in rows),
                statements=len(found.planned), backend=backend,
            )
        )  # fmt: skip
    return [row["id"] for row in rows]


def write(row: Row, now: datetime) -> None:
    """Write one piece of advice; one that is known keeps when it was found, and that somebody dismissed it."""
    statement = insert(Advice).values(company_id=installation_id(), state="open", found_at=now, checked_at=now, **row)
    is_back = Advice.state == "gone"
    renewed = {
        **{name: statement.excluded[name] for name in ("reason", "priority", "backend", "evidence", "definition")},
        "checked_at": now, "state": sa.case((is_back, "open"), else_=Advice.state),
        "found_at": sa.case((is_back, now), else_=Advice.found_at), "version": Advice.version + 1,
    }  # fmt: skip
    waits = Advice.state.in_(("open", "dismissed", "gone"))
    db.session.execute(statement.on_conflict_do_update(index_elements=["company_id", "id"], set_=renewed, where=waits))


def close_others(ids: list[str], now: datetime) -> None:
    """Close what is open and was not found again. What was built is judged, not closed."""
    gone = sa.update(Advice).where(Advice.state == "open", Advice.id.not_in(ids))
    db.session.execute(gone.values(state="gone", checked_at=now, version=Advice.version + 1))


def row_of(proposal: Proposal, found: Findings, backend: str, span_s: float, whole_ms: float) -> Row | None:
    """Return an index to make as a row; None when what it saves is not worth a word."""
    if is_hardly_used(proposal.effects, span_s):
        return None
    candidate, table = proposal.option.candidate, proposal.table
    against = reasons_against(table, span_s)
    priority = "low" if against else priority_of(proposal.effects, whole_ms)
    if priority is None:
        return None
    per_day = 86_400 / max(span_s, 60)
    evidence = {
        "title": title_of(candidate), "level": RULE if against else PLANNER, "why_not": against,
        "name": candidate.name, "table": table.name, "body": candidate.body, "method": candidate.method,
        "keys": [key.sql() for key in candidate.keys], "include": list(candidate.include), "where": candidate.where,
        "partitions": list(table.partitions), "rows": int(table.rows), "size_bytes": proposal.option.added.size_bytes,
        "overhead": round(write_overhead(table, candidate), 3), "entries_a_day": round(proposal.entries * per_day),
        "cost_before": cost_of(proposal.effects, before=True), "cost_after": cost_of(proposal.effects, before=False),
        "statements": [effect_row(effect) for effect in proposal.effects[:MOST_STATEMENTS]],
        "helped": len(proposal.effects), "planned": len(found.planned), "unplanned": len(found.unplanned), "span_s": int(span_s),
        "share": round(proposal.share, 5),
    }  # fmt: skip
    return {
        "id": id_of("create", candidate.body), "kind": "create", "table_name": table.name, "priority": priority,
        "definition": candidate.ddl(concurrently=not table.partitions), "reason": reason_of(proposal),
        "backend": backend, "evidence": evidence, "index_name": candidate.name,
    }  # fmt: skip


def cost_of(effects: list[Effect], *, before: bool) -> float:
    """Return what a call of the helped statements costs on average, each weighted by its calls."""
    calls = sum(max(effect.query.calls, 1) for effect in effects)
    whole = sum((effect.before if before else effect.after) * max(effect.query.calls, 1) for effect in effects)
    return round(whole / calls, 1) if calls else 0.0


def effect_row(effect: Effect) -> Row:
    """Return what an index does to one statement, as JSON."""
    query = effect.query
    caller, _, inner = query.fingerprint.partition(" ")  # what runs inside a function is its caller's
    return {
        "fingerprint": caller, "inside": inner.partition(" ")[0],
        "text": query.text[:400], "calls": query.calls, "timeouts": query.timeouts,
        "total_ms": round(query.total_ms, 1), "before": round(effect.before, 2), "after": round(effect.after, 2),
        "blocks_a_call": round(query.blocks / query.calls, 1) if query.calls else 0.0,
    }  # fmt: skip


def removal_row(removal: Removal) -> Row:
    """Return an index to drop or to build again as a row."""
    index, table = removal.index, removal.table
    at_once = "" if table.partitions else "CONCURRENTLY "  # of a partitioned index PostgreSQL drops none concurrently
    again = f"REINDEX INDEX CONCURRENTLY {index.name}"
    against = [removal.why_not] if removal.why_not else []
    evidence = {
        "title": removal_title(removal), "level": RULE if against else PLANNER, "why_not": against, "name": index.name,
        "table": table.name, "body": index.definition.partition(" ON ")[2], "method": index.method, "keys": list(index.keys),
        "include": list(index.include), "where": index.where, "partitions": list(table.partitions), "rows": int(table.rows),
        "size_bytes": index.size_bytes, "scans": index.scans, "made_by": index.definition, "beside": removal.beside,
        "statements": [],
    }  # fmt: skip
    return {
        "id": id_of(removal.kind, index.name), "kind": removal.kind, "table_name": table.name, "backend": "catalogue",
        "definition": again if removal.kind == "rebuild-invalid" else f"DROP INDEX {at_once}{index.name}",
        "reason": removal_reason(removal), "priority": "high" if removal.kind == "rebuild-invalid" else "low",
        "evidence": evidence, "index_name": index.name,
    }  # fmt: skip


def id_of(kind: str, what: str) -> str:
    """Return the id of a piece of advice: the same whenever it is found."""
    return blake2b(f"{kind} {what}".encode(), digest_size=6).hexdigest()
