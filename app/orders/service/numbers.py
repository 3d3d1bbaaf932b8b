"""Order numbers: 1, 2, 3 … in each company."""

from sqlalchemy.dialects.postgresql import insert

from app.core.db import db, transaction
from app.core.tenancy import current_company_id
from app.orders.models import OrderCounter


def allocate_numbers(count: int = 1) -> int:
    """Take the next numbers of this company and return the first.

    Holds the counter until the transaction ends, so ask for it late: whoever places an order beside us waits.

    Args:
        count: How many in a row; an import takes a block.
    """
    with transaction():
        last = db.session.scalars(
            insert(OrderCounter)
            .values(company_id=current_company_id(), last_number=count)
            .on_conflict_do_update(
                index_elements=[OrderCounter.company_id], set_={"last_number": OrderCounter.last_number + count}
            )
            .returning(OrderCounter.last_number)
            .execution_options(populate_existing=True)
        ).one()
    return last - count + 1
