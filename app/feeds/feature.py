"""Partners' feeds as the app meets them: pages, JSON, the job, the topic, the tab."""

from flask import Flask

from app.core import live, shell
from app.feeds import models, tasks
from app.feeds.api import api_bp
from app.feeds.views import bp


def init_feeds(app: Flask) -> None:
    """Register feeds."""
    app.register_blueprint(bp)
    app.register_blueprint(api_bp)
    live.topic("feeds", permission="company:read")
    shell.nav("Commerce", "Feeds", "webhook", "feeds.list_feeds", "company:read")


__all__ = ["init_feeds", "models", "tasks"]
