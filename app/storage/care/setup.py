"""What create_app registers of looking after files."""

from flask import Flask

from app.core import live, relay
from app.health.checks import answer_with
from app.health.storage import tell_provider
from app.storage import routing
from app.storage.api.care import care_bp
from app.storage.api.leaving import leaving_api_bp
from app.storage.care import beats, cli, health, tasks
from app.storage.views.checks import checks_bp
from app.storage.views.leaving import leaving_bp
from app.storage.views.providers import providers_bp

__all__ = ["cli", "init_care", "tasks"]  # imported for the commands and the jobs


def init_care(app: Flask) -> None:
    """Serve the doctor, the checks, and the page of providers."""
    live.topic("storage", permission="storage:read", installation=True)
    for blueprint in (care_bp, providers_bp, checks_bp, leaving_bp, leaving_api_bp):
        app.register_blueprint(blueprint)
    answer_with("storage", health.ask)
    tell_provider(routing.writes_to)
    relay.duty("storage-beats", beats.EVERY_S, beats.beat_all)
