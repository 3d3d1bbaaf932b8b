"""Why a statement was repeated, and the loader that mends it."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session


@event.listens_for(Session, "do_orm_execute")
def note_load(state: ORMExecuteState) -> None:
    """Note on a statement that an attribute somebody touched causes it; whoever counts repetitions reads it there."""
    if state.is_relationship_load and state.lazy_loaded_from is not None:
        state.update_execution_options(qd_load=("lazy", _related(state)))
    elif state.is_column_load:
        state.update_execution_options(qd_load=("deferred", _column(state)))


def _related(state: ORMExecuteState) -> str:
    """Return `Order.lines`."""
    path: Any = state.loader_strategy_path  # Any: SQLAlchemy's path of mappers and attributes
    names = [getattr(part, "key", None) or part.class_.__name__ for part in (path or ())[:2]]
    return ".".join(names)


def _column(state: ORMExecuteState) -> str:
    """Return `Item.search_text`; "" when several columns are read again, as after a refresh."""
    # Which columns are read is public nowhere; without them the advice only names no column.
    options: Any = getattr(state, "_orm_compile_options", lambda: None)()
    names = sorted(getattr(options, "_only_load_props", None) or ())
    mapper = state.bind_mapper
    return f"{mapper.class_.__name__}.{names[0]}" if len(names) == 1 and mapper is not None else ""


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
