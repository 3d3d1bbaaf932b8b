"""Reorder points that follow from the forecast: proposed by a job, changed by a person alone."""

from math import ceil, sqrt

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import transaction
from app.core.outbox import record
from app.core.setting import current_settings
from app.core.tenancy import current_company_id
from app.forecasts.events import ReorderDecided, ReorderProposed
from app.forecasts.models import ItemForecast, ReorderProposal
from app.forecasts.problems import NoProposal, PointChanged
from app.inventory import service as inventory
from app.inventory.models import Item
from app.inventory.service.ledger import lock_item

SERVICE = 1.645  # so many standard deviations cover 95 weeks in 100
WORTH = 0.2  # a smaller change of the point is not worth anybody's attention
DAYS = 7


def propose_points() -> int:
    """Propose a reorder point for each item whose forecast was tested, and return how many are open now.

    A proposal somebody dismissed stays away until the figure it proposes has moved.
    """
    lead_days = lead_time()
    query = sa.select(ItemForecast, Item).join(Item, Item.id == ItemForecast.item_id)
    with transaction() as session:
        wanted = session.execute(query.where(ItemForecast.error.is_not(None), Item.archived_at.is_(None))).all()
        for forecast, item in wanted:
            session.execute(_write(forecast, item, lead_days))
        opened = sa.select(sa.func.count()).where(ReorderProposal.state == "open")
        count = session.scalar(opened) or 0
        if count:
            record(ReorderProposed(count=count))
    return count


def lead_time() -> int:
    """Return the days that new stock takes to come."""
    return current_settings().reorder_lead_days


def point_of(points: list[float], spread: float, lead_days: int) -> tuple[float, float]:
    """Return the units wanted while new stock is on its way, and the units kept for weeks that want more."""
    weeks = lead_days / DAYS
    per_week = sum(points) / len(points) if points else 0.0
    return per_week * weeks, SERVICE * spread * sqrt(weeks)


def _write(forecast: ItemForecast, item: Item, lead_days: int) -> sa.Executable:
    """Return the statement that proposes a point, or takes a proposal away that says nothing new."""
    demand, safety = point_of(forecast.points, forecast.spread, lead_days)
    proposed = ceil(demand + safety)
    mine = ReorderProposal.item_id == item.id
    if abs(proposed - item.reorder_point) <= WORTH * max(item.reorder_point, 1):
        return sa.delete(ReorderProposal).where(mine, ReorderProposal.state == "open")
    values = {
        "state": "open", "before": item.reorder_point, "proposed": proposed, "lead_days": lead_days, "demand": demand,
        "safety": safety, "made_at": clock.now(), "decided_at": None,
    }  # fmt: skip
    statement = insert(ReorderProposal).values(company_id=current_company_id(), item_id=item.id, **values)
    moved = sa.func.abs(ReorderProposal.proposed - proposed) > WORTH * sa.func.greatest(ReorderProposal.proposed, 1)
    return statement.on_conflict_do_update(
        index_elements=["company_id", "item_id"], set_=values, where=sa.or_(ReorderProposal.state != "dismissed", moved)
    )


def accept_proposal(sku: str) -> int:
    """Set an item's reorder point to what is proposed, and return it.

    Raises:
        NotFound: No such item.
        NoProposal: None is open.
        PointChanged: Somebody set the point meanwhile.
    """
    with transaction():
        item, proposal = _locked(sku, "open")
        if item.reorder_point != proposal.before:
            raise PointChanged(sku=sku, before=proposal.before, current=item.reorder_point)
        inventory.set_reorder_point(sku, proposal.proposed)
        _decide(item, proposal, "accepted")
    return proposal.proposed


def dismiss_proposal(sku: str) -> int:
    """Let a proposal rest; the reorder point stays. Return what was proposed.

    Raises:
        NotFound, NoProposal: As above.
    """
    with transaction():
        item, proposal = _locked(sku, "open")
        _decide(item, proposal, "dismissed")
    return proposal.proposed


def reopen_proposal(sku: str) -> int:
    """Take a decision back: the reorder point is what it was, and the proposal is open again.

    Raises:
        NotFound, NoProposal: As above.
        PointChanged: Somebody set the point after it was accepted.
    """
    with transaction():
        item, proposal = _locked(sku, "accepted", "dismissed")
        if proposal.state == "accepted":
            if item.reorder_point != proposal.proposed:
                raise PointChanged(sku=sku, before=proposal.proposed, current=item.reorder_point)
            inventory.set_reorder_point(sku, proposal.before)
        _decide(item, proposal, "open")
    return proposal.before


def _locked(sku: str, *states: str) -> tuple[Item, ReorderProposal]:
    item = lock_item(sku)
    query = sa.select(ReorderProposal).where(ReorderProposal.item_id == item.id, ReorderProposal.state.in_(states))
    with transaction() as session:
        proposal = session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if proposal is None:
        raise NoProposal(sku=sku)
    return item, proposal


def _decide(item: Item, proposal: ReorderProposal, state: str) -> None:
    proposal.state, proposal.decided_at = state, None if state == "open" else clock.now()
    decision = "reopened" if state == "open" else state
    record(
        ReorderDecided(
            item_id=item.id, sku=item.sku, decision=decision, before=proposal.before, proposed=proposal.proposed
        )
    )
