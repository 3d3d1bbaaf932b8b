"""What the queues did and do, in figures: folded by the relay, read from sums, never counted over jobs."""

from app.queues.figures.queues import QueueFigures, queue_figures, unseen_minutes, waiting_history
from app.queues.figures.verdict import verdict

__all__ = ["QueueFigures", "queue_figures", "unseen_minutes", "verdict", "waiting_history"]
