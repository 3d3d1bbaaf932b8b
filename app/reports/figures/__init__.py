"""The figures of each kind of report, read in one snapshot of the database."""

from collections.abc import Callable

from app.core.auth import Company
from app.core.replicas.reading import snapshot_may_lag as snapshot
from app.reports.content import Content
from app.reports.figures.financial import read_financial
from app.reports.figures.inventory import read_inventory
from app.reports.figures.sales import read_sales
from app.reports.periods import Period
from app.reports.states import Kind

__all__ = ["READERS", "snapshot"]

READERS: dict[Kind, Callable[[Company, Period], Content]] = {
    Kind.SALES: read_sales,
    Kind.INVENTORY: read_inventory,
    Kind.FINANCIAL: read_financial,
}
