"""How statements are planned, over JSON."""

from app.core.api import contract
from app.queries.api.blueprint import TAG, api_bp
from app.queries.explain.asking import explain_known, explain_typed
from app.queries.explain.inside import inside_words
from app.queries.explain.problems import (
    ExplainAway,
    ExplainBusy,
    ExplainFailed,
    ExplainMissing,
    ExplainRefused,
    ExplainUnsafe,
    ShadowAway,
)
from app.queries.explain.schemas import AskExplain, ExplainOut, PlanNodeOut
from app.queries.problems import StatementNotFound

PROBLEMS = [
    StatementNotFound, ExplainRefused, ExplainFailed, ExplainBusy, ExplainAway, ExplainMissing, ExplainUnsafe, ShadowAway,
]  # fmt: skip


@api_bp.post("/explain")
@contract(
    scope="queries:write", body=AskExplain, returns={200: ExplainOut}, problems=PROBLEMS, tag=TAG, installation=True,
    secret=True,  # not kept for a repeat: that would hold a transaction while the planner works
)  # fmt: skip
def explain_statement(body: AskExplain) -> ExplainOut:
    """Plan a statement: one we know on the server, one that was typed on a database without data."""
    if body.query:
        found = explain_typed(body.query)
    else:
        found = explain_known(body.fingerprint, analyze=body.analyze, values=body.values)
    tree = found.tree
    return ExplainOut(
        fingerprint=found.fingerprint, statement=found.text, where=found.where,
        inside=inside_words(found.fingerprint) if tree.is_run else "", is_run=tree.is_run, cost=tree.cost,
        planning_ms=tree.planning_ms, execution_ms=tree.execution_ms, rows=tree.rows, blocks=tree.blocks,
        settings=tree.settings, nodes=[PlanNodeOut.model_validate(node) for node in tree.nodes], plan=found.plan,
    )  # fmt: skip
