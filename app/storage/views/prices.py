"""What providers ask for: the dated list with its sources, and one's own prices in its place."""

from datetime import date

from flask import Response, request, url_for

from app.core import clock
from app.core.access import allow
from app.core.errors import InvalidInput, VersionConflict
from app.core.idempotency import once
from app.core.web import done, page
from app.storage.usage import pricing
from app.storage.usage.prices import SINGLE, TIERED, Tiers, read_prices
from app.storage.views import looks
from app.storage.views.blueprint import bp

UNPROCESSABLE, CHARACTERS = 422, 300
LABELS = {
    "stored": ("A GB stored a month", "tiers: up to so many GB at a price, the rest at another"),
    "writes": ("A million writes", "class A: put, copy, list"),
    "reads": ("A million reads", "class B: get, head"),
    "sent": ("A GB sent out", "tiers as above"),
    "freeStored": ("Free: GB stored", "each month"),
    "freeWrites": ("Free: writes", "each month"),
    "freeReads": ("Free: reads", "each month"),
    "freeSent": ("Free: GB sent", "each month"),
    "freeSentTimesStored": ("Free: sent, times what is stored", "3 means three times what is stored"),
}


@bp.get("/prices")
@allow("storage:read", installation=True)
def list_prices() -> Response:
    """Show every price with its source."""
    return page("storage/prices.html", found=read_prices(), labels=LABELS, looks=looks, written_tiers=written_tiers)


@bp.get("/prices/<string:place>")
@allow("storage:write", installation=True)
def edit_prices(place: str) -> Response:
    """Show the prices of a place as a form."""
    found = pricing.find_prices(place)
    values = {name: written(value) for name, value in pricing.fields_of(found).items()}
    values["source"] = found.sources["stored"] if found.is_own else ""
    values["asOf"] = clock.now().date().isoformat()
    return _show(place, values, found.version, {}, 200)


@bp.post("/prices/<string:place>")
@allow("storage:write", installation=True)
@once
def update_prices(place: str) -> Response:
    """Put one's own prices in place, or show the form again with what is wrong."""
    names = [*LABELS, "source", "asOf"]
    typed = {name: request.form.get(name, "").strip()[:CHARACTERS] for name in names}
    seen = _version()
    try:
        pricing.change_prices(
            place, read_fields(typed), source=typed["source"], as_of=read_day(typed["asOf"]), version=seen,
            reason=_reason(),
        )  # fmt: skip
    except InvalidInput as problem:
        return _show(place, typed, seen, {one["field"]: one["message"] for one in problem.errors}, UNPROCESSABLE)
    except VersionConflict as conflict:
        return _show(place, typed, conflict.current, {}, conflict.status, is_changed=True)
    return done(url_for("storage.list_prices"), toast=f"{pricing.find_prices(place).name} has your prices now.")


@bp.post("/prices/<string:place>/shipped")
@allow("storage:write", installation=True)
@once
def take_prices_back(place: str) -> Response:
    """Let the list's prices stand again."""
    pricing.take_back(place, version=_version(), reason=_reason() or "The list's prices stand again")
    return done(url_for("storage.list_prices"), toast=f"{pricing.find_prices(place).name} has the list’s prices again.")


def written(value: object) -> str:
    """Return a field as the form shows it: `0.015`, or `50000 0.023, rest 0.021`."""
    if not isinstance(value, list):
        return str(value)
    if len(value) == 1:
        return str(value[0][1])
    return ", ".join(f"{'rest' if upto is None else upto} {price}" for upto, price in value)


def written_tiers(tiers: Tiers) -> str:
    """Return tiers as the list shows them: `0.023 up to 50,000 GB; 0.021 above`."""
    if len(tiers) == 1:
        return str(tiers[0][1])
    return "; ".join(f"{price} above" if upto is None else f"{price} up to {upto:,} GB" for upto, price in tiers)


def read_fields(typed: dict[str, str]) -> pricing.Fields:
    """Return what was typed as it is stored; what cannot be read stays as it is and is refused by its name."""
    fields: pricing.Fields = {name: typed[name].replace(",", "") for name in SINGLE}
    for name in TIERED:
        rows = [part.split() for part in typed[name].split(",")]
        if len(rows) == 1 and len(rows[0]) == 1:
            rows = [["rest", *rows[0]]]
        fields[name] = [[None if row[0] == "rest" else row[0], *row[1:]] if row else [] for row in rows]
    return fields


def read_day(text: str) -> date:
    """Return a typed day.

    Raises:
        InvalidInput: It is none, or in the future.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.max
    if day > clock.now().date():
        raise InvalidInput(errors=[{"field": "asOf", "message": "Give the day they were read, as in 2026-11-22."}])
    return day


def _version() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0  # noqa: PLR2004 (a bigint's digits)


def _reason() -> str:
    return request.form.get("reason", "").strip()[:500]


def _show(
    place: str, values: dict[str, str], version: int, errors: dict[str, str], status: int, *, is_changed: bool = False
) -> Response:
    return page(
        "storage/price.html", status=status, one=pricing.find_prices(place), place=place, values=values,
        version=version, errors=errors, labels=LABELS, is_changed=is_changed, reason=_reason(),
    )  # fmt: skip
