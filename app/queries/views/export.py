"""The list as a CSV file."""

import csv
import io
from collections.abc import Iterable, Mapping

from flask import Response

from app.core import clock
from app.core.access import allow
from app.queries.naming import company_number
from app.queries.reads import statements as reads
from app.queries.reads.server import ServerFigures, server_figures
from app.queries.reads.statements import StatementView, span_of
from app.queries.views.asked import read_asked
from app.queries.views.blueprint import bp

MOST = 500
HEADS = (
    "fingerprint",
    "statement",
    "tables",
    "calls",
    "errors",
    "timeouts",
    "rows",
    "total_ms",
    "mean_ms",
    "p50_ms",
    "p95_ms",
    "p99_ms",
    "max_ms",
    "share",
    "p95_ms_before",
    "server_ms",
    "server_mean_ms",
)
OURS = slice(3, HEADS.index("p95_ms_before"))  # fmt: skip


@bp.get("/export.csv")
@allow("queries:read", installation=True)
def export_statements() -> Response:
    """Send the statements of this address, 500 at most, in its order."""
    asked = read_asked()
    wanted = asked.wanted
    span = span_of(asked.window)
    found = reads.list_statements(
        span, sort=asked.sort, q=wanted.words, table=wanted.table, origin=wanted.origin,
        company_id=company_number(wanted.company), only_slow=asked.only_slow, limit=MOST,
    )  # fmt: skip
    name = f"statements-{asked.window}-{clock.now():%Y%m%d-%H%M}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    server = server_figures({one.fingerprint for one in found.items}, span)
    return Response(written(found.items, server), mimetype="text/csv", headers=headers)


def written(found: Iterable[StatementView], server: Mapping[str, ServerFigures]) -> str:
    """Return statements as CSV.

    Args:
        found: With the application's times.
        server: PostgreSQL's own of the same calls, by fingerprint; empty cells where it has counted none.
    """
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow(HEADS)
    for one in found:
        before = one.before.p95_ms if one.before is not None else None
        own = server.get(one.fingerprint)
        there = (own.exec_ms + own.plan_ms, own.mean_ms) if own is not None else (None, None)
        figures = (*(getattr(one, name) for name in HEADS[OURS]), before, *there)
        cells = [round(figure, 6) if isinstance(figure, float) else figure for figure in figures]
        out.writerow([one.fingerprint, one.text, " ".join(one.tables), *cells])
    return text.getvalue()
