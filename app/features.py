"""Table of contents: what is registered, in order. Nobody but create_app imports it."""

from pathlib import Path

from flask import Flask

from app.accounts.start import init_accounts
from app.audit.feature import init_audit
from app.backups.feature import init_backups
from app.breakers.feature import init_breakers
from app.caching.feature import init_caching
from app.core import relay, tasks
from app.demo.feature import init_demo
from app.documents.feature import init_documents
from app.feeds.feature import init_feeds
from app.flags.feature import init_flags
from app.forecasts.feature import init_forecasts
from app.health.views import init_health
from app.inventory.feature import init_inventory
from app.limits.front import init_limits
from app.notifications.feature import init_notifications
from app.orders.feature import init_orders
from app.orders.imports.feature import init_imports
from app.overview.views import init_overview
from app.queries.feature import init_queries
from app.queues.feature import init_queues
from app.realtime.setup import init_realtime
from app.reports.feature import init_reports
from app.search.views import init_search
from app.storage.feature import init_storage
from config import Settings

ROOT = Path(__file__).parent.parent


def register(app: Flask, settings: Settings) -> None:
    """Register every feature, lowest first."""
    relay.init_relay(app)
    tasks.init_tasks(app, settings)
    init_accounts(app)
    init_limits(app, settings)
    init_health(app)
    init_breakers(app)
    init_flags(app)
    init_notifications(app)
    init_queues(app)
    init_queries(app)
    init_caching(app)
    init_storage(app)
    init_inventory(app)
    init_orders(app)
    init_imports(app)
    init_reports(app)
    init_forecasts(app)
    init_documents(app)
    init_feeds(app)
    init_realtime(app, settings)
    init_search(app)
    init_audit(app)
    init_backups(app)
    init_overview(app)
    init_demo(app)
