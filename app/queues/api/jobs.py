"""Jobs over JSON: what the list and the page of a job show."""

from app.accounts import reads as accounts
from app.core.api import contract
from app.core.auth import principal
from app.core.errors import NotFound
from app.core.tenancy import current_scope
from app.queues import reads, search, service
from app.queues.api.blueprint import api_bp
from app.queues.schemas import JobOut, JobQuery, JobsOut
from app.queues.service import JobIsOver


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
@contract(scope="jobs:read", returns={200: JobOut}, problems=[NotFound], tag="Jobs")
def show_job(job_id: str) -> JobOut:
    """Show one job and how far it is."""
    return JobOut.of(reads.find_job(job_id, principal().permissions))


@api_bp.delete("/<string:job_id>")
@contract(scope="jobs:write", returns={200: JobOut}, problems=[NotFound, JobIsOver], tag="Jobs")
def cancel_job(job_id: str) -> JobOut:
    """Cancel a job: a waiting one at once, a running one at its next step."""
    return JobOut.of(service.cancel_job(job_id, principal().permissions))
