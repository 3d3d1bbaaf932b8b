"""Why a statement was repeated, and the loader that mends it."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session


@event.listens_for(Session, "do_orm_execute")
def note_load(state: ORMExecuteState) -> None:
    """Note on a statement that an attribute somebody touched causes it; whoever counts repetitions reads it there."""
    if state.is_relationship_load and state.lazy_loaded_from is not None:
        state.update_execution_options(qd_load=("lazy", _attribute(state)))
    elif state.is_column_load:
        state.update_execution_options(qd_load=("deferred", _attribute(state)))


def _attribute(state: ORMExecuteState) -> str:
    """Return `Order.lines`."""
    path: Any = state.loader_strategy_path  # Any: SQLAlchemy's path of mappers and attributes
    if path is None:
        return ""
    names = [getattr(part, "key", None) or getattr(part, "class_", type(None)).__name__ for part in path]
    return ".".join(str(name) for name in names[:2])


def advice_for(kind: str, what: str) -> str:
    """Return what mends a repetition.

    Args:
        kind: `lazy`, `deferred`, `get` or `repeated`.
        what: `Order.lines`, when an attribute causes it.
    """
    if kind == "lazy":
        return f"selectinload({what})" if what else "selectinload(…)"
    if kind == "deferred":
        return f"undefer({what})" if what else "undefer(…)"
    if kind == "get":
        return "one select with id IN (…), or app.core.batch"
    return "one statement for all of them: IN (…), a join, or app.core.batch"
