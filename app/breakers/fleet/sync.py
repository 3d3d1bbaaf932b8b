"""The one thread by which a process talks to the others, and the permits its calls ask for.

Every 200 ms, or at once when this process's own window opens: one round trip that adds what is new to the
fleet's windows, reads all states once a second or when somebody published a change, and says what people want to
know. A call meets Redis only in HALF_OPEN: once for its permit, once with its result.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import NoScriptError, RedisError

from app.breakers import arm_counts, registry
from app.breakers.breaker import Breaker
from app.breakers.fleet import store
from app.breakers.fleet.load import Load
from app.breakers.fleet.reports import Reporter, add_callers
from app.breakers.link import Alone, Asker, FleetState, Lease
from app.breakers.states import State, Transition
from app.core.redis import connect
from config import Settings

log = structlog.get_logger(__name__)
FLUSH_S, READ_S, REST_S, BUDGET_S, LISTEN_S = 0.2, 1.0, 1.0, 1.0, 1.0


class Fleet:
    """This process's link to the others.

    Attributes:
        is_degraded: Redis does not answer: each process decides by its own window.
        commands: Round trips made by guarded calls, for the tests that count them.
        begin: What else begins with the first call of a process, such as hearing what people hold open.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.begin: Callable[[], None] | None = None
        self._reset()

    def _reset(self) -> None:
        self.is_degraded = False
        self.commands = 0
        self._is_started = False
        self._starting = threading.Lock()
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._must_read = True
        self._read_at = self._retry_at = 0.0
        self._clients: dict[float, Redis] = {}
        self._told: deque[Transition] = deque()
        self._unsettled: deque[tuple[str, store.Arguments]] = deque(maxlen=1000)
        self._reporter = Reporter()

    def ensure_started(self) -> None:
        """Start the threads unless they run; the first call after a fork does."""
        if self._is_started or self._stopping.is_set():
            return
        with self._starting:
            if self._is_started:
                return
            self._is_started = True
            for work in (self._run, self._listen):
                threading.Thread(target=work, name=f"breakers{work.__name__}", daemon=True).start()
        if self.begin is not None:
            self.begin()

    def wake(self) -> None:
        """Make the next round trip now."""
        self._wake.set()

    def lease(self, breaker: Asker, token: str) -> Lease | None:
        """Ask for a permit to probe; None when Redis is known to be away.

        A Redis that is merely late makes fewer probes, never more: whether it is away, the thread finds out.
        """
        if self.is_degraded:
            return None
        lease_ms = round(breaker.lease_s * 1000)
        answer = self._ask(store.LEASE, store.arguments(breaker.name, breaker.config, token, lease_ms))
        return Lease(None, is_granted=False) if answer is None else Lease(answer.fleet, bool(answer.extra))

    def settle(
        self, breaker: Asker, token: str, generation: int, outcome: int, retry_after_s: float
    ) -> FleetState | None:
        """Give a permit back with its result; what Redis did not take now the thread tells it again.

        The script takes a token once, so telling twice is safe.
        """
        away_ms = round(retry_after_s * 1000)
        given = store.arguments(breaker.name, breaker.config, token, generation, outcome, away_ms)
        answer = self._ask(store.SETTLE, given)
        if answer is None:
            self._unsettled.append((breaker.name, given))
            return None
        return answer.fleet

    def move(self, breaker: Asker, to: State) -> FleetState | None:
        """Bring all processes into a state by hand; None when Redis is away."""
        answer = self._ask(store.MOVE, store.arguments(breaker.name, breaker.config, int(to)))
        return None if answer is None else answer.fleet

    def forget_parent(self) -> None:
        """In a forked child: threads do not live on, sockets are the parent's."""
        self._reset()

    def stop(self) -> None:
        """End the threads at their next look (tests; a process simply exits)."""
        self._stopping.set()
        self._wake.set()

    def client(self, timeout_s: float) -> Redis:
        """Return a client of this process with a budget."""
        if timeout_s not in self._clients:
            self._clients[timeout_s] = connect(self.settings, timeout_s=timeout_s)
        return self._clients[timeout_s]

    def _ask(self, script: store.Script, arguments: store.Arguments) -> store.Answer | None:
        if self.is_degraded:
            return None
        self.commands += 1
        try:
            answer = store.run(self.client(self.settings.redis_budget_ms / 1000), script, arguments)
        except (RedisError, OSError) as error:
            log.warning("valkey is late", error=str(error))
            self._must_read = True
            self._wake.set()
            return None
        self._keep(answer)
        return answer

    def _keep(self, answer: store.Answer) -> None:
        if answer.transition is not None:
            self._told.append(answer.transition)
            self._wake.set()

    def _run(self) -> None:
        stopping, wake = self._stopping, self._wake
        while not stopping.is_set():
            try:
                self.turn()
            except (RedisError, OSError) as error:
                self._lose(error)
            except Exception:  # a mistake here must not leave this process deaf for ever
                log.exception("breakers not synchronised")
                stopping.wait(REST_S)
            wake.wait(FLUSH_S)
            wake.clear()

    def turn(self) -> None:
        """Carry everything once.

        Raises:
            RedisError: Valkey did not answer; nothing was lost but the seconds of TIME_BASED windows.
        """
        found = registry.breakers()
        for one in found:
            one.move_on()
        try:
            if not self.is_degraded or time.monotonic() >= self._retry_at:
                self._carry(found)
        finally:
            for one in found:
                self._told.extend(one.take_transitions(is_alone=self.is_degraded))
            self._tell()

    def _carry(self, found: list[Breaker]) -> None:
        load = self._load(found)
        due = [one for one in found if one.is_due]
        if not (load.batches or load.settles or load.arms or load.reads or due):
            return
        try:
            was_away = self.is_degraded
            states = self._send(load, due, found)
        except (RedisError, OSError):
            load.put_back()
            self._unsettled.extendleft(reversed(load.settles))
            self._must_read = True
            raise
        if was_away:
            log.info("valkey is back; breakers decide together")
        self.is_degraded = False
        for one, state in states:
            one.adopt(state, again=was_away)

    def _load(self, found: list[Breaker]) -> Load:
        now, must_read = time.monotonic(), self._must_read
        load = Load(arms=arm_counts.drain())
        load.batches = [(one, batch) for one in found if (batch := one.take_batch()) is not None]
        load.settles = [self._unsettled.popleft() for _ in range(len(self._unsettled))]
        load.reads = must_read or self.is_degraded or now - self._read_at >= READ_S
        if load.reads:
            self._must_read, self._read_at = False, now
            load.callers = [(one, callers) for one in found if (callers := one.take_callers())]
        return load

    def _send(self, load: Load, due: list[Breaker], found: list[Breaker]) -> list[tuple[Breaker, FleetState]]:
        """Make the round trip and return what the fleet agreed upon."""
        client = self.client(BUDGET_S)
        pipe = client.pipeline(transaction=False)
        asked: list[tuple[Breaker, store.Script, store.Arguments]] = [
            (one, store.FLUSH, store.flush_arguments(one.name, one.config, batch)) for one, batch in load.batches
        ]
        asked += [(registry.breaker(name), store.SETTLE, given) for name, given in load.settles]
        asked += [(one, store.LEASE, store.arguments(one.name, one.config, "", 1)) for one in due]
        for _, script, given in asked:
            pipe.evalsha(script.sha, 1, store.STATES, *given)
        self._add_reports(pipe, load, found)
        answers = pipe.execute(raise_on_error=False)
        states = [
            (one, self._read(client, one, script, given, answer))
            for (one, script, given), answer in zip(asked, answers, strict=False)
        ]
        if load.reads and found:
            fresh = store.read_states(client, [one.name for one in found])
            states += [(one, fresh[one.name]) for one in found]
        return states

    def _add_reports(self, pipe: Any, load: Load, found: list[Breaker]) -> None:  # Any: redis-py's pipeline
        arm_counts.add(pipe, load.arms)
        for one, callers in load.callers:
            add_callers(pipe, one.name, callers)
        if load.reads:
            for one in found:
                self._reporter.add(pipe, one)

    def _read(
        self, client: Redis, one: Breaker, script: store.Script, given: store.Arguments, answer: Any
    ) -> FleetState:  # Any: a script's answer or the exception in its place
        if isinstance(answer, NoScriptError):
            read = store.run(client, script, given)
        elif isinstance(answer, Exception):
            raise answer
        else:
            read = store.read_answer(one.name, answer)
        self._keep(read)
        return read.fleet

    def _tell(self) -> None:
        while self._told:
            transition = self._told.popleft()
            for listener in registry.listeners:
                try:
                    listener(transition)
                except Exception:  # one listener's mistake must not keep the others from knowing
                    log.exception("transition not told", breaker=transition.name)

    def _lose(self, error: Exception) -> None:
        if not self.is_degraded:
            log.warning("valkey away; each process's breakers decide alone", error=str(error))
        self._retry_at = time.monotonic() + REST_S
        self.is_degraded = True

    def _listen(self) -> None:
        """Hear that somebody changed a state; what it is now is read, so order and loss do not matter."""
        stopping = self._stopping
        while not stopping.is_set():
            try:
                pubsub: Any = self.client(BUDGET_S).pubsub  # Any: its types are missing
                with pubsub(ignore_subscribe_messages=True) as heard:
                    heard.subscribe(store.CHANNEL)
                    while not stopping.is_set():
                        if heard.get_message(timeout=LISTEN_S) is not None:
                            self._must_read = True
                            self._wake.set()
            except (RedisError, OSError):
                stopping.wait(REST_S)
            except Exception:  # as in _run
                log.exception("breakers not heard")
                stopping.wait(REST_S)


def join_fleet(settings: Settings) -> Fleet:
    """Give this process's breakers a fleet; its threads start with the first call that needs them."""
    before = registry.link()
    if isinstance(before, Fleet):
        if before.settings.redis_url == settings.redis_url:
            return before
        before.stop()
    made = Fleet(settings)
    registry.set_link(made)
    return made


def leave_fleet() -> None:
    """Let this process's breakers decide alone again (tests)."""
    before = registry.link()
    if isinstance(before, Fleet):
        before.stop()
    registry.set_link(Alone())
