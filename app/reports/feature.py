"""What create_app registers of reports."""

from flask import Flask

from app.reports import models

__all__ = ["init_reports", "models"]


def init_reports(app: Flask) -> None:
    """Nothing is served yet but the table is known."""
