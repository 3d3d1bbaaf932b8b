"""Steps between states: compare and set, so that of two processes that take the same step one wins."""

from typing import Any

import sqlalchemy as sa

from app.core.db import db, transaction
from app.storage.models import StoredFile
from app.storage.states import State


def step(row: StoredFile, *states: State, **values: Any) -> StoredFile | None:  # Any: values of any column
    """Change a row that is still as it was read; joins the transaction that is open.

    Args:
        row: As it was read.
        states: It must be in one of these.
        **values: What becomes of it.

    Returns:
        The row as it is now; None when somebody else was faster.
    """
    statement = (
        sa.update(StoredFile)
        .where(StoredFile.company_id == row.company_id, StoredFile.id == row.id)
        .where(StoredFile.version == row.version, StoredFile.state.in_(states))
        .values(version=row.version + 1, **values)
        .returning(StoredFile)
    )
    with transaction() as session:
        options = {"synchronize_session": False, "populate_existing": True}
        return session.scalars(statement, execution_options=options).one_or_none()


def leave_transaction() -> None:
    """End what was read so far: no transaction stays open while a provider is asked.

    Raises:
        RuntimeError: One is open on purpose: a mistake of ours.
    """
    if db.session().info.get("in_transaction"):
        raise RuntimeError("a provider is asked inside transaction()")
    with transaction():
        pass
