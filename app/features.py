"""Table of contents: what is registered, in order. Nobody but create_app imports it."""

from pathlib import Path

from flask import Flask

from app.core import relay, tasks
from app.limits.front import init_limits
from config import Settings

ROOT = Path(__file__).parent.parent


def register(app: Flask, settings: Settings) -> None:
    """Register every feature, lowest first."""
    relay.init_relay(app)
    tasks.init_tasks(app, settings)
    init_limits(app, settings)
