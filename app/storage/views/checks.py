"""What checks found, one by one, and what can be done about each."""

from flask import Blueprint, Response, url_for

from app.core import live
from app.core.access import allow
from app.core.api import parse_query
from app.core.idempotency import once
from app.core.present import query_with
from app.core.web import done, page
from app.storage.api.care import AskFindings
from app.storage.care import acts, checks, findings
from app.storage.views.providers import READ, TITLES, WRITE

checks_bp = Blueprint("storage_checks", __name__, url_prefix="/storage")
KINDS = {"orphan": "No record", "missing": "No object", "size": "Other length", "digest": "Other bytes"}
STATES = {
    "open": ("warn", "Open"), "quarantined": ("held", "Set aside"), "repaired": ("good", "Mended"),
    "ignored": ("idle", "Let be"), "gone": ("idle", "Gone"),
}  # fmt: skip


@checks_bp.get("/findings")
@allow(READ, installation=True)
def list_findings() -> Response:
    """What is not as it should be, newest first."""
    query = parse_query(AskFindings)
    rows, cursor = findings.page_of(
        state=query.state, provider=query.provider, kind=query.kind, after=query.after, limit=query.limit
    )
    views = [
        {"label": label, "href": url_for(".list_findings", state=state), "current": query.state == state, "count": None}
        for state, label in (("", "All"), ("open", "Open"), ("quarantined", "Set aside"), ("repaired", "Mended"))
    ]
    return page(
        "storage/findings.html", block="rows", live=live.state("storage"), findings=rows, kinds=KINDS,
        states=STATES, views=views, titles=TITLES, older=query_with(after=cursor) if cursor else None,
        is_first=query.after is None,
    )  # fmt: skip


@checks_bp.get("/checks/<string:check_id>")
@allow(READ, installation=True)
def show_check(check_id: str) -> Response:
    """One check, with its figures."""
    return page("storage/check.html", check=checks.find(check_id), titles=TITLES)


@checks_bp.post("/findings/<string:finding_id>/restoration")
@allow(WRITE, installation=True)
@once
def restore_finding(finding_id: str) -> Response:
    """Put what was set aside back where it was."""
    row = acts.put_back(finding_id)
    return done(url_for(".list_findings"), toast=f"{row.key} is back. Checks leave it alone from now on.")


@checks_bp.post("/findings/<string:finding_id>/repair")
@allow(WRITE, installation=True)
@once
def repair_finding(finding_id: str) -> Response:
    """Bring a file back from its mirror."""
    row = acts.bring_back(finding_id)
    return done(url_for(".list_findings"), toast=f"{row.key} is brought back from its mirror.")


@checks_bp.post("/findings/<string:finding_id>/dismissal")
@allow(WRITE, installation=True)
@once
def dismiss_finding(finding_id: str) -> Response:
    """Leave it alone from now on."""
    row = acts.let_be(finding_id)
    return done(url_for(".list_findings"), toast=f"{row.key} is left alone from now on.")
