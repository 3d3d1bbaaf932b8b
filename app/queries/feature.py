"""Registers the watch over statements, its duties, its pages and its JSON."""

from flask import Flask

from app.core import relay
from app.queries import models
from app.queries.advisor.feature import init_advisor
from app.queries.console import init_console
from app.queries.explain import feature as explain
from app.queries.panels.feature import init_panels
from app.queries.plans.feature import init_plans
from app.queries.pools.feature import init_pools
from app.queries.server.feature import init_server
from app.queries.upkeep import keep_partitions
from app.queries.watch.feature import init_watch

__all__ = ["explain", "init_queries", "models"]  # imported for the tables and the routes
KEEP_EVERY_S = 3600.0


def init_queries(app: Flask) -> None:
    """Watch every statement of this process, and serve what is known of them."""
    relay.duty("query-partitions", KEEP_EVERY_S, keep_partitions)
    init_watch(app)
    init_pools(app)
    init_server()
    init_plans()
    init_panels()
    init_advisor()
    init_console(app)
