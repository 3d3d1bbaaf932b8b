"""Whose job it is: a platform admin who chose no company acts inside the company of the job."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import sqlalchemy as sa

from app.core.db import db
from app.core.errors import NotFound
from app.core.ids import CompanyId
from app.core.installation import installation
from app.core.jobs import Job
from app.core.tenancy import acting_for, current_scope

P = ParamSpec("P")
R = TypeVar("R")


def in_company_of_job(view: Callable[P, R]) -> Callable[P, R]:
    """Run a view of `/…/<job_id>/…` inside the job's company, where row-level security lets it write."""

    @wraps(view)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if current_scope().role != "platform":
            return view(*args, **kwargs)
        with acting_for(company_of(str(kwargs["job_id"]))):
            return view(*args, **kwargs)

    return run


def in_installation(view: Callable[P, R]) -> Callable[P, R]:
    """Run a view about the jobs of all companies inside the installation, which their bulk acts belong to."""

    @wraps(view)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if current_scope().role != "platform":
            return view(*args, **kwargs)
        with installation():
            return view(*args, **kwargs)

    return run


def company_of(job_id: str) -> CompanyId:
    """Return whose job it is, as the platform reads it.

    Raises:
        NotFound: There is no such job.
    """
    found = db.session.scalar(sa.select(Job.company_id).where(Job.id == job_id))
    if found is None:
        raise NotFound
    return found
