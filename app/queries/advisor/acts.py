"""What people do about advice: have the workload looked at, say that something is not wanted, take that back."""

from app.core import tasks
from app.core.context import actor
from app.core.db import db, transaction
from app.core.errors import Problem
from app.core.outbox import record
from app.queries.advisor.events import AdviceDismissed, AdviceReopened
from app.queries.advisor.reads import find_advice
from app.queries.models import Advice


class AdviceSettled(Problem, code="advice-settled", status=409):
    """This advice is not open any more: it is {state}."""

    state: str


def ask_look() -> str:
    """Queue a look at the workload and return the job's id; one at a time."""
    with transaction():
        return tasks.enqueue("queries.advise", {}, title="Look for indexes", key="queries.advise")


def dismiss(advice_id: str, reason: str) -> Advice:
    """Say that an index is not wanted; looks leave it so.

    Raises:
        AdviceNotFound: No such advice.
        AdviceSettled: It is built, or gone.
    """
    with transaction():
        row = _locked(advice_id)
        if row.state == "dismissed":
            return row
        if row.state != "open":
            raise AdviceSettled(state=row.state)
        row.state, row.dismissed_reason, row.dismissed_by = "dismissed", reason, str((actor() or {}).get("name", ""))
        row.version += 1
        record(AdviceDismissed(id=row.id, index=row.index_name, reason=reason))
    return row


def reopen(advice_id: str) -> Advice:
    """Take back that it is not wanted.

    Raises:
        AdviceNotFound: No such advice.
        AdviceSettled: It was not dismissed.
    """
    with transaction():
        row = _locked(advice_id)
        if row.state == "open":
            return row
        if row.state != "dismissed":
            raise AdviceSettled(state=row.state)
        row.state, row.dismissed_reason, row.dismissed_by = "open", "", ""
        row.version += 1
        record(AdviceReopened(id=row.id, index=row.index_name))
    return row


def _locked(advice_id: str) -> Advice:
    row = find_advice(advice_id)
    db.session.refresh(row, with_for_update=True)
    return row
