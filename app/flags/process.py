"""The flags of this process: one table in memory, replaced as a whole when something was saved.

Evaluation never waits for anybody: it looks into `here.on` or `here.decide`, two dicts of closures. They are
empty in a process that has not asked yet and in one that was just forked; the first question of such a process
finds nothing, wakes it, and asks again. So a fork costs the questions after it nothing.

When neither a push nor a poll has confirmed the revision for a while, `decide` is replaced by one whose answers
say STALE; nobody looks at a clock to answer.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app.accounts import reads as accounts
from app.core import arms, guards
from app.core.pushed import POLL_S, pushed_of, read_revision
from app.flags import holder
from app.flags.counts import FLUSH_EVERY_S, Counts
from app.flags.disk import copy_path, read_copy, write_copy
from app.flags.engine.evaluate import Table
from app.flags.engine.model import Snapshot
from app.flags.holder import Decide, On, StaleAnswers
from app.flags.load import Loaded, load
from config import Settings

log = structlog.get_logger(__name__)
NAME = "flags"
STALE_AFTER_S, FIRST_LOAD_S, WATCH_EVERY_S = 3 * POLL_S, 2.0, 1.0
Changed = Callable[[frozenset[str]], None]


@dataclass(frozen=True, slots=True)
class Status:
    """How fresh this process is.

    Attributes:
        age_s: Since the revision was last confirmed by the database; None when it never was.
        source: Where the answers come from.
    """

    revision: int
    environment: str
    age_s: float | None
    source: Literal["nothing", "disk", "database"]
    is_stale: bool


class FlagProcess:
    """The flags one process holds for its app.

    Attributes:
        table: What it answers from; the same flags keep their closures and counts from table to table.
        installation: Public id of the platform company: a copy on disk of another database is none of ours.
    """

    def __init__(self, app: Flask) -> None:
        settings: Settings = app.config["SETTINGS"]
        self.app, self.environment = app, settings.flags_environment
        self.path = copy_path(settings.quarterdeck_home, self.environment)
        self.table = Table(Snapshot(0, self.environment, {}, {}))
        self.on: Mapping[str, On] = {}
        self.decide: Mapping[str, Decide] = {}
        self.loaded = Loaded()
        self.source: Literal["nothing", "disk", "database"] = "nothing"
        self.installation, self.copied, self.saved_at = "", 0, 0.0
        self.counts = Counts(app, self.environment, lambda: self.table.ledger)
        self.listeners: list[Changed] = []
        self._unknown: set[str] = set()
        self._begin()
        pushed_of(app).register(NAME, self.refresh)
        os.register_at_fork(after_in_child=self._after_fork)

    @property
    def process(self) -> "FlagProcess":
        """Itself: with one app in the process there is nobody to choose among."""
        return self

    def refresh(self, held: int) -> None:
        """Read what is newer than `held` and answer from it; the keeper of pushed settings calls it."""
        revision = read_revision(NAME)
        loaded = load(self.environment, held if self.source == "database" else 0, self.loaded)
        if not self.installation:
            self.installation = accounts.own_company().public_id
        self._take(loaded, revision, "database")
        self.saved_at = time.time()
        self._start_threads()

    def wake_for(self, key: str) -> bool:
        """Say whether a flag that was not found is there once this process is awake."""
        if not self._awake:
            self._wake()
        if key in self.on:
            return True
        if key not in self._unknown:
            self._unknown.add(key)
            log.warning("no such flag; the caller's default answers", flag=key)
        return False

    def ready_table(self) -> Table:
        """Return the table of an awake process."""
        if not self._awake:
            self._wake()
        return self.table

    def is_stale(self) -> bool:
        """Say whether nothing has confirmed the revision for three polls, or nothing ever did."""
        age_s = self._age_s()
        return age_s is None or age_s > STALE_AFTER_S

    def status(self) -> Status:
        """Return how fresh this process is."""
        table = self.ready_table()
        return Status(table.snapshot.revision, self.environment, self._age_s(), self.source, self.is_stale())

    def watch(self) -> None:
        """Show whether the answers are stale, and keep the newest on disk; every second, off the hot path."""
        if self.is_stale() is not self._shows_stale:
            self._show()
        revision = self.table.snapshot.revision
        if self.source == "database" and revision > self.copied:
            try:
                write_copy(
                    self.path, installation=self.installation, revision=revision, saved_at=self.saved_at,
                    loaded=self.loaded,
                )  # fmt: skip
            except OSError as error:
                log.warning("flags not kept on disk", path=str(self.path), error=str(error))
            self.copied = revision  # a full disk is tried again with the next revision, not every second

    def stop(self) -> None:
        """End the threads (tests; a process simply exits)."""
        self._stopping.set()

    def _begin(self) -> None:
        self._awake, self._shows_stale, self._wakes = False, False, threading.Lock()
        self._stopping, self._first = threading.Event(), threading.Event()
        self._threads: list[threading.Thread] = []
        self._starts = threading.Lock()

    def _after_fork(self) -> None:
        """Threads do not live on in a child: sleep until the first question."""
        self.on, self.decide = {}, {}
        self._begin()
        self.table.ledger.forget()
        self.counts.forget()

    def _wake(self) -> None:
        with self._wakes:
            if self._awake:
                return
            pushed_of(self.app).ensure_started()
            if self.source != "database":
                self._first.wait(FIRST_LOAD_S)
            if self.source == "nothing" and (copy := read_copy(self.path)):
                log.warning("flags are answered from the copy on disk", revision=copy.revision)
                self._take(copy.loaded, copy.revision, "disk")
            self._awake = True
            self._show()
            self._start_threads()

    def _take(self, loaded: Loaded, revision: int, source: Literal["disk", "database"]) -> None:
        if source == "disk" and self.source == "database":
            return  # the database answered after all
        before = self.table.snapshot
        snapshot = Snapshot(revision, self.environment, loaded.flags, loaded.segments)
        self.table, self.loaded, self.source = Table(snapshot, self.table), loaded, source
        arms.watch.on = any(flag.watched for flag in loaded.flags.values())
        self._awake = True
        self._show()
        self._first.set()
        self._tell(before, snapshot)

    def _show(self) -> None:
        self._shows_stale = self.is_stale()
        table = self.table
        self.on, self.decide = table.on, StaleAnswers(table) if self._shows_stale else table.decide

    def _tell(self, before: Snapshot, now: Snapshot) -> None:
        changed = {key for key in before.flags.keys() | now.flags.keys() if before.flags.get(key) != now.flags.get(key)}
        moved = {
            key for key in before.segments.keys() | now.segments.keys()
            if before.segments.get(key) != now.segments.get(key)
        }  # fmt: skip
        for key, flag in now.flags.items():
            if moved and any(moved.intersection(rule.segments) for rule in flag.settings.rules):
                changed.add(key)
        if not changed:
            return
        self._unknown -= changed
        for listener in self.listeners:
            try:
                listener(frozenset(changed))
            except Exception:  # one listener must not keep the others, or this process, from being fresh
                log.exception("after a change of flags", listener=repr(listener))

    def _age_s(self) -> float | None:
        checked_at = pushed_of(self.app).checked_at.get(NAME)
        return None if checked_at is None or self.source != "database" else time.monotonic() - checked_at

    def _start_threads(self) -> None:
        """Two of them: what is written to a database that hangs must not keep stale answers from saying so."""
        with self._starts:
            if any(thread.is_alive() for thread in self._threads):
                return
            work: tuple[tuple[str, float, Callable[[], Any]], ...] = (
                ("flags-watch", WATCH_EVERY_S, self.watch),
                ("flags-counts", FLUSH_EVERY_S, self.counts.flush),
            )
            self._threads = [
                threading.Thread(target=self._repeat, args=(every_s, do, self._stopping), name=name, daemon=True)
                for name, every_s, do in work
            ]
            for thread in self._threads:
                thread.start()

    def _repeat(self, every_s: float, do: Callable[[], object], stopping: threading.Event) -> None:
        while not stopping.wait(every_s):
            try:
                with guards.unguarded():
                    do()
            except SQLAlchemyError as error:
                log.warning("flags upkeep", error=str(getattr(error, "orig", error)).strip())
            except Exception:  # the next round may succeed; a dead thread never would
                log.exception("flags upkeep")


def hold_flags(app: Flask) -> FlagProcess:
    """Give an app its flags. Nothing is read before the first question."""
    held = FlagProcess(app)
    app.extensions[holder.EXTENSION] = held
    holder.add(held)
    return held
