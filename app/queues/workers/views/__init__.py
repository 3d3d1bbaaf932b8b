"""The pages of workers."""

from app.queues.workers.views import acts, index
from app.queues.workers.views.blueprint import bp

__all__ = ["acts", "bp", "index"]
