"""The linter: every seeded mistake is flagged with what to set, and what loses or doubles jobs stops a start."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest
from celery import Celery
from kombu import Queue
from pydantic import SecretStr

from app.core import broker
from app.core.redis import connect
from app.extensions import celery
from app.queues import brokers
from app.queues.lint import RULES, Standing, Surroundings, check_all, run_rules
from app.queues.lint.model import WorkerSeen
from app.queues.lint.start import UnsafeStart, check_start
from tests.queues import chores
from tests.queues.waiting import let_wait
from tests.stage import ROOT

SAFE = {
    "broker_url": "redis://127.0.0.1/0",
    "broker_transport_options": {"visibility_timeout": 4200},
    "task_queues": [],
    "task_time_limit": 3600,
    "task_acks_late": True,
    "task_reject_on_worker_lost": None,
    "worker_prefetch_multiplier": 1,
    "worker_soft_shutdown_timeout": 10,
    "task_create_missing_queues": False,
    "worker_send_task_events": True,
}
WORKER = WorkerSeen("celery@one", slots=10, queues=("email", "export"), registered=("mail.send",), conf={})
GOOD = Surroundings(
    conf=SAFE, environment="production", environ={"REMAP_SIGTERM": "SIGQUIT"}, eviction="noeviction",
    workers=[WORKER], waiting={"email": ["mail.send"]}, known_names=frozenset({"mail.send"}), slots={"email": 10},
    stuck=0, is_clock_watched=True, skew_s={"Valkey": 0.01},
)  # fmt: skip


def conf(**changes):
    return replace(GOOD, conf={**SAFE, **changes})


def workers(*seen):
    return replace(GOOD, workers=list(seen))


BAD = [
    ("time-limit", conf(task_time_limit=4200), Standing.DANGER, "visibility_timeout above 4200"),
    ("time-limit", conf(task_time_limit=None), Standing.DANGER, "Set task_time_limit below 4200"),
    ("time-limit", conf(broker_transport_options={}), Standing.DANGER, "above 3600"),
    ("time-limit", replace(GOOD, time_limits_s={"ocr.read": 9000}), Standing.DANGER, "ocr.read may run 9000 s"),
    ("eviction", replace(GOOD, eviction="allkeys-lru"), Standing.DANGER, "Set maxmemory-policy noeviction"),
    ("eviction", replace(GOOD, eviction="allkeys-lru", environment="staging"), Standing.WARNING, "noeviction"),
    ("eviction", replace(GOOD, eviction=None), Standing.UNKNOWN, "noeviction"),
    ("acks-late", conf(task_acks_late=False), Standing.WARNING, "task_acks_late = True"),
    ("worker-lost", conf(task_reject_on_worker_lost=True), Standing.DANGER, "Leave it off"),
    ("prefetch", conf(worker_prefetch_multiplier=4), Standing.WARNING, "worker_prefetch_multiplier = 1"),
    ("prefetch", workers(replace(WORKER, conf={"worker_prefetch_multiplier": 4})), Standing.WARNING, "celery@one"),
    ("soft-shutdown", conf(worker_soft_shutdown_timeout=0), Standing.WARNING, "worker_soft_shutdown_timeout"),
    ("soft-shutdown", replace(GOOD, environ={}), Standing.NOTE, "REMAP_SIGTERM=SIGQUIT"),
    ("known-queues", conf(task_create_missing_queues=True), Standing.WARNING, "task_create_missing_queues = False"),
    ("events", conf(worker_send_task_events=False), Standing.NOTE, "worker_send_task_events = True"),
    ("broker", conf(broker_url="amqp://rabbit//", task_queues=[Queue("email")]), Standing.WARNING, "quorum"),
    ("consumers", workers(replace(WORKER, queues=("export",))), Standing.WARNING, "-Q email"),
    ("consumers", workers(replace(WORKER, is_online=False)), Standing.WARNING, "Start one"),
    ("consumers", replace(GOOD, workers=None), Standing.UNKNOWN, "Start the relay"),
    ("slots", workers(replace(WORKER, slots=2)), Standing.NOTE, "email may have 10 in hand, its workers have 2"),
    ("slots", workers(replace(WORKER, slots=0)), Standing.WARNING, "Grow a pool"),
    ("known-names", replace(GOOD, waiting={"email": ["gone.name"]}), Standing.WARNING, "gone.name"),
    ("known-names", workers(replace(WORKER, registered=("old.name",))), Standing.WARNING, "Restart these workers"),
    ("stuck", replace(GOOD, stuck=3), Standing.NOTE, "3 messages"),
    ("stuck", replace(GOOD, stuck=None), Standing.UNKNOWN, "did not answer"),
    ("clock-watched", replace(GOOD, is_clock_watched=False), Standing.DANGER, "flask relay"),
    ("clocks", replace(GOOD, skew_s={"Valkey": -1.0}), Standing.WARNING, "Valkey is 1.0 s behind"),
    ("clocks", replace(GOOD, skew_s={"Valkey": 9.0}), Standing.DANGER, "NTP"),
]


def test_a_safe_installation_keeps_every_rule():
    assert {
        one.rule.code: one.judged.found for one in run_rules(GOOD) if one.judged.standing is not Standing.KEPT
    } == {}
    assert {code for code, *_ in BAD} == set(RULES)


@pytest.mark.parametrize(("code", "around", "standing", "said"), BAD)
def test_each_mistake_is_flagged_with_what_to_set(code, around, standing, said):
    found = next(one for one in run_rules(around) if one.rule.code == code)
    assert found.judged.standing is standing
    assert said in f"{found.judged.found} {found.judged.fix}"
    assert found.rule.title
    assert found.rule.why


def test_the_worst_comes_first():
    standings = [one.judged.standing for one in run_rules(conf(task_time_limit=None, task_acks_late=False))]
    assert standings[:2] == [Standing.DANGER, Standing.WARNING]


def test_the_settings_we_ship_are_safe(app):
    assert [one for one in check_start(app) if one.judged.standing is Standing.DANGER] == []
    assert broker.HARD_LIMIT_S < broker.VISIBILITY_S


def test_what_waits_and_who_runs_is_looked_at(ada, app, alone, superuser_sql):
    assert chores.count_up.name == "chore.count"
    let_wait(superuser_sql, ada.company_id, 2, name="chore.count")
    let_wait(superuser_sql, ada.company_id, 2, name="chore.nobody-knows")
    with app.app_context():
        found = {one.rule.code: one.judged for one in check_all()}
    assert set(found) == set(RULES)
    assert found["known-names"].standing is Standing.WARNING
    assert "chore.nobody-knows" in found["known-names"].found
    assert "chore.count" not in found["known-names"].found
    assert found["clocks"].standing is not Standing.UNKNOWN


def test_a_job_that_nothing_declares_is_not_sent(ada, release_now, superuser_sql):
    let_wait(superuser_sql, ada.company_id, 2, name="chore.nobody-knows")
    assert release_now() == 0


def test_without_a_broker_the_linter_says_that_it_cannot_know(app, alone, monkeypatch):
    settings = app.config["SETTINGS"].model_copy(
        update={"redis_url": type(app.config["SETTINGS"].redis_url)("redis://127.0.0.1:1/0")}
    )
    monkeypatch.setitem(app.extensions, brokers.EXTENSION, connect(settings, timeout_s=0.2))
    with app.app_context():
        found = {one.rule.code: one.judged.standing for one in check_all()}
    assert (found["eviction"], found["stuck"]) == (Standing.UNKNOWN, Standing.UNKNOWN)


def test_a_start_that_would_double_jobs_is_refused(app, monkeypatch):
    monkeypatch.setitem(celery.conf.broker_transport_options, "visibility_timeout", 600)
    with pytest.raises(UnsafeStart, match="visibility_timeout above 3600"):
        check_start(app)


@pytest.mark.parametrize("command", [["flask", "relay"], ["celery", "-A", "tests.queues.unsafe_worker", "worker"]])
def test_neither_a_relay_nor_a_worker_starts_so(environment, command):
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT, env={**os.environ, **environment, "FLASK_APP": "tests.queues.unsafe_worker:make_app"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "visibility_timeout above 3600" in done.stderr


def test_on_rabbitmq_queues_are_quorum_queues_and_nothing_is_guessed(app, monkeypatch):
    settings = app.config["SETTINGS"].model_copy(update={"broker_url": SecretStr("amqp://guest@127.0.0.1:1//")})
    made = Celery("on-rabbit")
    broker.configure(made, settings)
    assert {queue.queue_arguments["x-queue-type"] for queue in made.conf.task_queues} == {"quorum"}
    assert made.conf.broker_transport_options == {"confirm_publish": True}
    around = replace(GOOD, conf={**SAFE, "broker_url": made.conf.broker_url, "task_queues": made.conf.task_queues})
    assert {one.judged.standing for one in run_rules(around)} == {Standing.KEPT}
    monkeypatch.setattr(celery.conf, "broker_url", made.conf.broker_url)
    with app.app_context():
        assert (brokers.depth("export"), brokers.unacked(), brokers.messages("export").is_away) == (None, None, True)
