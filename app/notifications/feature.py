"""What create_app registers of notifications, and of the mails they may go by."""

from flask import Flask

from app.core.mailing import tasks as mail_tasks
from app.notifications import cleaning, tasks
from app.notifications.api import api_bp
from app.notifications.views import bp, count_for_bell

__all__ = ["cleaning", "init_notifications", "mail_tasks", "tasks"]  # imported for the jobs they declare


def init_notifications(app: Flask) -> None:
    """Serve `/notifications`, and the bell of the top bar."""
    app.register_blueprint(bp)
    app.register_blueprint(api_bp)
    app.jinja_env.globals["unread_notifications"] = count_for_bell
