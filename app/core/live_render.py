"""Renders changed rows once for a whole company, where there is no reader and no request."""

from flask import Flask, g
from werkzeug.test import EnvironBuilder

from app.core import live
from app.core.events_log import Key
from app.core.live import Row
from app.core.tenancy import acting_for
from config import Settings


def render_rows(app: Flask, key: Key, row_ids: list[str]) -> tuple[list[Row], list[str]]:
    """Return the rows as they are now, and the ids of those that are gone.

    A request context is made so that templates can build addresses; it belongs to nobody.
    """
    company_id, name = key
    topic = live.TOPICS[name]
    if topic.rows is None or not row_ids:
        return [], []
    settings: Settings = app.config["SETTINGS"]
    with app.request_context(EnvironBuilder(path="/", base_url=settings.base_url).get_environ()):
        g.principal = None
        g.reader_zone = "UTC"
        with acting_for(company_id):
            rows = topic.rows(row_ids)
    found = {row.id.partition("-")[2] for row in rows}  # `<kind>-<key>`: a kind has no dash, a key may
    return rows, [row_id for row_id in row_ids if row_id not in found]
