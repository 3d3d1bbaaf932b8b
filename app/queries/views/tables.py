"""How the database is: its tables and indexes, vacuum, sequences, who follows it and who is connected."""

from dataclasses import dataclass

from flask import Response, request, url_for

from app.core.access import allow
from app.core.present import query_with
from app.core.web import is_partial, page
from app.queries.panels import indexes, tables
from app.queries.panels.standing import read_standing
from app.queries.panels.wording import standing_verdict
from app.queries.views import looks
from app.queries.views.blueprint import bp
from app.queries.views.live import state_in_time, tabs_in_time

LONGEST_FIND = 100
ROWS, ALL_ROWS = 20, 500
ORDERS: tuple[tuple[tables.Order, str], ...] = (
    ("size", "Size"), ("dead", "Dead"), ("bloat", "Loose"), ("writes", "Writes"), ("scans", "Scans"),
    ("age", "Age"),
)  # fmt: skip


@dataclass(frozen=True)
class AskedTables:
    """What the address asks for.

    Attributes:
        is_all: Whether as many rows as the page can hold are wanted.
    """

    q: str
    order: tables.Order
    is_all: bool

    @property
    def most(self) -> int:
        """How many rows of a panel are shown."""
        return ALL_ROWS if self.is_all else ROWS

    @property
    def index_order(self) -> indexes.Order:
        """The order of the indexes that goes with the tables'."""
        return self.order if self.order in {"scans", "bloat"} else "size"


@bp.get("/tables")
@allow("queries:read", installation=True)
def show_tables() -> Response:
    """Show tables, indexes, vacuum, sequences, replication and connections; a panel that cannot be read says why."""
    state = state_in_time()
    asked = read_asked()
    view = read_standing(q=asked.q, order=asked.order, index_order=asked.index_order, most=asked.most + 1)
    return page(
        "queries/live/tables_live.html" if is_partial() else "queries/live/tables.html",
        live=state, asked=asked, view=view, verdict=standing_verdict(view), looks=looks,
        orders=[{"label": label, "href": query_with(sort=name), "current": name == asked.order} for name, label in ORDERS],
        tabs=[] if is_partial() else tabs_in_time("tables"), json_href=url_for("queries_api.list_tables"),
    )  # fmt: skip


def read_asked() -> AskedTables:
    """Return what the address asks for; what cannot be is left out."""
    q = request.args.get("q", "").strip()[:LONGEST_FIND]
    wanted = request.args.get("sort", "")
    order: tables.Order = next((name for name in tables.ORDERS if name == wanted), "size")
    return AskedTables(q, order, is_all=request.args.get("all") == "1")
