"""What create_app registers of looking through files."""

from flask import Flask

from app.storage.browsing import lists, one, zips
from app.storage.browsing.blueprint import bp
from app.storage.previews import tasks
from app.storage.scanning import gate

__all__ = ["gate", "init_browsing", "lists", "one", "tasks", "zips"]  # imported for their routes, jobs and hooks


def init_browsing(app: Flask) -> None:
    """Serve the pages of files; what they show is made by jobs."""
    app.register_blueprint(bp)
