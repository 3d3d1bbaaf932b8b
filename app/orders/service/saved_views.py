"""Named filters of the order list."""

from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import db, transaction
from app.core.errors import NotFound, Problem
from app.core.ids import new_ulid
from app.core.tenancy import current_company_id
from app.orders.models import SavedView


class ViewNameTaken(Problem, code="view-name-taken", status=409):
    """You have a view named {name} already. Choose another name, or remove that one first."""

    name: str


def save_view(owner: str, name: str, query: str, *, is_shared: bool) -> SavedView:
    """Keep a query of the list under a name.

    Args:
        owner: Public id of the person.
        name: What the tab says.
        query: The list's query string, without a page position.
        is_shared: Whether everyone of the company sees it.

    Raises:
        ViewNameTaken: They have one of that name.
    """
    with transaction():
        view: SavedView | None = db.session.scalar(
            insert(SavedView)
            .values(
                company_id=current_company_id(), public_id=new_ulid(), owner=owner, name=name, query=query,
                is_shared=is_shared, created_at=clock.now(),
            )
            .on_conflict_do_nothing()
            .returning(SavedView)
        )  # fmt: skip
        if view is None:
            raise ViewNameTaken(name=name)
    return view


def remove_view(owner: str, public_id: str) -> None:
    """Remove one's own view.

    Raises:
        NotFound: It is not there, or somebody else's.
    """
    with transaction():
        view = db.session.get(SavedView, (current_company_id(), public_id))
        if view is None or view.owner != owner:
            raise NotFound
        db.session.delete(view)
