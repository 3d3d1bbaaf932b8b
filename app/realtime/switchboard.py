"""The switchboard of one process: hub, windows, members, and which fact goes to which room."""

import threading
from collections.abc import Iterable
from typing import Any

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app.core.events_log import Key, Logged
from app.core.ids import CompanyId
from app.core.installation import installation_id
from app.core.live_hub import hub_of, itself
from app.core.live_windows import Message, Windows, epoch_of
from app.core.outbox import FACTS
from app.realtime import rooms
from app.realtime.members import Member, Members, close_unwelcome

log = structlog.get_logger(__name__)
EXTENSION = "quarterdeck-switchboard"
UNWELCOME_AFTER = {"session.revoked", "token.revoked", "user.changed"}
NAMESPACE = "/"
SERVER = "quarterdeck-socket-server"


class Switchboard:
    """Everything live of one process."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.server: Any = app.extensions[SERVER]  # python-socketio is untyped
        self.members = Members()
        self.hub = hub_of(app)
        self.windows = Windows(app, self.send_rows, self.has_pages)
        self.is_draining = False
        self.hub.outlets += [self.windows.add, self.pass_on]
        self.hub.checks.append(self.tell_heads)
        self._bells: dict[Key, set[threading.Event]] = {}

    def listen(self, member: Member) -> None:
        """Start listening to what a member must hear: its topics, and what is for it alone."""
        private = {fact.topic for fact in FACTS.values() if fact.private} | {"accounts", "notices"}
        keys = {(member.company_id, topic) for topic in private | set(member.topics)}
        keys |= {(member.home_id, topic) for topic in private} | {(self.platform_id(), "system")}
        for key in sorted(keys):
            member.keys.append(key)  # first: what is not joined to the end is left as well
            self.hub.join(key)

    def forget(self, member: Member) -> None:
        """Stop listening for a member that has gone."""
        keys, member.keys = member.keys, []
        for key in keys:
            self.hub.leave(key)
            if self.hub.position(key) is None:
                self.windows.forget(key)

    def platform_id(self) -> CompanyId:
        """Return the platform's own company."""
        with self.app.app_context():
            return installation_id()

    def has_pages(self, key: Key) -> bool:
        """Say whether a page here shows the topic."""
        return rooms.page_room(key) in self.server.manager.rooms.get(NAMESPACE, {})

    def send_rows(self, key: Key, message: Message) -> None:
        """Send one window to the pages of its topic."""
        self.server.emit("rows", message, to=rooms.page_room(key))

    def pass_on(self, fact: Logged) -> None:
        """Send a fact to those it is for, and act on the ones that end connections."""
        for bell in list(self._bells.get(fact.key, ())):
            bell.set()
        if fact.type in UNWELCOME_AFTER:
            threading.Thread(target=self.look_again, args=(fact.company_id,), daemon=True).start()
        elif fact.type == "socket.closed":
            self.close_one(fact.company_id, str(fact.event["data"].get("socket")))
        self.server.emit(fact.type, fact.event, to=self.room_of(fact))

    def room_of(self, fact: Logged) -> str:
        """Return who hears a fact: everybody, one person, one role, a whole company, or a topic's scripts."""
        if fact.topic == "system" and fact.company_id == self.platform_id():
            return rooms.EVERYONE
        if fact.user_id is not None:
            return rooms.user_room(fact.company_id, fact.user_id)
        if fact.role is not None:
            return rooms.role_room(fact.company_id, fact.role)
        return rooms.company_room(fact.company_id) if fact.topic == "notices" else rooms.event_room(fact.key)

    def look_again(self, company_id: CompanyId) -> None:
        """Close the connections of a company that are no longer good. Tried again until the database answers."""
        for _ in range(30):
            try:
                with self.app.app_context():
                    close_unwelcome(self.members.of_company(company_id))
            except SQLAlchemyError:
                log.warning("database away; credentials are looked at again in a second")
                self.hub.stopped.wait(1)
            else:
                return

    def close_one(self, company_id: CompanyId, member_id: str) -> None:
        """Close one connection, when it is here."""
        for member in self.members.of_company(company_id):
            if member.id == member_id:
                member.close("closed-by-admin")

    def tell_heads(self) -> None:
        """Tell pages the position they should have, so that one that missed a message notices."""
        with self.app.app_context():
            epoch = epoch_of(self.app)
        for key in self.hub.listened():
            if self.has_pages(key):
                head = self.windows.sent(key)
                self.server.emit(
                    "head",
                    {"topic": key[1], "epoch": epoch, "head": self.hub.position(key) if head is None else head},
                    to=rooms.page_room(key),
                )

    def hang_bell(self, keys: Iterable[Key], bell: threading.Event) -> None:
        """Ring a bell with every fact of some topics (SSE)."""
        for key in keys:
            self._bells.setdefault(key, set()).add(bell)

    def take_bell(self, keys: Iterable[Key], bell: threading.Event) -> None:
        """Stop ringing it."""
        for key in keys:
            bells = self._bells.get(key, set())
            bells.discard(bell)
            if not bells:
                self._bells.pop(key, None)


def switchboard_of(app: Flask) -> Switchboard:
    """Return the app's switchboard, made on first use, after the process was forked."""
    app = itself(app)  # it serves every company until the process ends, whoever asks first
    if EXTENSION not in app.extensions:
        app.extensions[EXTENSION] = Switchboard(app)
    board: Switchboard = app.extensions[EXTENSION]
    return board
