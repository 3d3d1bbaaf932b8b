"""What create_app registers of backups."""

from flask import Flask

from app.backups import models, tasks
from app.backups.api import api_bp
from app.backups.cli import backup_cli
from app.backups.views import bp
from app.core import shell

__all__ = ["init_backups", "models", "tasks"]  # imported for the table and the jobs


def init_backups(app: Flask) -> None:
    """Serve `/backups`, `/api/backups` and `flask backup`."""
    app.register_blueprint(bp)
    app.register_blueprint(api_bp)
    app.cli.add_command(backup_cli)
    shell.nav("Data", "Backups", "hard-drive", "backups.show_backups", "platform:read")
