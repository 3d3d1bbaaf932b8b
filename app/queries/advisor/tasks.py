"""The look at the workload as a job: daily by a schedule, and when somebody asks for it."""

from app.core.running import progress
from app.core.tasks import job
from app.queries.advisor.look import look


@job(queue="maintenance", name="queries.advise", retries=1, time_limit_s=1800)
def advise_indexes() -> dict[str, object]:
    """Plan what runs with the indexes it could have, and write down which are worth making."""
    return look(lambda done, total: progress(done, total, "tables"))
