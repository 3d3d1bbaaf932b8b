"""Acts on forecasts and proposals as pages have them; what is shown stands on the pages of the inventory."""

from flask import Blueprint, Response, url_for

from app.core.access import allow
from app.core.idempotency import once
from app.core.present import format_count
from app.core.web import done, page
from app.flags import gate
from app.flags.gates import Gate
from app.forecasts import reads, service

bp = Blueprint("forecasts", __name__)


@bp.get("/inventory/reorder-points")
@allow("inventory:read")
@gate(Gate.AI_RECOMMENDATIONS)
def list_proposals() -> Response:
    """The reorder points that are proposed."""
    return page("forecasts/proposals.html", proposals=reads.open_proposals(), most=reads.OPEN_SHOWN)


@bp.post("/inventory/<sku:sku>/reorder-point/acceptance")
@allow("inventory:write")
@gate(Gate.AI_RECOMMENDATIONS)
@once
def accept_proposal(sku: str) -> Response:
    """Set the reorder point to the proposed one; the toast offers to undo it."""
    point = service.accept_proposal(sku)
    return _back(sku, f"{sku} is reordered at {format_count(point)} now.")


@bp.post("/inventory/<sku:sku>/reorder-point/dismissal")
@allow("inventory:write")
@gate(Gate.AI_RECOMMENDATIONS)
@once
def dismiss_proposal(sku: str) -> Response:
    """Let a proposal rest."""
    service.dismiss_proposal(sku)
    return _back(sku, f"The reorder point of {sku} stays as it is.")


@bp.post("/inventory/<sku:sku>/reorder-point/reopening")
@allow("inventory:write")
@gate(Gate.AI_RECOMMENDATIONS)
@once
def reopen_proposal(sku: str) -> Response:
    """Take a decision back."""
    service.reopen_proposal(sku)
    return done(url_for("inventory.show_item", sku=sku), toast=f"Undone: {sku} is as it was, and the proposal is open.")


@bp.post("/inventory/<sku:sku>/forecast/text")
@allow("inventory:write")
@gate(Gate.AI_RECOMMENDATIONS)
@once
def create_text(sku: str) -> Response:
    """Have a model write a few sentences, as a job."""
    service.ask_for_text(sku)
    return done(
        url_for("inventory.show_item", sku=sku), toast=f"A text about {sku} is being written. It will stand here."
    )


def _back(sku: str, said: str) -> Response:
    undo = url_for("forecasts.reopen_proposal", sku=sku)
    return done(url_for("inventory.show_item", sku=sku), toast=said, undo=undo)
