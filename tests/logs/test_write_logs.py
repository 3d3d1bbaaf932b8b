"""JSON lines: one a request, secrets masked, dated files that several processes share without losing a line."""

import json
import logging
import os
import select
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from flask import Flask

from app.core import metrics
from app.core.db import db
from app.core.ids import new_ulid
from app.core.log_files import DatedFile, Writer
from app.core.log_masks import MASK
from app.core.logging import init_logging
from tests.world import Person

ROOT = Path(__file__).parents[2]


@pytest.fixture
def lines(app: Flask, tmp_path: Path):
    """What the app logs to its dated file from here on."""
    before = app.config["SETTINGS"]
    chosen = before.model_copy(update={"log_dir": tmp_path, "log_level": "INFO"})
    blank = Flask("blank")
    init_logging(blank, chosen)

    def read() -> list[dict[str, Any]]:
        return [json.loads(line) for path in sorted(tmp_path.glob("*.jsonl")) for line in path.read_text().splitlines()]

    yield read
    init_logging(Flask("blank"), before)


def test_one_request_is_one_line_with_who_what_and_how_long(ada: Person, lines) -> None:
    answer = ada.get("/api/user", headers={"X-Request-Id": "from-the-proxy-17"})
    line = next(line for line in lines() if line["event"] == "request" and line["route"] == "/api/user")
    assert answer.headers["X-Request-Id"] == "from-the-proxy-17"
    assert line["request_id"] == "from-the-proxy-17"
    assert (line["method"], line["status"], line["level"]) == ("GET", 200, "info")
    assert (line["user"], line["company"]) == (ada.public_id, ada.company_slug)
    assert line["ms"] > 0
    assert line["sql"] >= 1
    assert line["timestamp"].endswith("Z")


def test_what_people_search_for_is_not_logged(ada: Person, lines) -> None:
    ada.get("/orders?q=iris@example.test")
    assert "iris@example.test" not in json.dumps(lines())


def test_a_password_in_a_request_is_not_logged(app: Flask, lines) -> None:
    app.test_client().post("/api/login", json={"email": "a@b.test", "password": "hunter2-hunter2"})
    assert "hunter2" not in json.dumps(lines())


def test_secret_keys_are_masked_also_one_level_down(lines) -> None:
    log = structlog.get_logger("t")
    log.info("mail", email="a@b.test", reset_token="abc", sent={"password": "x", "subject": "hello"}, count=3)
    line = lines()[-1]
    assert (line["email"], line["reset_token"], line["sent"]) == (MASK, MASK, {"password": MASK, "subject": "hello"})
    assert line["count"] == 3


def test_secrets_inside_the_text_of_an_error_are_masked(lines) -> None:
    try:
        raise RuntimeError("cannot reach postgresql://qd_app:s3cret@db/qd with Bearer qd_0123456789abcdef")
    except RuntimeError:
        structlog.get_logger("t").exception("job failed")
        logging.getLogger("library").exception("of a library")
    text = json.dumps(lines(), ensure_ascii=False)
    assert "s3cret" not in text
    assert "qd_0123456789abcdef" not in text
    assert "postgresql://•••@db/qd" in text


def test_of_an_error_only_the_words_of_its_code_are_told(lines) -> None:
    name, street = new_ulid(), new_ulid()
    try:
        raise LookupError(f"no order for {name} of {street}")
    except LookupError:
        structlog.get_logger("t").exception("job failed")
    told = lines()[-1]["exception"]
    assert told.endswith("LookupError: no order for … of …")
    assert "tests/logs/test_write_logs.py" in told
    assert 'raise LookupError(f"no order for {name} of {street}")' in told


def test_of_a_statement_that_failed_the_constraint_is_told_and_no_row(app: Flask, lines) -> None:
    row = {"name": new_ulid()}
    try:
        with app.app_context(), db.engine.begin() as connection:
            connection.execute(sa.text("CREATE TEMPORARY TABLE met (name text UNIQUE) ON COMMIT DROP"))
            for _ in range(2):
                connection.execute(sa.text("INSERT INTO met VALUES (:name)"), row)
    except sa.exc.IntegrityError as error:
        structlog.get_logger("t").exception("job failed")
        structlog.get_logger("t").warning("not written", error=str(error))
    first, second = lines()[-2:]
    assert row["name"] not in json.dumps([first, second])
    assert "psycopg.errors.UniqueViolation sqlstate 23505" in first["exception"]
    assert first["exception"].endswith("table met, constraint met_name_key")
    assert second["error"].startswith("(psycopg.errors.UniqueViolation) duplicate key value violates")


def test_a_line_of_a_pipe_is_never_longer_than_the_kernel_keeps_whole() -> None:
    reader, writer = os.pipe()
    try:
        with pytest.raises(structlog.DropEvent):
            Writer(writer, None, colour=False)(
                None, "error", {"event": "failed", "exception": "begin" + "é" * 9000 + "end"}
            )
        line = os.read(reader, 65_536)
    finally:
        os.close(reader)
        os.close(writer)
    told = json.loads(line)["exception"]
    assert (len(line) <= select.PIPE_BUF, told[:5], told[-3:]) == (True, "begin", "end")


def test_levels_below_the_chosen_one_are_dropped(lines) -> None:
    structlog.get_logger("t").debug("too fine")
    logging.getLogger("library").debug("too fine")
    assert "too fine" not in json.dumps(lines())


def test_old_files_are_removed_and_todays_is_named_by_date(tmp_path: Path) -> None:
    (tmp_path / "quarterdeck-2020-01-01-17.jsonl").write_text("{}\n")
    (tmp_path / "notes.txt").write_text("mine")
    DatedFile(tmp_path, 14).write(b"{}\n")
    today = f"quarterdeck-{datetime.now(UTC).date()}-{os.getpid()}.jsonl"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.txt", today]


def test_a_new_day_is_a_new_file(tmp_path: Path, time_machine) -> None:
    file = DatedFile(tmp_path, 14)
    time_machine.move_to(datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC))
    file.write(b"late\n")
    time_machine.move_to(datetime(2026, 11, 21, 0, 0, 1, tzinfo=UTC))
    file.write(b"early\n")
    assert [path.read_text() for path in sorted(tmp_path.iterdir())] == ["late\n", "early\n"]


def test_a_full_disk_loses_lines_and_nothing_else() -> None:
    before = metrics.COUNTERS["log_lines_lost_total"]._value.get()
    file = DatedFile(Path("/proc/no-such-folder"), 14)
    file.write(b"{}\n")
    assert metrics.COUNTERS["log_lines_lost_total"]._value.get() == before + 1


def test_what_a_command_prints_stays_clean(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "flask", "doctor"]
    environ = {"PATH": os.environ["PATH"], **environment, "LOG_LEVEL": "DEBUG"}
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.startswith("Settings\n")
    assert '"event"' not in done.stdout
