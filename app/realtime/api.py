"""Events for scripts: by page, as a stream, and how many sockets are open."""

from collections import Counter

from flask import Blueprint, Response, current_app, request

from app.core import events_log, live
from app.core.access import SELF
from app.core.api import contract
from app.core.auth import Principal, company, principal
from app.core.errors import Forbidden, NotFound
from app.core.events_log import Key
from app.core.installation import installation_id
from app.realtime import keeper, replay
from app.realtime.schemas import EventOut, EventsOut, EventsQuery, SocketStats, StreamQuery
from app.realtime.stream import Stream, parse_positions

api_bp = Blueprint("events_api", __name__, url_prefix="/api/events")


class UnknownTopic(NotFound, code="unknown-topic", status=404):
    """There is no topic of that name. Topics you may read: {known}."""

    known: str


def topic_key(name: str, who: Principal) -> Key:
    """Return the key of a topic somebody may read.

    Raises:
        UnknownTopic: Nobody registered it.
        Forbidden: They may not read it.
    """
    found = live.TOPICS.get(name)
    if found is None:
        raise UnknownTopic(known=", ".join(sorted(live.readable_topics(who))))
    if not who.may(found.permission):
        raise Forbidden(permission=found.permission)
    return installation_id() if found.installation else company().id, name


@api_bp.get("")
@contract(scope="events:read", query=EventsQuery, returns={200: EventsOut}, problems=[UnknownTopic], tag="Events")
def list_events(query: EventsQuery) -> EventsOut:
    """Read the facts of a topic after a position, oldest first: the same sequence sockets and streams carry."""
    who = principal()
    key = topic_key(query.topic, who)
    epoch, head = events_log.read_epoch(), events_log.read_heads_of([key])[key]
    facts, through = replay.read_events(key, who, query.after, query.limit)
    head = max(head, through)
    return EventsOut(
        epoch=epoch, head=head, through=through, events=[EventOut.model_validate(fact.event) for fact in facts]
    )


@api_bp.get("/stream")
@contract(scope="events:read", query=StreamQuery, returns={200: None}, problems=[UnknownTopic], tag="Events", raw=True)
def stream_events(query: StreamQuery) -> Response:
    """Follow topics as server-sent events. `Last-Event-ID` (or `after`) goes on where you were."""
    who = principal()
    names = [name.strip() for name in query.topic.split(",") if name.strip()] or sorted(live.readable_topics(who))
    keys = [topic_key(name, who) for name in names]
    positions = parse_positions(request.headers.get("Last-Event-ID") or query.after, names)
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 (the stream outlives the request)
    stream = Stream(app, who, keys, positions, request.remote_addr or "", request.user_agent.string)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Response(stream.events(), mimetype="text/event-stream", headers=headers)


@api_bp.get("/websocket/stats")
@contract(scope=SELF, returns={200: SocketStats}, tag="Events", any_company=True)
def show_socket_stats() -> SocketStats:
    """Count the open sockets, over all processes."""
    who = principal()
    sockets = [entry for entry in keeper.everybody()[0] if entry["kind"] != "stream"]
    if who.acting_in is not None:
        sockets = [entry for entry in sockets if entry["companyId"] == who.acting_in.id]
    by_company = Counter(str(entry["company"]) for entry in sockets)
    return SocketStats(total_connections=len(sockets), connections_by_company=dict(by_company))
