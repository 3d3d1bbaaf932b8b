"""Registers the pages and the JSON of queues."""

from flask import Blueprint, Flask, Response, make_response, redirect, url_for

from app.core import shell
from app.core.access import allow
from app.queues.api import pending as pending_api
from app.queues.api.queues import queues_api_bp
from app.queues.mark import rail_mark
from app.queues.views import broker, limits, pauses, pending, purge, queue, queues, reliability
from app.queues.views.blueprint import queues_bp

ROUTES = (
    broker,
    limits,
    pauses,
    pending,
    pending_api,
    purge,
    queue,
    queues,
    reliability,
)  # imported for what they register
admin_bp = Blueprint("queues_admin", __name__, url_prefix="/admin/queues")


def init_console(app: Flask) -> None:
    """Serve `/queues` and what stands under it, and the same as JSON."""
    app.register_blueprint(queues_api_bp)
    app.register_blueprint(queues_bp)
    app.register_blueprint(admin_bp)
    shell.nav("Work", "Queues", "layers", "queues.list_queues", "queues:read", mark=rail_mark)


@admin_bp.get("")
@allow("queues:read", installation=True)
def go_to_queues() -> Response:
    """Lead an old address to the pages of queues."""
    return make_response(redirect(url_for("queues.list_queues"), 301))
