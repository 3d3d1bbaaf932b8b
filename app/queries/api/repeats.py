"""Repeated reads over JSON."""

from app.core.api import contract
from app.queries.api.blueprint import TAG, api_bp
from app.queries.api.schemas import AskRepeats, RepeatOut, RepeatsOut
from app.queries.reads import statements as reads

FIELDS = tuple(name for name in RepeatOut.model_fields if name != "statement")


@api_bp.get("/repeats")
@contract(scope="queries:read", query=AskRepeats, returns={200: RepeatsOut}, tag=TAG, installation=True)
def list_repeats(query: AskRepeats) -> RepeatsOut:
    """Statements that one request sent again and again, the worst first."""
    return RepeatsOut(
        items=[
            RepeatOut(**{name: getattr(one, name) for name in FIELDS}, statement=one.text)
            for one in reads.list_repeats(query.limit)
        ]
    )
