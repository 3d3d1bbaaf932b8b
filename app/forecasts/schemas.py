"""Forecasts as JSON."""

from datetime import date

from pydantic import Field

from app.core.shapes import Answer, Instant


class ForecastOut(Answer):
    """What is expected of one item, in units a week, and what that is worth.

    `error` is the share of units by which the method missed in the last `testedWeeks` weeks, `baselineError` the same
    of the rule that asks no model; null where there was too little to test on.
    """

    sku: str
    method: str
    method_in_words: str
    history: list[float]
    first_week: date
    points: list[float]
    next_week: date
    error: float | None
    baseline: str
    baseline_error: float | None
    model_error: float | None
    mase: float | None
    tested_weeks: int
    trust: str = Field(description="The same in a sentence.")
    text: str = Field(description="Written by a model when somebody asked for it; empty otherwise.")
    text_model: str
    made_at: Instant


class CompanionOut(Answer):
    """An item that is bought together with another."""

    sku: str
    name: str
    together: int
    orders: int
    confidence: float
    lift: float


class RecommendationsOut(Answer):
    """What is bought together with an item, the likeliest first."""

    sku: str
    items: list[CompanionOut]


class ProposalOut(Answer):
    """A proposed reorder point: what is wanted in `leadDays`, and what is kept for weeks that want more."""

    sku: str
    name: str
    before: int
    proposed: int
    demand: float
    safety: float
    lead_days: int


class ProposalsOut(Answer):
    """Proposals nobody has decided, by SKU, 100 at most."""

    items: list[ProposalOut]


class DecisionOut(Answer):
    """The reorder point after a decision."""

    sku: str
    reorder_point: int


class TextOut(Answer):
    """The job that has a text written."""

    job_id: str
