"""What create_app registers of backups."""

from flask import Flask

from app.backups import models

__all__ = ["init_backups", "models"]


def init_backups(app: Flask) -> None:
    """Nothing is served yet but the table is known."""
