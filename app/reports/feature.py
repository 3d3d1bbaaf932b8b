"""What create_app registers of reports."""

from flask import Flask

from app.core import shell
from app.reports import cleaning, models, tasks
from app.reports.api import api_bp
from app.reports.views import bp

__all__ = ["cleaning", "init_reports", "models", "tasks"]  # imported for the table and the job


def init_reports(app: Flask) -> None:
    """Serve `/reports` and `/api/reports`."""
    app.register_blueprint(bp)
    app.register_blueprint(api_bp)
    shell.nav("Commerce", "Reports", "file-text", "reports.list_reports", "orders:read")
