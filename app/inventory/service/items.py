"""Acts on an item's details: create, edit, archive, restore."""

from decimal import Decimal
from typing import Any

from sqlalchemy.exc import IntegrityError

from app.core import clock
from app.core.context import actor
from app.core.db import transaction
from app.core.errors import VersionConflict
from app.core.money import price_text
from app.core.tenancy import current_company_id
from app.inventory.models import Item, MovementKind
from app.inventory.problems import SkuTaken, StockReserved
from app.inventory.schemas import EditItem, NewItem
from app.inventory.service.ledger import lock_item, tell, write_movement


def create_item(new: NewItem) -> Item:
    """Add an item and the opening entry of its ledger.

    Raises:
        SkuTaken: The company has such an item, archived or not.
    """
    with transaction() as session:
        item = Item(company_id=current_company_id(), **new.model_dump())
        try:
            with session.begin_nested():
                session.add(item)
                session.flush()
        except IntegrityError as error:
            if "uq_items_company_id_sku" not in str(error.orig):
                raise
            raise SkuTaken(sku=new.sku) from None
        if item.on_hand:
            write_movement(item, MovementKind.OPENING, item.on_hand, reason="opening stock")
        tell(item, "created", was_short=True, delta=item.on_hand)
    return item


def edit_item(sku: str, edit: EditItem) -> Item:
    """Change an item's details.

    Stock that moved meanwhile is no conflict; details that somebody else edited are.

    Raises:
        NotFound: No such item.
        ItemArchived: It is archived.
        VersionConflict: Its details were edited after the version this editor saw.
    """
    with transaction():
        item = lock_item(sku)
        refuse_stale(item, edit.version)
        set_details(item, edit.wanted())
    return item


def set_details(item: Item, wanted: dict[str, Any]) -> None:
    """Change details of a locked item, remember who changed what, and tell; nothing different, nothing happens."""
    before = {name: getattr(item, name) for name, value in wanted.items() if getattr(item, name) != value}
    if not before:
        return
    was_short = item.is_short
    for name in before:
        setattr(item, name, wanted[name])
    item.touch(clock.now())
    who = actor().get("name", "")
    marks = {name: {"version": item.version, "before": _plain(old), "by": who} for name, old in before.items()}
    item.edits = {**item.edits, **marks}
    changes = {name: {"before": old, "after": getattr(item, name)} for name, old in before.items()}
    tell(item, "edited", was_short=was_short, changes=changes)


def refuse_stale(item: Item, version: int) -> None:
    """Refuse an edit that was begun before another one ended, and say what that one changed.

    Raises:
        VersionConflict: Some detail is newer than `version`.
    """
    newer = {name: mark for name, mark in item.edits.items() if mark["version"] > version}
    if not newer and version <= item.version:
        return
    changed = {
        name: {"before": mark["before"], "after": _plain(getattr(item, name)), "by": mark["by"]}
        for name, mark in newer.items()
    }
    raise VersionConflict(yours=version, current=item.version, changed=changed)


def archive_item(sku: str) -> Item:
    """Take an item out of use; its ledger stays. Archiving twice changes nothing.

    Raises:
        NotFound: No such item.
        StockReserved: Orders hold some of it.
    """
    with transaction():
        item = lock_item(sku, is_archived=True)
        if item.archived_at is not None:
            return item
        if item.reserved:
            raise StockReserved(sku=sku, on_hand=item.on_hand, reserved=item.reserved, wanted=0)
        item.archived_at = clock.now()
        item.touch(item.archived_at)
        tell(item, "archived", was_short=True)
    return item


def restore_item(sku: str) -> Item:
    """Bring an archived item back. Restoring twice changes nothing.

    Raises:
        NotFound: No such item.
    """
    with transaction():
        item = lock_item(sku, is_archived=True)
        if item.archived_at is None:
            return item
        item.archived_at = None
        item.touch(clock.now())
        tell(item, "restored", was_short=True)
    return item


def _plain(value: Any) -> Any:  # Any: a detail's value as JSON holds it
    return price_text(value) if isinstance(value, Decimal) else value
