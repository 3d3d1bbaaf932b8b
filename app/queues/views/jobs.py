"""The list of jobs: of a company, or of all to a platform admin who chose none."""

import re
from typing import Any

from flask import Response, make_response, redirect, url_for

from app.accounts import reads as accounts
from app.core.access import allow
from app.core.api import parse_query
from app.core.auth import principal
from app.core.broker import QUEUES
from app.core.errors import InvalidInput
from app.core.jobs import JobState
from app.core.tasks import JOBS
from app.core.tenancy import current_scope
from app.core.web import page
from app.queues import listeners, reads, search
from app.queues.filter import JobFilter, Waits
from app.queues.matching import BulkAct, narrow
from app.queues.views.blueprint import bp

ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
TABS: dict[str, dict[str, str]] = {
    "All": {},
    "Waiting": {"state": JobState.QUEUED.value},
    "Running": {"state": JobState.RUNNING.value},
    "Failed": {"state": JobState.FAILED.value},
    "Done": {"state": JobState.DONE.value},
    "Discarded": {"state": JobState.DISCARDED.value},
    "Scheduled for later": {"waits": Waits.LATER.value},
    "Held": {"waits": Waits.HELD.value},
}
BULK_WORDS = {BulkAct.RETRY: "Retry all", BulkAct.DISCARD: "Discard all", BulkAct.CANCEL: "Cancel all"}
LABELS = {
    "state": "State", "waits": "Waits", "queue": "Queue", "name": "Kind", "company": "Company", "worker": "Worker",
    "requestId": "Request", "scheduleId": "Schedule", "signature": "Failure group", "rootId": "Tree of",
    "error": "Error says", "priority": "Priority", "within": "Sent in the last", "since": "Since", "until": "Until",
}  # fmt: skip


class JobRows(JobFilter):
    """The list as a page asks for it; `q` is one field for whatever somebody has at hand."""

    ids: str | None = None
    q: str | None = None


@bp.get("/jobs")
@allow("jobs:read", any_company=True)
def list_jobs() -> Response:
    """Jobs, newest first; `ids=` asks for single rows again."""
    wanted, who = parse_query(JobRows), principal()
    if wanted.q:
        return make_response(redirect(understood(wanted)))
    state = listeners.live_state(who)
    if wanted.ids:
        return page("jobs/rows.html", jobs=search.jobs_in(wanted, wanted.ids.split(",")[:200], who.permissions))
    found = search.find_jobs(wanted, who.permissions)
    return page(
        "jobs/index.html", block="rows", live=state, jobs=found.items, next_cursor=found.next_cursor,
        looked_back_to=found.looked_back_to, live_count=reads.count_live(who.permissions), wanted=wanted,
        owners=owners_of(found.items), mode="top" if wanted.is_plain else "query", tabs=tabs_of(wanted),
        chips=chips_of(wanted), topics=listeners.topics_of(who), queues=list(QUEUES), names=reads.names_seen(who.permissions),
        keep=kept_by_form(wanted), bulk_acts=bulk_acts_of(wanted) if found.items else [],
    )  # fmt: skip


def owners_of(jobs: Any) -> dict[int, tuple[str, str]] | None:  # Any: rows with a company
    """Return the companies of these jobs where several are shown; None inside one."""
    if current_scope().role != "platform":
        return None
    return accounts.companies_by_id({job.company_id for job in jobs})


def understood(wanted: JobRows) -> str:
    """Return the address that one field of text means: an id, an argument, a kind, a queue, or words of an error."""
    text = (wanted.q or "").strip()
    if ULID.fullmatch(text.upper()):
        if search.is_there(text.upper()):
            return url_for("jobs.show_job", job_id=text.upper())
        return address(wanted, requestId=text)
    if re.fullmatch(r"[A-Za-z0-9_.-]+=.+", text):
        path, _, value = text.partition("=")
        return address(wanted, **{f"args.{path.removeprefix('args.')}": value})
    if text in JOBS:
        return address(wanted, name=text)
    return address(wanted, queue=text) if text in QUEUES else address(wanted, error=text)


def address(wanted: JobFilter, **changes: Any) -> str:  # Any: values of an address
    """Return the list's address with these conditions changed."""
    query = wanted.query(**{"q": None, "ids": None, **changes})
    return f"{url_for('jobs.list_jobs')}?{query}" if query else url_for("jobs.list_jobs")


def tabs_of(wanted: JobFilter) -> list[dict[str, Any]]:
    """Return the tabs; they keep the other conditions."""
    said = wanted.conditions()
    now = {name: said[name] for name in ("state", "waits") if name in said}
    return [
        {"label": label, "href": address(wanted, **{"state": None, "waits": None, **tab}), "current": tab == now}
        for label, tab in TABS.items()
    ]


def chips_of(wanted: JobFilter) -> list[dict[str, str]]:
    """Return the conditions, each with the address without it; the tabs show state and reason themselves."""
    said = {name: value for name, value in wanted.conditions().items() if name in LABELS}
    if {name: said[name] for name in ("state", "waits") if name in said} in TABS.values():
        said = {name: value for name, value in said.items() if name not in {"state", "waits"}}
    chips = [
        {"label": LABELS[name], "value": str(value), "href": address(wanted, **{name: None})}
        for name, value in said.items()
    ]
    for path, value in wanted.args.items():
        chips.append({"label": path, "value": value, "href": address(wanted, **{f"args.{path}": None})})
    return chips


def bulk_acts_of(wanted: JobFilter) -> list[tuple[str, str]]:
    """Return what can be done to all that match, in words, with the page that asks."""
    if not (wanted.state or wanted.waits or wanted.signature or wanted.error) or wanted.state is JobState.DONE:
        return []  # "all" of a list of every state would be misunderstood
    acts = []
    for act, words in BULK_WORDS.items():
        try:
            narrow(act, wanted)
        except InvalidInput:
            continue
        if act is not BulkAct.CANCEL or wanted.state or wanted.waits:
            acts.append((words, url_for("jobs.ask_for_bulk") + "?" + wanted.query(act=act.value, q=None, ids=None)))
    return acts


def kept_by_form(wanted: JobFilter) -> dict[str, str]:
    """Return the conditions that the form of the filter has no field for."""
    said = {name: str(value) for name, value in wanted.conditions().items() if name not in {"args", "q", "ids"}}
    fields = {"queue", "name", "priority", "error", "company", "worker", "within"}
    kept = {name: value for name, value in said.items() if name not in fields}
    return kept | {f"args.{path}": value for path, value in wanted.args.items()}
