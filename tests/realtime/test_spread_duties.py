"""What the leader does beside numbering has mostly the same period: it must not all come at once, for facts wait then."""

import threading
import time
from collections import defaultdict

import pytest
from flask import Flask

from app.core import relay
from tests.site import wait_for

PERIOD_S, DUTIES = 0.8, 16


def test_duties_of_one_period_do_not_meet_again(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    done: dict[int, list[float]] = defaultdict(list)
    duties = [(f"duty-{n}", PERIOD_S, lambda n=n: done[n].append(time.monotonic())) for n in range(DUTIES)]
    monkeypatch.setattr(relay, "_duties", duties)
    monkeypatch.setattr(relay, "send_jobs", lambda: 1)
    led = threading.Event()
    threads = relay.start_duties(app, led, relay.Bell())
    try:
        wait_for(lambda: len(done) == DUTIES and all(len(times) > 2 for times in done.values()))
    finally:
        led.set()
        for thread in threads:
            thread.join(10)
    after_s = sorted(times[1] - times[0] for times in done.values())
    assert after_s[0] < PERIOD_S * 0.9, "the first ones come again sooner"
    assert after_s[-1] - after_s[0] > PERIOD_S / 4, "and the others after them"
    assert all(times[2] - times[1] >= PERIOD_S for times in done.values()), "each keeps its period then"
