"""Server-sent events: the log read forward, woken by the hub; nothing is kept in between."""

import json
import threading
import time
from collections.abc import Iterator

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app.core.auth import Principal
from app.core.errors import BadRequest, Problem
from app.core.events_log import Key
from app.realtime import replay
from app.realtime.members import Member
from app.realtime.switchboard import switchboard_of

log = structlog.get_logger(__name__)
HEARTBEAT_S = 15.0
FROM_NOW = -1


def parse_positions(text: str, names: list[str]) -> dict[str, int]:
    """Return the position of each topic: `12` for one topic, `orders:12,inventory:40` for several.

    Raises:
        BadRequest: It was not made by this stream.
    """
    if not text:
        return {}
    try:
        if text.isascii() and text.isdigit() and len(names) == 1:
            return {names[0]: int(text[:19])}
        pairs = (part.partition(":") for part in text.split(","))
        return {
            name: int(seq[:19]) for name, colon, seq in pairs if colon and seq.isascii() and (seq.isdigit() or _fail())
        }
    except ValueError:
        raise BadRequest(reason="Last-Event-ID and after must be what a stream sent as id") from None


def _fail() -> bool:
    raise ValueError


class Stream:
    """One SSE connection."""

    def __init__(
        self, app: Flask, who: Principal, keys: list[Key], positions: dict[str, int], address: str, agent: str
    ) -> None:
        self.app, self.who, self.keys, self.positions = app, who, keys, dict(positions)
        self.bell = threading.Event()
        self.ended = ""
        self.board = switchboard_of(app)
        self.member = Member(
            who, who.home_company_id, "stream", address, agent[:200], self.end, topics=[key[1] for key in keys]
        )

    def end(self, reason: str) -> None:
        """End it: the credential is no longer good, or the process stops."""
        self.ended = reason
        self.bell.set()

    def events(self) -> Iterator[str]:
        """Yield the text of the stream for as long as somebody reads it."""
        board = self.board
        board.members.add(self.member.id, self.member)
        board.hang_bell(self.keys, self.bell)
        try:
            board.listen(self.member)
            for key in self.keys:
                self.positions.setdefault(key[1], board.hub.position(key) or 0)
            yield "retry: 2000\n\n"
            while not self.ended:
                self.bell.clear()
                yield from self._new_events()
                if not self.bell.wait(HEARTBEAT_S):
                    yield f": {int(time.time())}\n\n"
            yield f"event: bye\ndata: {json.dumps({'reason': self.ended})}\n\n"
        except (SQLAlchemyError, Problem) as error:  # a Problem is the database's breaker, which is open
            # No farewell: whoever follows comes back by itself, and goes on behind the last id it was sent.
            log.warning("database away; a stream ends", topics=self.member.topics, reason=type(error).__name__)
            yield "retry: 2000\n\n"
        finally:
            board.take_bell(self.keys, self.bell)
            board.members.remove(self.member.id)
            board.forget(self.member)

    def _new_events(self) -> Iterator[str]:
        for key in self.keys:
            for facts, through in replay.pages_after(self.app, key, self.who, self.positions[key[1]]):
                for fact in facts:
                    self.positions[key[1]] = fact.seq
                    data = json.dumps(fact.event, separators=(",", ":"), ensure_ascii=False)
                    yield f"id: {self.position_text()}\nevent: {fact.type}\ndata: {data}\n\n"
                self.positions[key[1]] = through

    def position_text(self) -> str:
        """Return what the client sends back as Last-Event-ID."""
        if len(self.keys) == 1:
            return str(self.positions[self.keys[0][1]])
        return ",".join(f"{name}:{self.positions[name]}" for _, name in self.keys)
