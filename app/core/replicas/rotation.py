"""Which replicas may be asked now, as this process knows them.

A replica is fit for as long as a lease: it has answered a moment ago and was not far behind. So one that dies or hangs
leaves by itself, however long the question takes that finds out.
"""

import random
import time
from collections import deque
from dataclasses import dataclass
from threading import Lock

from sqlalchemy.engine import URL

from app.core.replicas.places import login_at, name_of

LEASE_S = 1.5
REST_S = 2.0  # after an error; a server that restarts answers some questions and not others
KEEP_S = 600.0


class Primary:
    """Where the primary's log stood, and when: how far a replica is behind is read from it.

    The time comes from this process alone. A replica's own clock says nothing while nothing is written, and its
    receiver says "all replayed" of a log that no longer arrives.
    """

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()
        self._adding = Lock()

    def note(self, at: float, position: int) -> None:
        """Remember a position; `at` is when it was asked for."""
        with self._adding:
            self._seen.append((at, position))
            while self._seen and at - self._seen[0][0] > KEEP_S:
                self._seen.popleft()

    @property
    def newest(self) -> int | None:
        """The last position known."""
        return self._seen[-1][1] if self._seen else None

    def lag_s(self, replayed: int, now: float) -> float | None:
        """Return how old the state of a replica is; None when it is older than what is remembered."""
        with self._adding:
            newest = self._seen[-1][1] if self._seen else None
            if newest is None:
                return None
            if replayed >= newest:
                return 0.0
            known = next((at for at, position in reversed(self._seen) if position <= replayed), None)
        return None if known is None else max(now - known, 0.0)


@dataclass
class Replica:
    """One copy, as it answered last. Times are of the monotonic clock.

    Attributes:
        bind: What its engine for the application's login is called; the platform's has `-platform` behind it.
        replayed: How far it had come; it never goes back, so it is a lower bound until the next answer.
        lag_s: How old its state was; None while nobody knows.
        why: What keeps it out of rotation, a sentence; "" while nothing does.
        reads: How many blocks of reads this process has sent there.
    """

    bind: str
    place: URL
    limit_s: float
    replayed: int = 0
    lag_s: float | None = None
    behind_bytes: int | None = None
    answered_at: float = float("-inf")
    rests_until: float = float("-inf")
    why: str = "It has not answered yet."
    reads: int = 0

    @property
    def name(self) -> str:
        """Host and port."""
        return name_of(self.place)

    @property
    def is_fit(self) -> bool:
        """Whether it may be asked."""
        now = time.monotonic()
        return not self.why and now - self.answered_at < LEASE_S and now >= self.rests_until

    @property
    def reason(self) -> str:
        """Why it is not asked; "" when it is."""
        if self.why or self.is_fit:
            return self.why
        return "It was lost a moment ago." if time.monotonic() < self.rests_until else "It does not answer."

    def answer(self, replayed: int, lag_s: float | None, behind_bytes: int | None, asked_at: float) -> None:
        """Take what it said; the lease begins when it was asked, not when it answered."""
        self.replayed, self.lag_s, self.behind_bytes, self.answered_at = replayed, lag_s, behind_bytes, asked_at
        if lag_s is None:
            self.why = "How far it is behind is not known yet."
        else:
            self.why = (
                "" if lag_s <= self.limit_s else f"It is {lag_s:.1f} s behind; at most {self.limit_s:g} s is asked."
            )

    def lose(self, why: str) -> None:
        """Take it out of rotation now."""
        self.why, self.lag_s, self.rests_until = why, None, time.monotonic() + REST_S


class Rotation:
    """The replicas of one installation."""

    def __init__(self, replicas: list[Replica]) -> None:
        self.replicas = replicas
        self.primary = Primary()

    def pick(self, position: int = 0) -> Replica | None:
        """Return a fit replica that has come at least to a position; None when there is none."""
        fit = [one for one in self.replicas if one.is_fit and one.replayed >= position]
        return random.choice(fit) if fit else None  # noqa: S311 (spreads work, keeps no secret)

    def any_url(self, login: str) -> str | None:
        """Return the address of a login at a replica that may be asked; None when there is none."""
        chosen = self.pick()
        return None if chosen is None else login_at(login, chosen.place)
