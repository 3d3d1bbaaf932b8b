"""The page of who did what."""

from typing import Any

from flask import Blueprint, Response, url_for

from app.audit import export, links, reads
from app.audit.schemas import AuditQuery
from app.core import live
from app.core.access import allow
from app.core.api import parse_query
from app.core.auth import company, principal
from app.core.idempotency import once
from app.core.present import query_with, reader_zone
from app.core.web import done, page

bp = Blueprint("audit", __name__)
CHIPS = (("who", "By"), ("topic", "Topic"), ("type", "What"), ("row", "Object"), ("request", "Request"))


@bp.get("/audit")
@allow("audit:read", any_company=True)
def list_entries() -> Response:
    """Show who did what, when and why, newest first."""
    wanted, who = parse_query(AuditQuery), principal()
    heard = topics_heard(is_everywhere=who.acting_in is None)
    state = live.state(*heard)
    found = reads.list_entries(wanted, reader_zone())
    return page(
        "audit/index.html", block="rows", live=state, entries=found.entries, next_cursor=found.next_cursor,
        wanted=wanted, chips=chips_of(wanted), topics=[(name, name) for name in reads.topics()], is_everywhere=who.acting_in is None,
        heard=" ".join(heard) if wanted.after is None else "", link_of=links.link_of, is_installation=links.is_installation, undo_of=links.undo_of,
    )  # fmt: skip


@bp.post("/audit/exports")
@allow("audit:read")
@once
def create_export() -> Response:
    """Have a job write the entries that match; its page has the file."""
    job_id = export.queue_export(parse_query(AuditQuery), company=company(), zone=reader_zone())
    return done(url_for("jobs.show_job", job_id=job_id), toast="Export started. The file will be on this page.")


def topics_heard(*, is_everywhere: bool) -> list[str]:
    """Return the topics whose news make the page read itself again: a company's, or the installation's own."""
    return [name for name, topic in live.TOPICS.items() if topic.installation is is_everywhere]


def chips_of(wanted: AuditQuery) -> list[dict[str, Any]]:  # Any: what the template shows
    """Return the conditions, each with the address without it."""
    found = [
        {"label": label, "value": value, "href": query_with(**{name: None})}
        for name, label in CHIPS
        if (value := getattr(wanted, name))
    ]
    days = (("from", "From", wanted.from_), ("to", "To", wanted.to))
    return found + [
        {"label": label, "value": value.isoformat(), "href": query_with(**{name: None})}
        for name, label, value in days
        if value is not None
    ]
