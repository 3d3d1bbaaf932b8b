"""Running a migration: one process at a time, in slices, from wherever the last one was killed.

What is done stands in rows and at the providers, and every step may be done twice. So nothing is resumed: a new run
looks at what is left.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import OperationalError

from app.core import clock
from app.core.db import db
from app.storage import providers
from app.storage.adapters.protocol import Provider, StorageError
from app.storage.migrating import routes, rows, sums
from app.storage.migrating.limits import Options, Pace, next_opening
from app.storage.migrating.phases import WORKING, Phase, advance, scope_of
from app.storage.migrating.reversing import drop_claims, drop_claims_back, waiting_back
from app.storage.migrating.rounds import Away, Rounds, sentence_of
from app.storage.migrating.standing import Standing, read_standing, write_figures
from app.storage.migrating.tally import Tally

log = structlog.get_logger(__name__)
LOCK = 7_305_118_442  # of the one process that moves files; the number means nothing
LOOK_EVERY_S = 1.0
AGAIN_S = 0.2
DEADLOCKS = 5
Told = Callable[[Standing, Tally], None]


class Ended(StrEnum):
    """Why a run ended."""

    RESTS = "rests"
    TIME = "time"
    PAUSED = "paused"
    WINDOW = "window"
    AWAY = "away"
    TAKEN = "taken"


@contextmanager
def sole_mover() -> Iterator[bool]:
    """Hold the lock of the one process that moves files; it ends with the process, however that dies."""
    connection = db.engines["system"].connect()
    try:
        connection.detach()
        with connection.begin():
            taken = bool(connection.scalar(sa.text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}))
        yield taken
    finally:
        connection.close()


def run(
    migration_id: str, *, slice_s: float | None = None, told: Told | None = None,
    find: Callable[[str], Provider] = providers.provider,
) -> Ended:  # fmt: skip
    """Work on a migration until it rests, is paused, or its slice is over.

    Args:
        migration_id: One that was started.
        slice_s: Begin no further file after so long; None for no limit.
        told: Hears how it goes, about once a second.
        find: Finds a provider by its name.
    """
    with sole_mover() as taken:
        if not taken:
            return Ended.TAKEN
        runner = Runner(migration_id, slice_s, told, find)
        try:
            ended = runner.work()
        except (Away, StorageError) as error:
            runner.keep_figures(error=sentence_of(error))
            log.warning("migration waits", migration=migration_id, error=str(error))
            return Ended.AWAY
        runner.keep_figures()
        return ended


class Runner:
    """One run of one migration."""

    def __init__(
        self, migration_id: str, slice_s: float | None, told: Told | None, find: Callable[[str], Provider]
    ) -> None:  # fmt: skip
        self.id, self.told = migration_id, told
        self.ends_at = None if slice_s is None else time.monotonic() + slice_s
        self.standing = read_standing(migration_id)
        row = self.standing.row
        self.scope = scope_of(row)
        self.pace = Pace(Options.of(row.options))
        self.tally = Tally(migration_id, row.figures)
        self.looked_at = 0.0
        self.rounds = Rounds(
            self.scope, find(row.source), find(row.target), self.pace, self.tally, self.look, find
        )  # fmt: skip

    def work(self) -> Ended:
        """Go from phase to phase as far as it may go by itself."""
        steps = {
            Phase.COPYING: self.copy_all, Phase.VERIFYING: self.verify_all, Phase.SWITCHING: self.switch_all,
            Phase.ROLLING_BACK: self.flip_all, Phase.REMOVING: self.remove_all,
        }  # fmt: skip
        while (ended := self.may_go_on()) is None:
            phase = Phase(self.standing.row.phase)
            self.pace.restart()
            routes.follow(self.standing.row)
            following = self.enduring(steps[phase])
            self.tally.states = sums.count_states(self.id)
            self.keep_figures()
            if following is not None:
                advance(self.id, phase, following)
            self.standing = read_standing(self.id)
            self.say()
        return ended

    def may_go_on(self) -> Ended | None:
        """Return why nothing more is done now, if so."""
        row = self.standing.row
        if row.phase not in WORKING:
            return Ended.RESTS
        if row.is_paused:
            return Ended.PAUSED
        if next_opening(self.pace.options.window, clock.now()) is not None:
            return Ended.WINDOW
        return Ended.TIME if self.ends_at is not None and time.monotonic() >= self.ends_at else None

    def look(self) -> None:
        """Read what people changed, keep the figures, and stop between two files when it is time."""
        if time.monotonic() - self.looked_at < LOOK_EVERY_S:
            return
        self.looked_at = time.monotonic()
        phase = self.standing.row.phase
        self.standing = read_standing(self.id)
        self.pace.options = Options.of(self.standing.row.options)
        if self.may_go_on() is not None or self.standing.row.phase != phase:
            self.pace.stop()
        self.keep_figures()
        self.say()

    def say(self) -> None:
        """Tell whoever watches how it goes."""
        if self.told is not None:
            self.told(self.standing, self.tally)

    def keep_figures(self, error: str = "") -> None:
        """Write how far it is; the row says when somebody last did."""
        write_figures(self.id, self.tally.figures(), error)

    def enduring(self, step: Callable[[], Phase | None]) -> Phase | None:
        """Do a step, again when the database chose it to end a deadlock with others who write files."""
        for tries in range(DEADLOCKS):
            try:
                return step()
            except OperationalError as error:
                if tries == DEADLOCKS - 1 or "deadlock" not in str(error).lower():
                    raise
                threading.Event().wait(AGAIN_S)
        return None

    def stopped(self) -> bool:
        """Whether the rounds of this phase are to end."""
        self.look()
        return self.pace.is_stopped

    def copy_all(self) -> Phase | None:
        """Copy all there is; None when told to stop before the end."""
        rows.enrol(self.scope)
        return Phase.VERIFYING if self.until_done(self.rounds.copy) else None

    def verify_all(self) -> Phase | None:
        """Copy what came since, and verify all."""
        self.rounds.verify_listed()
        return Phase.READY if self.until_done(self.rounds.copy, self.rounds.verify) else None

    def switch_all(self) -> Phase | None:
        """Switch all, with what came since."""
        done = self.until_done(self.rounds.copy, self.rounds.verify, self.rounds.switch)
        return Phase.SOAKING if done else None

    def until_done(self, *rounds: Callable[[], bool]) -> bool:
        """Do the first round that finds something, again and again; False when told to stop."""
        while not self.stopped():
            if any(one() for one in rounds):
                continue
            if rows.try_again(self.scope):
                threading.Event().wait(AGAIN_S)
            elif not rows.enrol(self.scope):
                return not self.pace.is_stopped
        return False

    def flip_all(self) -> Phase | None:
        """Serve everything from the source again."""
        drop_claims(self.scope)
        left = -1
        while True:
            if not self.through(self.rounds.flip_back):
                return None
            before, left = left, waiting_back(self.scope)
            if left in {0, before}:  # what cannot be brought back stays where it is, and is listed
                return Phase.ROLLED_BACK

    def remove_all(self) -> Phase | None:
        """Remove what the source keeps; with a copy that is not proven it goes back to keeping."""
        drop_claims_back(self.scope)
        if not self.through(self.rounds.remove):
            return None
        if waiting_back(self.scope):  # what was under way, or could not be proven
            failed = sums.count_states(self.id).get("failed", {}).get("files", 0)
            return Phase.SOAKING if failed else None
        return Phase.DONE

    def through(self, one_round: Callable[[str], str | None]) -> bool:
        """Go once through the files in the order of their ids; False when told to stop."""
        after: str | None = ""
        while after is not None:
            if self.stopped():
                return False
            after = one_round(after)
        return not self.pace.is_stopped


__all__ = ["Ended", "run", "sole_mover"]
