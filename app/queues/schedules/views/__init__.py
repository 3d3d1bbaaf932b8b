"""The pages of schedules."""

from app.queues.schedules.views import acts, editing, index
from app.queues.schedules.views.blueprint import bp

__all__ = ["acts", "bp", "editing", "index"]
