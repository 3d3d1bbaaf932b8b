"""PostgreSQL's own counters and plans over JSON."""

from app.core.api import contract
from app.queries.api.blueprint import TAG, api_bp
from app.queries.reads.plans import changes_of, plans_of
from app.queries.reads.server import list_server_only, totals
from app.queries.reads.statements import span_of
from app.queries.server.notices import find_notices
from app.queries.server.schemas import (
    AskServer,
    NoticeOut,
    PlanChangeOut,
    PlanOut,
    PlansOut,
    ServerFiguresOut,
    ServerOnlyOut,
    ServerOut,
)

READ = "queries:read"
MOST = 200


@api_bp.get("/server")
@contract(scope=READ, query=AskServer, returns={200: ServerOut}, tag=TAG, installation=True)
def show_server(query: AskServer) -> ServerOut:
    """What PostgreSQL itself counted, and the statements that the app never measured."""
    span = span_of(query.window)
    found = totals(span)
    return ServerOut(
        window=query.window, since=span.start, until=span.end, read_at=found.read_at, evicted=found.evicted,
        reset_at=found.reset_at, held=found.held, statements=found.statements,
        figures=ServerFiguresOut.model_validate(found.figures),
        notices=[NoticeOut.model_validate(one) for one in find_notices()],
        items=[ServerOnlyOut.model_validate(one) for one in list_server_only(span, MOST)],
    )  # fmt: skip


@api_bp.get("/statements/<string:fingerprint>/plans")
@contract(scope=READ, returns={200: PlansOut}, tag=TAG, installation=True)
def list_plans(fingerprint: str) -> PlansOut:
    """How a statement was planned over time; a statement without a plan has none."""
    changes = [one for one in changes_of(fingerprint) if one.kind == "plan"]
    return PlansOut(
        items=[PlanOut.model_validate(one) for one in plans_of(fingerprint)],
        changes=[PlanChangeOut.model_validate(one) for one in changes],
    )
