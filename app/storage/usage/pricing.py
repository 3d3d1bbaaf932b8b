"""Putting one's own prices in place of the list's, and taking them back."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.core import clock
from app.core.context import actor
from app.core.db import db, transaction
from app.core.errors import InvalidInput, NotFound, VersionConflict
from app.core.installation import installation_id
from app.core.outbox import record
from app.storage.models import Price
from app.storage.usage.events import PriceChanged
from app.storage.usage.prices import SINGLE, TIERED, Prices, read_prices, shipped

MOST = Decimal(10**9)
PLACES = 9  # decimals of a price
Fields = dict[str, Any]  # as in the shipped table: decimals as text, tiers as pairs


def fields_of(prices: Prices) -> Fields:
    """Return prices as they are stored."""
    single = {
        "writes": prices.writes, "reads": prices.reads, "freeStored": prices.free_stored,
        "freeWrites": prices.free_writes, "freeReads": prices.free_reads, "freeSent": prices.free_sent,
        "freeSentTimesStored": prices.free_sent_times_stored,
    }  # fmt: skip
    tiers = {"stored": prices.stored, "sent": prices.sent}
    return {name: str(value) for name, value in single.items()} | {
        name: [[None if upto is None else str(upto), str(price)] for upto, price in rows]
        for name, rows in tiers.items()
    }


def find_prices(place: str) -> Prices:
    """Return the prices of a place.

    Raises:
        NotFound: There is no such place in the list.
    """
    found = read_prices().get(place)
    if found is None:
        raise NotFound
    return found


def change_prices(place: str, fields: Fields, *, source: str, as_of: date, version: int, reason: str) -> Price:
    """Put one's own prices in place of the list's.

    Args:
        place: A row of the shipped table.
        fields: All of its fields.
        source: Where they were read: a contract, a bill.
        as_of: When.
        version: What the editor saw; 0 for the shipped ones.
        reason: Kept in the audit.

    Raises:
        NotFound: There is no such place in the list.
        InvalidInput: A price nobody can mean.
        VersionConflict: Somebody else changed them meanwhile.
    """
    known = find_prices(place)
    check_fields(fields, source=source, reason=reason)
    with transaction():
        row = _row(place)
        _check_version(row, version)
        changes = _differences(fields_of(known), fields)
        if row is None:
            row = _add(place, Price(company_id=installation_id(), provider=place, name=known.name, fields={}, as_of=as_of, source=source, version=0))  # fmt: skip
        row.fields, row.as_of, row.source = fields, as_of, source
        row.actor, row.updated_at, row.version = actor(), clock.now(), row.version + 1
        record(PriceChanged(place=place, name=known.name, changes=changes, reason=reason), version=row.version)
    return row


def take_back(place: str, *, version: int, reason: str) -> None:
    """Let the list's prices stand again; where they stand already nothing changes.

    Raises:
        NotFound: There is no such place in the list.
        VersionConflict: Somebody else changed them meanwhile.
    """
    known = find_prices(place)
    with transaction() as session:
        row = _row(place)
        if row is None:
            return
        _check_version(row, version)
        changes = _differences(row.fields, fields_of(shipped()[place]))
        session.delete(row)
        record(PriceChanged(place=place, name=known.name, changes=changes, reason=reason))


def check_fields(fields: Fields, *, source: str, reason: str) -> None:
    """Raise for what is no price.

    Raises:
        InvalidInput: Names each field.
    """
    errors = {name: "Give an amount such as 0.015." for name in SINGLE if not _is_amount(fields.get(name))}
    for name in TIERED:
        if not _are_tiers(fields.get(name)):
            errors[name] = "Give tiers as in: 50000 0.023, 500000 0.022, rest 0.021; or one price alone."
    if not source:
        errors["source"] = "Say where they were read."
    if not reason:
        errors["reason"] = "Say why: it is kept in the audit."
    if errors:
        raise InvalidInput(errors=[{"field": field, "message": message} for field, message in errors.items()])


def _row(place: str) -> Price | None:
    statement = sa.select(Price).where(Price.provider == place).with_for_update()
    return db.session.scalar(statement)


def _add(place: str, row: Price) -> Price:
    """Write the first prices of a place: a row that is not there yet cannot be locked, so two may come to do this."""
    try:
        with db.session.begin_nested():
            db.session.add(row)
            db.session.flush()
    except IntegrityError:
        raise _conflict(_row(place), 0) from None
    return row


def _check_version(row: Price | None, version: int) -> None:
    if version != (row.version if row else 0):
        raise _conflict(row, version)


def _conflict(row: Price | None, version: int) -> VersionConflict:
    return VersionConflict(
        yours=version, current=row.version if row else 0, changed={},
        changed_by=row.actor.get("name") if row else None, changed_at=row.updated_at if row else None,
    )  # fmt: skip


def _is_amount(text: Any) -> bool:  # Any: JSON from outside
    if not isinstance(text, str):
        return False
    try:
        value = Decimal(text)
    except InvalidOperation:
        return False
    exponent = value.as_tuple().exponent
    return value.is_finite() and 0 <= value <= MOST and isinstance(exponent, int) and -exponent <= PLACES


def _are_tiers(rows: Any) -> bool:  # Any: JSON from outside
    """Tiers rise, and the last one has no end."""
    if not isinstance(rows, list) or not 1 <= len(rows) <= 10:  # noqa: PLR2004
        return False
    if not all(isinstance(row, list) and len(row) == 2 and _is_amount(row[1]) for row in rows):  # noqa: PLR2004
        return False
    if rows[-1][0] is not None or not all(_is_amount(row[0]) for row in rows[:-1]):
        return False
    ends = [Decimal(row[0]) for row in rows[:-1]]
    return all(one < other for one, other in zip([Decimal(0), *ends], ends, strict=False))


def _differences(before: Fields, after: Fields) -> dict[str, Any]:
    return {
        name: {"before": before.get(name), "after": after.get(name)}
        for name in (*TIERED, *SINGLE)
        if before.get(name) != after.get(name)
    }
