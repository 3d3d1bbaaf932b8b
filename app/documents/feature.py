"""Documents as the app meets them: pages, JSON, the job, the topic, the tab."""

from flask import Flask

from app.core import live, shell
from app.documents import models, tasks
from app.documents.api import api_bp
from app.documents.views import bp


def init_documents(app: Flask) -> None:
    """Register documents; their tab shows where the flag is on."""
    app.register_blueprint(bp)
    app.register_blueprint(api_bp)
    live.topic("documents", permission="orders:read")
    shell.nav("Commerce", "Documents", "file-text", "documents.list_documents", "orders:read", gate="vision-analysis")


__all__ = ["init_documents", "models", "tasks"]
