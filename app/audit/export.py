"""The audit as CSV, written by a job: every entry that matches, as it stood at one moment."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from app.audit import reads
from app.audit.models import AuditEntry
from app.audit.schemas import AuditQuery
from app.core import clock, tasks
from app.core.auth import Company
from app.core.db import db, transaction
from app.core.present import zone_info
from app.core.replicas.reading import snapshot_may_lag
from app.core.tasks import current_job_id, job, progress
from app.inventory.exports import safe_cell, time_cell
from app.notifications.service import News, tell_asker
from app.storage.service.own import exporting

HEAD = ("Who", "Who (id)", "Did", "Kind", "Topic", "Object", "Reason", "Changes", "Request", "Entry")
CHUNK = 1000


def queue_export(wanted: AuditQuery, *, company: Company, zone: str) -> str:
    """Let a job write the entries that match, and return the job's id."""
    query = wanted.model_dump(mode="json", by_alias=True, exclude={"limit", "after"}, exclude_none=True)
    args = {"query": query, "zone": zone, "name": f"audit-{company.slug}-{clock.now():%Y%m%d-%H%M}.csv"}
    with transaction():
        return tasks.enqueue("audit.export", args, title="Export the audit")


# Who may see people may read the audit; the file must not reach others who merely see jobs.
@job(queue="export", name="audit.export", permission="users:read")
def export_audit(query: dict[str, Any], zone: str, name: str) -> dict[str, Any]:
    """Write a file of the entries that match. Run again, it replaces its own file."""
    wanted, done = AuditQuery.model_validate(query), 0
    with exporting(name) as target, snapshot_may_lag():
        target.write("\ufeff" + line([f"When ({zone})", *HEAD]))
        for entries in stream_entries(wanted, zone):
            target.write("".join(line(cells_of(entry, zone)) for entry in entries))
            done += len(entries)
            progress(done, None, f"{done:,} entries written")
    tell_asker(News("export-ready", "The audit you asked for is ready.", f"/jobs/{current_job_id()}"), current_job_id())
    return {"file": name, "entries": done}


def stream_entries(wanted: AuditQuery, zone: str) -> Iterator[list[reads.Entry]]:
    """Yield the entries in chunks, newest first, by a cursor on the server."""
    statement = sa.select(*AuditEntry.__table__.columns)
    statement = statement.where(*reads.conditions(wanted, zone_info(zone))).order_by(AuditEntry.id.desc())
    rows = db.session.execute(statement, execution_options={"yield_per": CHUNK})
    for chunk in rows.partitions():
        yield [reads.entry_of(row, "", "") for row in chunk]


def cells_of(entry: reads.Entry, zone: str) -> list[str]:
    """Return an entry as the cells of its line."""
    changes = json.dumps(entry.changes, ensure_ascii=False) if entry.changes else ""
    texts = (
        entry.who, str(entry.actor.get("id") or ""), entry.predicate, entry.type, entry.topic, entry.row_id or "",
        entry.words, changes, entry.request_id, entry.id,
    )  # fmt: skip
    return [time_cell(entry.at, zone), *map(safe_cell, texts)]


def line(cells: list[str]) -> str:
    """Return one line of CSV."""
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
