"""Registers the audit."""

from flask import Flask

from app.audit import export, models
from app.audit.api import api_bp
from app.audit.views import bp
from app.core import shell

__all__ = ["export", "init_audit", "models"]  # imported for the job and the tables


def init_audit(app: Flask) -> None:
    """Serve `/audit` and `/api/audit`."""
    app.register_blueprint(api_bp)
    app.register_blueprint(bp)
    shell.nav("Platform", "Audit", "scroll-text", "audit.list_entries", "audit:read")
