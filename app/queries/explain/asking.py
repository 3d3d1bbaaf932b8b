"""How a statement is planned, when somebody asks: one we know, or one that was typed. Each is noted in the audit."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from app.core.db import db, transaction
from app.core.installation import installation
from app.core.outbox import record
from app.queries.explain.catalogue import refuse_strangers
from app.queries.explain.events import StatementExplained
from app.queries.explain.link import explain_connection
from app.queries.explain.problems import ExplainAway
from app.queries.explain.replica import replica_url
from app.queries.explain.rules import read_typed
from app.queries.explain.trial import run_trial
from app.queries.plans.capture import Asked, capture, describe_statements
from app.queries.plans.changes import keep_plan
from app.queries.plans.redact import redact
from app.queries.plans.repair import repair_text
from app.queries.plans.tree import PlanTree, read_tree
from app.queries.problems import StatementNotFound
from app.queries.shadow.cluster import shadow
from app.queries.watch.fingerprint import read_statement


@dataclass(frozen=True)
class Explained:
    """A plan somebody asked for.

    Attributes:
        where: `server`, `replica`, or `shadow`: the database without data.
        plan: PostgreSQL's JSON without a constant in it.
    """

    fingerprint: str
    text: str
    where: str
    plan: dict[str, Any]  # Any: PostgreSQL's own JSON

    @property
    def tree(self) -> PlanTree:
        """The same as rows."""
        return read_tree(self.plan)


def explain_typed(text: str) -> Explained:
    """Plan a text that somebody typed, where there is no row that it could tell of.

    Raises:
        ExplainRefused: It is not one SELECT, or it holds what is not taken.
        ExplainFailed: PostgreSQL does not plan it.
        ShadowAway: There is no database without data.
    """
    named = read_typed(text)
    db.session.rollback()  # nothing is held while the planner is asked, which may have to be started
    with shadow() as planner:
        with planner.catalogue() as link:
            refuse_strangers(link, named)
        plan = redact(planner.plan_stranger(text))
    known = read_statement(text)
    note(known.fingerprint, known.text, "typed")
    return Explained(known.fingerprint, known.text, "shadow", plan)


def explain_known(fingerprint: str, *, analyze: bool = False, values: Sequence[str | None] | None = None) -> Explained:
    """Plan a statement we have sent; with `analyze` run it, which only a SELECT is.

    Args:
        values: To run it with; those that are missing are taken from rows of the company that runs it most.

    Raises:
        StatementNotFound: No statement has this fingerprint.
        ExplainRefused: It has no plan, or it is not run.
        ExplainFailed: PostgreSQL does not plan it.
    """
    db.session.rollback()  # as above
    if not analyze:
        kept = capture(fingerprint)
        asked = find_asked(fingerprint)
        note(fingerprint, asked.text, "known")
        return Explained(fingerprint, asked.text, "server", kept.plan)
    asked = find_asked(fingerprint)
    note(fingerprint, asked.text, "analyze")  # before it runs: what takes too long was asked for as well
    plan, where = run_known(asked, values)
    keep_plan(fingerprint, plan, "analyze")
    return Explained(fingerprint, asked.text, where, plan)


def run_known(
    asked: Asked, values: Sequence[str | None] | None
) -> tuple[dict[str, Any], str]:  # Any: PostgreSQL's JSON
    """Run a statement on a replica if one is fit, and on the server if there is none or it has just gone."""
    text = repair_text(asked.text)
    replica = replica_url()
    if replica is not None:
        with suppress(ExplainAway), explain_connection(asked.of_company_id, url=replica) as link:
            return redact(run_trial(link, text, values)), "replica"
    with explain_connection(asked.of_company_id) as link:
        return redact(run_trial(link, text, values)), "server"


def find_asked(fingerprint: str) -> Asked:
    """Return a statement as it is planned.

    Raises:
        StatementNotFound: Nobody sent it, or it has no plan.
    """
    found = describe_statements([fingerprint])
    if not found:
        raise StatementNotFound
    return found[0]


def note(fingerprint: str, text: str, how: str) -> None:
    """Write down who asked for what; the text has no value in it."""
    with installation(), transaction():
        record(StatementExplained(fingerprint=fingerprint, statement=text[:1000], how=how))
