"""The figures of each kind of report, read in one snapshot of the database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.core.auth import Company
from app.core.bulk import MORE_TIME
from app.core.db import db, fresh_session, transaction
from app.reports.content import Content
from app.reports.figures.financial import read_financial
from app.reports.figures.inventory import read_inventory
from app.reports.figures.sales import read_sales
from app.reports.periods import Period
from app.reports.states import Kind

READERS: dict[Kind, Callable[[Company, Period], Content]] = {
    Kind.SALES: read_sales,
    Kind.INVENTORY: read_inventory,
    Kind.FINANCIAL: read_financial,
}


@contextmanager
def snapshot() -> Iterator[None]:
    """Read everything inside the block as it stood at one moment, so that sums and their parts agree."""
    with fresh_session(), transaction() as session:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        db.session.execute(MORE_TIME)
        yield
