"""Jobs over JSON: what the list and the page of a job show."""

from app.accounts import reads as accounts
from app.core import clock
from app.core.api import contract
from app.core.auth import principal
from app.core.errors import NotFound
from app.core.tenancy import current_scope
from app.queues import search
from app.queues.api.blueprint import api_bp
from app.queues.detail import read_detail
from app.queues.evidence import explain
from app.queues.schemas import JobDetailOut, JobOut, JobQuery, JobsOut, detail_of
from app.queues.verdict import verdict_on, wants_evidence


@api_bp.get("")
@contract(scope="jobs:read", query=JobQuery, returns={200: JobsOut}, tag="Jobs", any_company=True)
def list_jobs(query: JobQuery) -> JobsOut:
    """List jobs that match, newest first; a platform admin without a company gets those of all companies."""
    found = search.find_jobs(query, principal().permissions)
    everywhere = current_scope().role == "platform"
    companies = accounts.companies_by_id({job.company_id for job in found.items}) if everywhere else None
    return JobsOut(
        items=[JobOut.of(job, companies) for job in found.items],
        next_cursor=found.next_cursor,
        looked_back_to=found.looked_back_to,
    )


@api_bp.get("/<string:job_id>")
@contract(scope="jobs:read", returns={200: JobDetailOut}, problems=[NotFound], tag="Jobs", any_company=True)
def show_job(job_id: str) -> JobDetailOut:
    """Show one job: how far it is and why, its runs, its log and its tree."""
    detail = read_detail(job_id, principal().permissions)
    now = clock.now()
    evidence = explain(detail.job.id) if wants_evidence(detail, now) else []
    return detail_of(detail, verdict_on(detail, now).sentence, evidence)
