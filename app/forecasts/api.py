"""Forecasts, recommendations and proposals as JSON, for whom the flag is on."""

from flask import Blueprint

from app.core.api import contract
from app.core.errors import NotFound
from app.flags import gate
from app.flags.gates import Gate
from app.flags.problems import FeatureOff
from app.forecasts import reads, service, words
from app.forecasts.methods import NAMES
from app.forecasts.problems import NoForecast, NoProposal, NoWriter, PointChanged
from app.forecasts.schemas import (
    CompanionOut,
    DecisionOut,
    ForecastOut,
    ProposalOut,
    ProposalsOut,
    RecommendationsOut,
    TextOut,
)
from app.inventory.problems import ItemArchived
from app.inventory.reads import get_item

api_bp = Blueprint("forecasts_api", __name__, url_prefix="/api/inventory")
DECIDING = [FeatureOff, NotFound, NoProposal, PointChanged, ItemArchived]


@api_bp.get("/<sku:sku>/forecast")
@contract(
    scope="inventory:read", returns={200: ForecastOut}, problems=[FeatureOff, NotFound, NoForecast], tag="Forecasts"
)
@gate(Gate.AI_RECOMMENDATIONS)
def show_forecast(sku: str) -> ForecastOut:
    """Return what is expected of an item in the next weeks, and how far such a forecast was off."""
    one = reads.forecast_of(get_item(sku).id)
    if one is None:
        raise NoForecast(sku=sku)
    return ForecastOut(
        sku=sku, method=one.method, method_in_words=NAMES[one.method], history=one.history, first_week=one.first_week,
        points=one.points, next_week=one.next_week, error=one.error, baseline=one.baseline,
        baseline_error=one.baseline_error, model_error=one.model_error, mase=one.mase, tested_weeks=one.tested_weeks,
        trust=words.trust_of(one), text=one.text, text_model=one.text_model, made_at=one.made_at,
    )  # fmt: skip


@api_bp.get("/<sku:sku>/recommendations")
@contract(scope="inventory:read", returns={200: RecommendationsOut}, problems=[FeatureOff, NotFound], tag="Forecasts")
@gate(Gate.AI_RECOMMENDATIONS)
def list_recommendations(sku: str) -> RecommendationsOut:
    """Return what is bought together with an item."""
    found = reads.companions_of(get_item(sku).id)
    return RecommendationsOut(sku=sku, items=[CompanionOut.model_validate(one) for one in found])


@api_bp.post("/<sku:sku>/forecast/text")
@contract(
    scope="inventory:write",
    returns={202: TextOut},
    problems=[FeatureOff, NotFound, NoForecast, NoWriter],
    tag="Forecasts",
)
@gate(Gate.AI_RECOMMENDATIONS)
def create_text(sku: str) -> TextOut:
    """Have a model write a few sentences about an item's demand, as a job."""
    return TextOut(job_id=service.ask_for_text(sku))


@api_bp.get("/reorder-points")
@contract(scope="inventory:read", returns={200: ProposalsOut}, problems=[FeatureOff], tag="Forecasts")
@gate(Gate.AI_RECOMMENDATIONS)
def list_proposals() -> ProposalsOut:
    """List proposed reorder points."""
    return ProposalsOut(items=[ProposalOut.model_validate(one) for one in reads.open_proposals()])


@api_bp.post("/<sku:sku>/reorder-point/acceptance")
@contract(scope="inventory:write", returns={200: DecisionOut}, problems=DECIDING, tag="Forecasts")
@gate(Gate.AI_RECOMMENDATIONS)
def accept_proposal(sku: str) -> DecisionOut:
    """Set an item's reorder point to the proposed one."""
    return DecisionOut(sku=sku, reorder_point=service.accept_proposal(sku))


@api_bp.post("/<sku:sku>/reorder-point/dismissal")
@contract(scope="inventory:write", returns={200: DecisionOut}, problems=DECIDING, tag="Forecasts")
@gate(Gate.AI_RECOMMENDATIONS)
def dismiss_proposal(sku: str) -> DecisionOut:
    """Leave an item's reorder point as it is."""
    service.dismiss_proposal(sku)
    return DecisionOut(sku=sku, reorder_point=get_item(sku).reorder_point)


@api_bp.post("/<sku:sku>/reorder-point/reopening")
@contract(scope="inventory:write", returns={200: DecisionOut}, problems=DECIDING, tag="Forecasts")
@gate(Gate.AI_RECOMMENDATIONS)
def reopen_proposal(sku: str) -> DecisionOut:
    """Take a decision back."""
    return DecisionOut(sku=sku, reorder_point=service.reopen_proposal(sku))
