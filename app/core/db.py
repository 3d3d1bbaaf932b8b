"""Base, Model and transaction(): the only commit in the tree."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import Any, cast, dataclass_transform

import sqlalchemy as sa
import structlog
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import event
from sqlalchemy.orm import (
    DeclarativeBase,
    MappedAsDataclass,
    Session,
    SessionTransaction,
    composite,
    deferred,
    mapped_column,
    relationship,
    synonym,
)

from app.core import driver, statements
from app.core.pool import GuardedPool
from app.core.pulse import allow_silence, pulse_of
from app.core.replicas import choice
from app.core.replicas.places import login_at, replica_places
from app.core.replicas.pool import ReplicaPool
from app.core.tenancy import Scope, ScopeChangedInTransaction, current_scope
from config import Settings

log = structlog.get_logger(__name__)
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
WEB_POOL_WAIT_S = 2  # DB_CONNECTION_TIMEOUT is the upper bound; a person waits two seconds at most


class Base(DeclarativeBase):
    """The one metadata."""

    metadata = sa.MetaData(naming_convention=NAMING)


@dataclass_transform(kw_only_default=True, field_specifiers=(mapped_column, relationship, composite, synonym, deferred))
class Model(MappedAsDataclass, Base, kw_only=True):
    """What every table subclasses: typed constructor, keyword-only (the decorator tells type checkers so)."""

    __abstract__ = True


class RoleSession(FlaskSession):
    """A session that speaks through the login of the current scope."""

    def get_bind(self, *args: Any, **kwargs: Any) -> sa.Engine | sa.Connection:
        """Choose the engine by scope, never by model."""
        scope = current_scope()
        begun = self.info.get("scope")
        if begun is not None and begun != scope and self.in_transaction():
            raise ScopeChangedInTransaction(f"transaction of {begun} used by {scope}")
        copy = choice.bind_for(scope.role, self, kwargs.get("clause", args[1] if len(args) > 1 else None))
        return db.engines[copy or (None if scope.role == "app" else scope.role)]


_session_owner: ContextVar[object | None] = ContextVar("session_owner", default=None)


def _session_key() -> int:
    """Sessions belong to the app context, except inside `fresh_session`."""
    from flask.globals import app_ctx

    owner = _session_owner.get()
    return id(owner) if owner is not None else id(app_ctx._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001


db = SQLAlchemy(
    model_class=Base, session_options={"class_": RoleSession, "scopefunc": _session_key, "expire_on_commit": False}
)


@contextmanager
def fresh_session() -> Iterator[None]:
    """Use a database session of its own inside the block, so a change of scope never meets an open transaction."""
    token = _session_owner.set(object())
    try:
        yield
    finally:
        db.session.remove()
        _session_owner.reset(token)


@event.listens_for(Session, "after_begin")
def set_company(session: Session, transaction: SessionTransaction, connection: sa.Connection) -> None:
    """Tell row-level security whose rows this transaction may see.

    Transaction-local, so it can not leak through the pool. It survives savepoints; a rollback ends the
    transaction and the next begin sets it again. It is said in one message with that begin (driver.py).
    """
    if transaction.nested:
        return
    scope = current_scope()
    session.info["scope"] = scope
    if scope.role != "app" or scope.company_id is None:
        return
    live = cast("driver.LiveConnection", connection.connection.driver_connection)
    if not live.act_for(scope.company_id):
        connection.exec_driver_sql("SELECT set_config('qd.company_id', %s, true)", (str(scope.company_id),))


@event.listens_for(Session, "after_transaction_end")
def forget_scope(session: Session, transaction: SessionTransaction) -> None:
    """Let the next transaction of this session belong to another scope."""
    if transaction.parent is None:
        session.info.pop("scope", None)
        session.info.pop("has_written", None)


BeforeCommit = Callable[[Session], None]
_before_commit: list[BeforeCommit] = []


def before_commit(hook: BeforeCommit) -> BeforeCommit:
    """Register what is written last in every transaction, after the row locks are taken (the outbox)."""
    _before_commit.append(hook)
    return hook


AfterCommit = Callable[[Session], None]
_after_commit: list[AfterCommit] = []


def after_commit(hook: AfterCommit) -> AfterCommit:
    """Register what happens once a transaction is safe; what fails here is logged, for nothing can be undone."""
    _after_commit.append(hook)
    return hook


@contextmanager
def transaction() -> Iterator[Session]:
    """Run a block in one transaction and commit it. The only commit in the tree.

    An inner `transaction()` joins the outer one. No network I/O belongs inside: facts and jobs leave
    through the outbox.
    """
    session = db.session()
    if session.info.get("in_transaction"):
        yield session
        return
    session.info["in_transaction"] = True
    try:
        yield session
        session.flush()
        for hook in _before_commit:
            hook(session)
        begun_at = perf_counter()
        session.commit()
        statements.note_commit(perf_counter() - begun_at)
    except BaseException:
        session.rollback()
        session.info.pop("bumped", None)
        raise
    finally:
        session.info.pop("in_transaction", None)
        session.info.pop("facts", None)
    for hook in _after_commit:
        try:
            hook(session)
        except Exception:
            log.exception("after the commit", hook=hook.__name__)


def give_back() -> None:
    """End a transaction that has only read, so that its connection goes back to the pool; what was loaded stays loaded.

    For whoever is about to wait for something else than the database. Inside `transaction()` nothing happens.
    """
    session = db.session()
    if not session.in_transaction() or session.info.get("in_transaction") or session.info.get("has_written"):
        return
    if not (session.new or session.dirty or session.deleted):
        session.commit()


def ask_alone(sql: str, keys: dict[str, Any]) -> Any:  # Any: what the one column holds
    """Return the first value of a statement that is a transaction by itself, in one round trip and nobody's scope."""
    with db.engine.connect() as connection:
        cast("driver.LiveConnection", connection.connection.driver_connection).is_alone = True
        return connection.exec_driver_sql(sql, keys).scalar()


@contextmanager
def auth_connection() -> Iterator[sa.Connection]:
    """Open a short transaction for the `auth_*` functions, before the company is known.

    Only those definer functions, each taking one exact key, return anything here.
    """
    with db.engine.begin() as connection:
        yield connection


def engine_options(settings: Settings) -> dict[str, Any]:
    """Pool and driver settings of one login (docs/pools.md)."""
    connect_s = max(2, round(settings.db_silence_ms / 1000))
    return {
        "poolclass": GuardedPool,
        "pulse": pulse_of(settings.database_url.get_secret_value()),
        "pool_size": settings.db_max_connections,
        "max_overflow": 0,
        "keep": settings.db_min_connections,
        "idle_s": settings.db_idle_timeout / 1000,
        "pool_timeout": min(settings.db_connection_timeout / 1000, WEB_POOL_WAIT_S),
        "pool_recycle": settings.db_max_lifetime / 1000,
        "pool_pre_ping": True,
        "pool_use_lifo": True,
        "hide_parameters": True,  # else what people sent stands in the text of every error
        "connect_args": {
            "connect_timeout": connect_s,
            "application_name": "quarterdeck",
            "options": "-c timezone=UTC",
        },
    }


def init_db(app: Flask, settings: Settings) -> None:
    """Bind the logins: app by default, platform and system beside it."""
    allow_silence(settings.db_silence_ms / 1000)
    options = engine_options(settings)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url.get_secret_value()
    binds = {"platform": settings.database_platform_url, "system": settings.database_system_url}
    app.config["SQLALCHEMY_BINDS"] = {
        role: {"url": url.get_secret_value(), **options} for role, url in binds.items() if url is not None
    }
    app.config["SQLALCHEMY_BINDS"] |= replica_binds(settings, options)
    db.init_app(app)
    os.register_at_fork(after_in_child=lambda: forget_connections(app))


def forget_connections(app: Flask) -> None:
    """Leave a parent's connections to the parent: two processes on one would read each other's answers."""
    with fresh_session(), app.app_context():
        for engine in db.engines.values():
            engine.dispose(close=False)


def replica_binds(settings: Settings, options: dict[str, Any]) -> dict[str, Any]:
    """Return an engine's settings for each replica and login that only reads there."""
    logins = {"": settings.database_url, "-platform": settings.database_platform_url}
    return {
        f"replica{number}{suffix}": {
            "url": login_at(url.get_secret_value(), place), **options, "poolclass": ReplicaPool, "keep": 0, "pulse": None,
        }
        for number, place in enumerate(replica_places(settings), start=1)
        for suffix, url in logins.items()
        if url is not None
    }  # fmt: skip


__all__ = [
    "Base",
    "Model",
    "Scope",
    "after_commit",
    "ask_alone",
    "auth_connection",
    "before_commit",
    "db",
    "driver",
    "fresh_session",
    "give_back",
    "init_db",
    "transaction",
]
