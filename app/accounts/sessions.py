"""`flask.session` as Quarterdeck keeps it: opened on first use, saved only when changed, never resurrected.

A subclass of Flask-Session's interface. Before anybody is signed in, the little that forms need (a token
seed, a pending second step) travels in a signed cookie of an hour, so visitors cost no row.
"""

import secrets
from collections.abc import Iterator
from functools import cached_property
from typing import Any, cast

import orjson
import structlog
from flask import Flask, Request, Response
from flask import session as flask_session
from flask.sessions import SessionMixin
from flask_session import Session as FlaskSession
from flask_session.base import ServerSideSessionInterface
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy.exc import SQLAlchemyError

from app.accounts import gate, legacy_sessions, session_store
from app.accounts.gate import SessionFound
from app.accounts.secrets import is_session_id
from app.accounts.session_store import Opened
from app.core import gates
from app.core.web import API_PATHS
from app.limits.beside import read_beside
from config import Settings

JSON = dict[str, Any]
DOOR_S = 3600
log = structlog.get_logger(__name__)


class ConsoleSession(SessionMixin):
    """A session that asks nobody until it is used.

    Attributes:
        session_id: What the cookie says; None for a visitor or a script with a token.
        is_new: True when the cookie must be set.
        is_over: True after sign-out in this request.
    """

    def __init__(
        self, interface: "ConsoleSessions", session_id: str | None, door: str | None, legacy: str | None
    ) -> None:
        self.interface, self.session_id, self.door, self.legacy = interface, session_id, door, legacy
        self.is_new = False
        self.is_over = False
        self.keep = True
        self._values: JSON | None = None
        self._before: dict[str, bytes] = {}

    @cached_property
    def found(self) -> SessionFound | None:
        """The row and person behind the cookie, ended or not: the one SQL call of an authenticated request."""
        if self.session_id is not None and is_session_id(self.session_id):
            return gate.find_session(self.session_id)
        old_id = legacy_sessions.id_of(self.legacy) if self.legacy is not None else None
        if old_id is not None:
            self.session_id = legacy_sessions.adopt(old_id, self.interface.settings)
            if self.session_id is not None:
                self.is_new = True
                return gate.find_session(self.session_id)
        return None

    @property
    def live(self) -> SessionFound | None:
        """The session, while it is good."""
        found = None if self.is_over else self.found
        return found if found is not None and found.ended is None else None

    @property
    def is_loaded(self) -> bool:
        """Whether the data was looked at in this request."""
        return self._values is not None

    @property
    def values_now(self) -> JSON:
        """The data, loaded on first use."""
        if self._values is None:
            live = self.live
            if live is not None and self.session_id is not None:
                self._values = session_store.load(self.session_id, live)
            else:
                self._values = self.interface.read_door(self.door)
            self._before = {key: orjson.dumps(value) for key, value in self._values.items()}
        return self._values

    def changes(self) -> tuple[JSON, list[str]]:
        """Return the keys changed since loading, nested ones too, and those removed."""
        if self._values is None:
            return {}, []
        changed = {k: v for k, v in self._values.items() if self._before.get(k) != orjson.dumps(v)}
        return changed, [key for key in self._before if key not in self._values]

    def begin(self, opened: Opened) -> None:
        """Carry on as a session that was just opened or given a new id."""
        self.session_id, self.is_new, self.is_over = opened.id, True, False
        self.keep = bool(opened.data.get("keep", True))
        self._values = dict(opened.data)
        self._before = {key: orjson.dumps(value) for key, value in self._values.items()}
        self.__dict__.pop("found", None)

    def end(self) -> None:
        """Carry on as a visitor: the row was revoked."""
        self.is_over, self.is_new = True, False
        self._values, self._before = {}, {}

    def __getitem__(self, key: str) -> Any:
        return self.values_now[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.values_now[key] = value

    def __delitem__(self, key: str) -> None:
        del self.values_now[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_now)

    def __len__(self) -> int:
        return len(self.values_now)


class ConsoleSessions(ServerSideSessionInterface):
    """Opens and saves `ConsoleSession`s."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app, key_prefix=session_store.PREFIX, use_signer=False, serialization_format="json")
        self.settings: Settings = app.config["SETTINGS"]
        prefix = "__Host-" if self.settings.secure_cookies else ""
        self.cookie, self.door_cookie = f"{prefix}qd", f"{prefix}qd_door"
        self.signer = URLSafeTimedSerializer(self.settings.session_secret.get_secret_value(), salt="door")

    def open_session(self, app: Flask, request: Request) -> ConsoleSession:  # type: ignore[override]  # ours is no dict
        """Return the request's session, without asking anybody yet. A script with a token has none."""
        if request.headers.get("Authorization"):
            return ConsoleSession(self, None, None, None)
        legacy = (
            request.cookies.get(self.settings.legacy_session_cookie) if self.settings.legacy_session_table else None
        )
        return ConsoleSession(self, request.cookies.get(self.cookie), request.cookies.get(self.door_cookie), legacy)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write what changed, after the request's own transaction."""
        mine = cast("ConsoleSession", session)
        try:
            self._save(mine, response)
        except SQLAlchemyError:
            # What was said once more or less is no reason to fail a request that has done its work.
            log.exception("session not saved")

    def _save(self, mine: ConsoleSession, response: Response) -> None:
        ended = mine.__dict__.get("found")
        changed, removed = mine.changes()
        if mine.is_over or (ended is not None and ended.ended is not None):
            if ended is not None and ended.ended is not None and not mine.is_over:
                mine["ended"] = ended.ended
                changed, removed = mine.changes()
            response.delete_cookie(
                self.cookie, path="/", secure=self.settings.secure_cookies, httponly=True, samesite="Lax"
            )
        elif mine.is_new or changed or removed:
            live = mine.live
            if live is not None and mine.session_id is not None:
                self._save_live(mine, live, changed, removed, response)
                return
        if changed or removed:
            self._write_door(dict(mine.values_now), response)

    def _save_live(
        self, mine: ConsoleSession, live: SessionFound, changed: JSON, removed: list[str], response: Response
    ) -> None:
        session_id = cast("str", mine.session_id)
        if (changed or removed) and not session_store.save(session_id, live, changed, removed):
            response.delete_cookie(
                self.cookie, path="/", secure=self.settings.secure_cookies, httponly=True, samesite="Lax"
            )
            return
        if not mine.is_new:
            return
        age_s = self.settings.session_days * 86_400 if mine.keep else None
        self._set(response, self.cookie, session_id, age_s)
        if mine.door is not None:
            response.delete_cookie(self.door_cookie, path="/", secure=self.settings.secure_cookies)
        if mine.legacy is not None:
            response.delete_cookie(self.settings.legacy_session_cookie, path="/")

    def read_door(self, text: str | None) -> JSON:
        """Return what a visitor's cookie holds; nothing when it is old or not ours."""
        if not text:
            return {}
        try:
            values: JSON = self.signer.loads(text, max_age=DOOR_S)
        except BadSignature:
            return {}
        return values

    def _write_door(self, values: JSON, response: Response) -> None:
        if values:
            self._set(response, self.door_cookie, str(self.signer.dumps(values)), DOOR_S)
        else:
            response.delete_cookie(self.door_cookie, path="/", secure=self.settings.secure_cookies)

    def _set(self, response: Response, name: str, value: str, age_s: int | None) -> None:
        secure = self.settings.secure_cookies
        response.set_cookie(name, value, max_age=age_s, path="/", secure=secure, httponly=True, samesite="Lax")
        response.vary.add("Cookie")

    def _retrieve_session_data(self, store_id: str) -> None:
        raise NotImplementedError("sessions are read by app/accounts/session_store.py")

    def _delete_session(self, store_id: str) -> None:
        raise NotImplementedError("sessions are revoked, not deleted: app/accounts/service/sessions.py")

    def _upsert_session(self, session_lifetime: Any, session: Any, store_id: str) -> None:
        raise NotImplementedError("sessions are saved by app/accounts/session_store.py")


@read_beside
def wanted_key(asking: Request) -> str | None:
    """Return the copy a page reads: it comes with the limits. Scripts do not look into their session."""
    mine = current_session()
    if mine.session_id is None or mine.is_loaded or asking.path.startswith(API_PATHS) or mine.live is None:
        return None
    return session_store.cache_key(mine.session_id) if gates.is_on("enable-caching", default=True) else None


class Sessions(FlaskSession):
    """Flask-Session with our interface; everything else of the extension stays as documented."""

    def _get_interface(self, app: Flask) -> ConsoleSessions:
        return ConsoleSessions(app)


def current_session() -> ConsoleSession:
    """Return this request's session with its own methods, not through Flask's proxy."""
    return cast("ConsoleSession", flask_session._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001


def fresh_data(*, keep: bool = True) -> JSON:
    """Return what a new session holds: the seed of its form token, so that no GET has to write one.

    Args:
        keep: False when the cookie should go with the browser's window.
    """
    return {"csrf": secrets.token_urlsafe(16), "keep": keep}


def rekey_current(*, second_factor: bool | None = None) -> None:
    """Give this request's session a new id, as after every change of what it proves. A script's request has none."""
    mine = current_session()
    live = mine.live
    if live is None:
        return
    acting = live.acting.id if live.acting else None
    opened = session_store.rekey(live, dict(mine), acting=acting, second_factor=second_factor)
    if opened is not None:
        mine.begin(opened)
