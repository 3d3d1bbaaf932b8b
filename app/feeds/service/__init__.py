"""Acts on feeds: add, change, pause, queue a run, run."""

from app.feeds.service.acts import add_feed, edit_feed, pause_feed, queue_all, queue_run, reset_feed, resume_feed
from app.feeds.service.running import run_feed

__all__ = [
    "add_feed", "edit_feed", "pause_feed", "queue_all", "queue_run", "reset_feed", "resume_feed", "run_feed",
]  # fmt: skip
