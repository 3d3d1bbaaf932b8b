"""How many jobs of a queue run at once: by default, by the environment, by a person."""

import pytest

from app.core.broker import QUEUES
from app.core.installation import installation
from app.core.jobs import limits
from app.core.jobs.limits import settings_of
from config import BadSettings, read_settings

DEFAULTS = {
    "email": 10, "report": 2, "ai-processing": 3, "export": 5, "notification": 20, "cleanup": 1, "ocr": 2, "sync": 1,
    "analytics": 2, "maintenance": 1, "search": 1, "cache": 1, "backup": 1, "files": 2,
}  # fmt: skip


@pytest.fixture
def read(environment, monkeypatch):
    """Read settings as a process started with these does."""

    def run(**more):
        for name, value in {**environment, **more}.items():
            monkeypatch.setenv(name, value)
        return read_settings({})

    return run


def test_every_queue_has_its_default(read):
    settings = read()
    assert {queue: settings.slots_of(queue) for queue in QUEUES} == DEFAULTS


def test_the_environment_changes_it(read):
    settings = read(EMAIL_CONCURRENCY="3", AI_PROCESSING_CONCURRENCY="7")
    assert (settings.slots_of("email"), settings.slots_of("ai-processing")) == (3, 7)


def test_ai_has_a_short_name(read):
    assert read(AI_CONCURRENCY="9").slots_of("ai-processing") == 9


@pytest.mark.parametrize("value", ["0", "many"])
def test_what_is_no_number_of_jobs_is_refused_by_name(read, value):
    with pytest.raises(BadSettings, match="EXPORT_CONCURRENCY"):
        read(EXPORT_CONCURRENCY=value)


def test_a_person_comes_before_the_environment(app, alone, superuser_sql):
    superuser_sql.execute(
        "INSERT INTO queue_settings (company_id, queue, concurrency, target_wait_s) "
        "SELECT id, 'export', 12, 7 FROM companies WHERE slug = 'platform'"
    )
    try:
        with app.app_context(), installation():
            limits.refresh(0)
            found, other = settings_of("export"), settings_of("email")
    finally:
        superuser_sql.execute("DELETE FROM queue_settings")
        app.extensions.pop(limits.EXTENSION, None)
    assert (found.concurrency, found.target_wait_s, found.is_changed) == (12, 7, True)
    assert (other.concurrency, other.is_changed) == (10, False)
