"""The list as a CSV file."""

import csv
import io
from collections.abc import Iterable

from flask import Response

from app.core import clock
from app.core.access import allow
from app.queries.naming import company_number
from app.queries.reads import statements as reads
from app.queries.reads.statements import StatementView, span_of
from app.queries.views.asked import read_asked
from app.queries.views.blueprint import bp

MOST = 500
HEADS = (
    "fingerprint", "statement", "tables", "calls", "errors", "timeouts", "rows", "total_ms", "mean_ms", "p50_ms", "p95_ms",
    "p99_ms", "max_ms", "share", "p95_ms_before",
)  # fmt: skip


@bp.get("/export.csv")
@allow("queries:read", installation=True)
def export_statements() -> Response:
    """Send the statements of this address, 500 at most, in its order."""
    asked = read_asked()
    wanted = asked.wanted
    found = reads.list_statements(
        span_of(asked.window), sort=asked.sort, q=wanted.words, table=wanted.table, origin=wanted.origin,
        company_id=company_number(wanted.company), only_slow=asked.only_slow, limit=MOST,
    )  # fmt: skip
    name = f"statements-{asked.window}-{clock.now():%Y%m%d-%H%M}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(written(found.items), mimetype="text/csv", headers=headers)


def written(found: Iterable[StatementView]) -> str:
    """Return statements as CSV."""
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow(HEADS)
    for one in found:
        before = one.before.p95_ms if one.before is not None else None
        figures = [getattr(one, name) for name in HEADS[3:-1]]
        cells = [round(figure, 6) if isinstance(figure, float) else figure for figure in (*figures, before)]
        out.writerow([one.fingerprint, one.text, " ".join(one.tables), *cells])
    return text.getvalue()
