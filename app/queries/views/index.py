"""What statements cost, the most expensive first."""

from urllib.parse import urlencode

from flask import Response, request, url_for

from app.core import live
from app.core.access import allow
from app.core.parallel import read_together
from app.core.present import query_with
from app.core.web import is_partial, page
from app.queries.filter import StatementFilter
from app.queries.forgetting import emptied_since
from app.queries.naming import company_number
from app.queries.reads import statements as reads
from app.queries.reads.server import server_figures, totals
from app.queries.reads.statements import Listed, Span, span_of
from app.queries.reads.story import marks_of
from app.queries.views import looks
from app.queries.views.asked import SORTS, WINDOWS, Asked, read_asked, windows
from app.queries.views.blueprint import bp
from app.queries.views.tabs import tabs
from app.queries.views.verdict import verdict_of

PAGE = 50


@bp.get("")
@allow("queries:read", installation=True)
def list_statements() -> Response:
    """Show what statements cost, the most total time first."""
    state = live.state("queries")
    asked = read_asked()
    span = span_of(asked.window)
    found, worst = find_both(asked, span)
    names = [one.fingerprint for one in found.items]
    server = server_figures({*names, *(one.fingerprint for one in worst.items)}, span)
    return page(
        "queries/list.html" if is_partial() else "queries/index.html",
        live=state, asked=asked, found=found, verdict=verdict_of(worst, server), looks=looks, chips=chips_of(asked),
        span_words=WINDOWS[asked.window][1], sort_words=SORTS[asked.sort], marks=marks_of(names),
        server=server, read_at=totals(span).read_at, rest_share=rest_of(found),
        emptied=emptied_since(span.before_start),
        windows=windows(asked.window, "queries.list_statements"), tabs=tabs("statements") if not is_partial() else [],
        json_href=url_for("queries_api.list_metrics", window=asked.window, sort=asked.sort, q=asked.text or None),
        csv_href=f"{url_for('queries.export_statements')}?{urlencode(request.args)}",
    )  # fmt: skip


def find_both(asked: Asked, span: Span) -> tuple[Listed, Listed]:
    """Return what an address asks for, and the worst of all, which the sentence above the list is about."""
    if asked.is_plain:
        found = find(asked, span)
        return found, found
    plain = Asked(asked.window, "total", "", StatementFilter(), is_all=False, after=None)
    found, worst = read_together(lambda: find(asked, span), lambda: find(plain, span))
    return found, worst


def find(asked: Asked, span: Span) -> Listed:
    """Return the statements that an address asks for."""
    wanted = asked.wanted
    return reads.list_statements(
        span, sort=asked.sort, q=wanted.words, table=wanted.table, origin=wanted.origin,
        company_id=company_number(wanted.company), only_slow=asked.only_slow, limit=PAGE, after=asked.after,
    )  # fmt: skip


def chips_of(asked: Asked) -> list[dict[str, str]]:
    """Return what the list leaves out, each with the address without it."""
    wanted = asked.wanted
    fields = [
        ("Table", "table", wanted.table),
        ("Sent from", "from", wanted.origin),
        ("Company", "company", wanted.company),
    ]
    kept = {name: value for _, name, value in fields if value}
    found = [
        {
            "label": label,
            "value": value,
            "href": query_with(q=(wanted.words + spelled(kept, without=name)).strip() or None),
        }
        for label, name, value in fields
        if value
    ]
    if asked.only_slow:
        found.append({"label": "p95", "value": "at least 100 ms, or 1% of time", "href": query_with(all="1")})
    return found


def spelled(fields: dict[str, str], *, without: str) -> str:
    """Return fields as somebody would type them."""
    return "".join(
        f' {name}:"{value}"' if " " in value else f" {name}:{value}"
        for name, value in fields.items()
        if name != without
    )


def rest_of(found: Listed) -> float:
    """Return which share of all time the statements take that are not shown."""
    return max(1.0 - sum(one.share for one in found.items), 0.0)
