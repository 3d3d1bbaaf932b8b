"""Socket.IO: the handshake, what a new socket gets, and how sockets end.

Flask-SocketIO is used without its message queue (a Valkey that blinks loses messages there): every worker
reads the log's tail itself. Clients send nothing; topics and positions travel in the handshake.
"""

import threading
import time
from typing import Any

import structlog
from flask import Flask
from gevent import monkey

from app.core import live
from app.core.errors import TooManyRequests
from app.core.events_log import Key
from app.core.live_windows import epoch_of
from app.core.tenancy import acting_for
from app.extensions import socketio
from app.limits import service as limits
from app.notifications.reads import read_bell
from app.realtime import handshake, keeper, replay, rooms
from app.realtime.backlog import bounded
from app.realtime.guard import WIRE, Environ, Guard, Wire
from app.realtime.line import Upgrade
from app.realtime.members import Member
from app.realtime.switchboard import NAMESPACE, SERVER, switchboard_of
from config import Settings

log = structlog.get_logger(__name__)
CONNECT_DEADLINE_S, GOODBYE_S, DRAIN_SPREAD_S = 10.0, 0.4, 3.0
PING_EVERY_S, PING_TIMEOUT_S = 10, 10
MOST_BYTES_IN = 16_384
OPENED = "quarterdeck.opened"
SOCKETS = "quarterdeck-sockets"


class Sockets:
    """The sockets of one app in this process."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.settings: Settings = app.config["SETTINGS"]
        self.server: Any = socketio.server  # type: ignore[attr-defined]  # python-socketio is untyped
        self.eio = self.server.eio
        app.extensions[SERVER] = self.server
        self.server.on("connect", self.on_connect)
        self.server.on("disconnect", self.on_disconnect)
        self.server.on("*", self.on_message)
        queue_class = bounded(self.eio._async["queue"], self.on_overflow)  # noqa: SLF001 (there is no public hook)
        self.eio.create_queue = lambda *_, **__: queue_class()
        if self.server.async_mode == "gevent":
            self.eio._async = self.eio._async | {"websocket": Upgrade}  # noqa: SLF001 (as above)

    def refuse(self, environ: Environ) -> tuple[int, str] | None:
        """Return why this process takes no more sockets, or none of this stranger."""
        keeper.start(self)
        if switchboard_of(self.app).is_draining:
            return 503, "This process is stopping; connect again."
        # Under gunicorn Engine.IO forgets closed sockets only when its own sweep comes by.
        if sum(not sock.closed for sock in self.eio.sockets.values()) >= self.settings.socket_limit:
            return 503, "This process has all the sockets it can hold; connect again in a moment."
        with self.app.app_context():
            # Behind one address sit many people: a forgotten tab of one must not keep the signed-in others out.
            spent = limits.failures_left("sockets", environ.get("REMOTE_ADDR", "")) <= 0
            if spent and not handshake.is_signed_in(self.app, environ):
                return 429, "Too many handshakes without a valid session or token from this address."
        return None

    def on_connect(self, sid: str, environ: Environ, auth: Any = None) -> None:  # Any: as sent
        """Let somebody in, or say why not. What they missed is sent right after."""
        eio_sid = self.server.manager.eio_sid_from_sid(sid, NAMESPACE)
        try:
            hello = handshake.read_hello(auth)
            who = handshake.authenticate(self.app, environ, hello)
            is_installation = handshake.is_about_installation(who, hello)
            board = switchboard_of(self.app)
            member = Member(
                who=who, home_id=who.home_company_id,
                kind="page" if hello.rows else "script", address=environ.get("REMOTE_ADDR", ""),
                agent=environ.get("HTTP_USER_AGENT", "")[:200], close=lambda reason: self.close(sid, reason),
                installation=is_installation,
            )  # fmt: skip
            topics = handshake.chosen_topics(who, hello) if who.acting_in or is_installation else {}
            member.topics = sorted(topics)
            board.members.add(sid, member)
        except Exception:
            self.cut(eio_sid, after_s=GOODBYE_S)
            raise
        self.server.start_background_task(self._welcome, sid, member, hello, topics)

    def _welcome(self, sid: str, member: Member, hello: handshake.Hello, topics: dict[str, int]) -> None:
        """Join first, then look what was missed: in that order nothing falls between."""
        board = switchboard_of(self.app)
        try:
            self._wait_until_connected(sid)
            if not self.server.manager.is_connected(sid, NAMESPACE):
                log.info("a client left before it was welcomed")
                return
            board.listen(member)
            for room in self._rooms(member):
                self.server.enter_room(sid, room)
            with self.app.app_context():
                epoch = epoch_of(self.app)
            for topic, after in topics.items():
                self._catch_up(
                    sid, member, (member.company_id, topic), -2 if hello.epoch not in {None, epoch} else after
                )
            heads = {topic: board.hub.position((member.company_id, topic)) for topic in topics}
            ready = {"epoch": epoch, "topics": heads, "id": member.id}
            if member.kind == "page":  # what came between the page and its socket rang no bell
                ready["bell"] = self._bell(member)
            self.server.emit("ready", ready, to=sid)
            if board.members.get(sid) is None:  # it went while we were at it
                board.forget(member)
        except Exception:
            if self.server.manager.is_connected(sid, NAMESPACE):
                log.exception("welcome failed; the client connects again")
                self.close(sid, "failed")
                return
            log.info("a client left while it was welcomed")
            board.forget(member)

    def _bell(self, member: Member) -> dict[str, Any]:
        with self.app.app_context(), acting_for(member.home_id):
            return read_bell(member.who.user_id)._asdict()

    def _wait_until_connected(self, sid: str) -> None:
        until = time.monotonic() + 2
        while not self.server.manager.is_connected(sid, NAMESPACE) and time.monotonic() < until:
            self.server.sleep(0.001)

    def _rooms(self, member: Member) -> set[str]:
        who, company_ids = member.who, {member.company_id, member.home_id}
        own = {rooms.user_room(company_id, who.user_id) for company_id in company_ids}
        own |= {rooms.company_room(member.company_id), rooms.role_room(member.company_id, who.role), rooms.EVERYONE}
        if member.kind == "page":
            own |= {rooms.page_room((member.company_id, topic)) for topic in member.topics}
        return own

    def _catch_up(self, sid: str, member: Member, key: Key, after: int) -> None:
        """Send what was missed: rows to a page, facts to a script (each once, in order, then the live ones)."""
        board = switchboard_of(self.app)
        head = board.hub.head_for(key, after)
        if member.kind == "page":
            message = replay.replay_rows(self.app, key, after if after >= 0 else head + 1, head)
            if message is not None:
                self.server.emit("rows", message, to=sid)
            return
        position = head if after == -1 else min(max(after, 0), head)
        while not board.hub.at(key, position, lambda: self.server.enter_room(sid, rooms.event_room(key))):
            before = position
            for facts, through in replay.pages_after(self.app, key, member.who, position):
                for fact in facts:
                    self.server.emit(fact.type, fact.event, to=sid)
                position = through
            passed = board.hub.position(key)
            if passed is None:
                return
            if position == before and passed > position:  # dropped by age: nothing left to send
                position = passed
            self.server.sleep(0.005)

    def on_disconnect(self, sid: str, reason: str = "") -> None:
        """Forget a socket, and see that its connection ends: simple-websocket may wait for ever for a last frame."""
        self.cut(self.server.manager.eio_sid_from_sid(sid, NAMESPACE), after_s=GOODBYE_S)
        board = switchboard_of(self.app)
        member = board.members.remove(sid)
        if member is not None:
            board.forget(member)

    def on_message(self, event: str, sid: str, *args: Any) -> None:  # Any: as sent
        """Nobody needs to send us anything; whoever does it too often goes."""
        member = switchboard_of(self.app).members.get(sid)
        if member is None:
            return
        with self.app.app_context():
            try:
                limits.check("socket_messages", member.who.public_id)
                limits.check("socket_messages_ip", member.address)
            except TooManyRequests:
                self.close(sid, "too-many-messages")

    def close(self, sid: str, reason: str) -> None:
        """Say goodbye and end the connection; it is out of every room at once."""
        eio_sid = self.server.manager.eio_sid_from_sid(sid, NAMESPACE)
        self.server.emit("bye", {"reason": reason}, to=sid)
        self.server.disconnect(sid)
        self.cut(eio_sid, after_s=GOODBYE_S)

    def cut(self, eio_sid: str | None, *, after_s: float = 0) -> None:
        """End a connection on the wire, whatever its reader and its queue do."""
        wire: Wire | None = self.server.environ.get(eio_sid, {}).get(WIRE)
        if wire is not None:
            timer = threading.Timer(after_s, wire.cut)
            timer.daemon = True
            timer.start()

    def on_overflow(self, full: Any) -> None:  # Any: the queue class is made at run time
        """Close the socket whose backlog is full, from elsewhere: its own writer hangs in a send."""
        for eio_sid, sock in list(self.eio.sockets.items()):
            if sock.queue is full:
                log.warning("socket backlog full, closed")
                self.cut(eio_sid)

    def cut_silent(self) -> None:
        """Close connections that have not said who they are in time."""
        known = {
            self.server.manager.eio_sid_from_sid(sid, NAMESPACE) for sid in switchboard_of(self.app).members.sids()
        }
        now = time.monotonic()
        for eio_sid, environ in list(self.server.environ.items()):
            if eio_sid not in known and now - environ.setdefault(OPENED, now) > CONNECT_DEADLINE_S:
                self.cut(eio_sid)

    def drain(self) -> None:
        """Ask every socket to come back elsewhere within three seconds, each at its own moment, then close."""
        switchboard_of(self.app).is_draining = True
        self.server.emit("reconnect", {"withinMs": int(DRAIN_SPREAD_S * 1000)})
        for member in switchboard_of(self.app).members.all():
            if member.kind == "stream":
                member.close("draining")
        threading.Timer(DRAIN_SPREAD_S + 1, self._close_all).start()

    def _close_all(self) -> None:
        for eio_sid in list(self.eio.sockets):
            self.cut(eio_sid)


def init_sockets(app: Flask, settings: Settings) -> Sockets:
    """Serve Socket.IO beside the pages."""
    socketio.init_app(  # type: ignore[call-arg]  # its stubs know fewer options than it
        app, async_mode="gevent" if monkey.is_module_patched("socket") else "threading", transports=["websocket"],
        manage_session=False, cors_allowed_origins=[], allow_upgrades=False, async_handlers=False,
        ping_interval=PING_EVERY_S, ping_timeout=PING_TIMEOUT_S, max_http_buffer_size=MOST_BYTES_IN,
    )  # fmt: skip
    sockets = Sockets(app)
    app.wsgi_app = Guard(app, settings, sockets.refuse)  # type: ignore[method-assign]
    app.extensions[SOCKETS] = sockets
    live.on_drain(sockets.drain)
    return sockets
