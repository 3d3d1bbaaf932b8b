"""Letting waiting jobs go to the broker: as many as may run, the most urgent first, every company in turn."""

from flask import Flask

from app.core import broker


def release_due(app: Flask, *, queue: str | None = None) -> int:
    """Release what is due and return how many messages were sent.

    Args:
        app: The app whose jobs they are.
        queue: Only this queue: a worker refills the one whose job it has just ended.
    """
    with app.app_context():
        return broker.publish_jobs()
