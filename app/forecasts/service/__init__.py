"""Acts on forecasts: make them, propose and accept reorder points, have a text written."""

from app.forecasts.service.making import make_companions, make_forecasts
from app.forecasts.service.proposals import accept_proposal, dismiss_proposal, propose_points, reopen_proposal
from app.forecasts.service.writing import ask_for_text, write_text

__all__ = [
    "accept_proposal",
    "ask_for_text",
    "dismiss_proposal",
    "make_companions",
    "make_forecasts",
    "propose_points",
    "reopen_proposal",
    "write_text",
]
