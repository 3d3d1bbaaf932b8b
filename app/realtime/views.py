"""Pages: who is connected (/live), and what an open page missed (/live/rows)."""

from datetime import datetime

from flask import Blueprint, Response, current_app

from app.core import events_log, live
from app.core.access import allow
from app.core.api import json_answer, parse_query
from app.core.auth import company, principal
from app.core.live_windows import epoch_of
from app.core.web import done, page
from app.realtime import keeper, replay, service
from app.realtime.api import topic_key
from app.realtime.schemas import EventsQuery

bp = Blueprint("realtime", __name__)


@bp.get("/live/rows")
@allow("events:read", any_company=True)
def show_missed_rows() -> Response:
    """Return the message that brings a page up to date after a gap."""
    query = parse_query(EventsQuery)
    key = topic_key(query.topic, principal())
    head = events_log.read_heads_of([key])[key]
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 (rendering makes a context of its own)
    message = replay.replay_rows(app, key, query.after, head)
    empty = {
        "topic": query.topic,
        "epoch": epoch_of(app),
        "from": query.after,
        "to": head,
        "ids": [],
        "rows": [],
        "gone": [],
    }
    return json_answer(message or empty)


@bp.get("/live")
@allow("sessions:read", any_company=True)
def index() -> Response:
    """Show the open connections of this company, or of all for a platform admin."""
    who = principal()
    found, is_complete = keeper.everybody()
    if who.acting_in is not None:
        found = [entry for entry in found if entry["companyId"] == who.acting_in.id]
    found = [entry | {"since": datetime.fromisoformat(entry["since"])} for entry in found]
    found.sort(key=lambda entry: entry["since"], reverse=True)
    lag_s = events_log.read_oldest_waiting_s()
    return page(
        "realtime/index.html", block="connections", sockets=found[:200], total=len(found), is_complete=is_complete,
        lag_s=lag_s, topics=sorted(live.TOPICS), mine=who.public_id,
    )  # fmt: skip


@bp.post("/live/<string:socket_id>/closing")
@allow("sessions:write")
def close_socket(socket_id: str) -> Response:
    """Close one connection of this company."""
    company()
    service.close_socket(socket_id, keeper.everybody()[0])
    return done("/live", toast="Connection closed")
