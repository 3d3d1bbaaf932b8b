"""Acting on one's own row, which lives in one's own company, whichever company one acts in."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from app.accounts.models import User
from app.core.db import db
from app.core.errors import NotFound
from app.core.ids import CompanyId, UserId
from app.core.tenancy import Scope, acting_for, current_scope


@contextmanager
def at_home(company_id: CompanyId) -> Iterator[None]:
    """Act inside a company; within it already, in the transaction that is open."""
    if current_scope() == Scope("app", company_id):
        yield
        return
    with acting_for(company_id):
        yield


def own_row(user_id: UserId, *, lock: bool = False) -> User:
    """Return a person's row inside their company.

    Raises:
        NotFound: It is not there.
    """
    statement = sa.select(User).where(User.id == user_id)
    row = db.session.scalar(statement.with_for_update(key_share=True) if lock else statement)
    if row is None:
        raise NotFound
    return row


def named_row(public_id: str) -> User:
    """Return and lock a person of the current company by public id.

    Raises:
        NotFound: They are not of this company.
    """
    row = db.session.scalar(sa.select(User).where(User.public_id == public_id).with_for_update(key_share=True))
    if row is None:
        raise NotFound
    return row
