"""The embedded PostgreSQL: made once, safe by default, back after every crash."""

import os
import signal
import subprocess
from pathlib import Path

import psycopg
import pytest

from app.core.embedded.postgres import Postgres


def ask(server: Postgres, question: str) -> str:
    with psycopg.connect(server.url()) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return str(row[0])


def test_a_new_cluster_is_durable_and_watched_and_listens_on_loopback_alone(postgres):
    postgres.start()
    assert ask(postgres, "SHOW server_version").startswith("17.")
    assert ask(postgres, "SHOW fsync") == "on"
    assert ask(postgres, "SHOW full_page_writes") == "on"
    assert ask(postgres, "SHOW listen_addresses") == "127.0.0.1"
    assert ask(postgres, "SHOW unix_socket_directories") == ""
    assert ask(postgres, "SHOW shared_preload_libraries") == "pg_stat_statements,auto_explain"


def test_what_failed_leaves_no_value_of_its_text_in_the_log(postgres):
    postgres.start()
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("SELECT 'IBAN GB33 BUKB' FROM nowhere")
        connection.execute("SET statement_timeout = 50")
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SELECT 'IBAN GB33 BUKB', pg_sleep(60)")
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SELECT %s, pg_sleep(60)", ["IBAN GB33 BUKB"])
        connection.execute("CREATE TEMPORARY TABLE accounts (number text UNIQUE)")
        connection.execute("INSERT INTO accounts VALUES ('IBAN GB33 BUKB')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO accounts VALUES ('IBAN GB33 BUKB')")
    postgres.stop()
    log = (postgres.place.data / "postgres.log").read_text()
    assert 'relation "nowhere" does not exist' in log
    assert log.count("canceling statement due to statement timeout") == 2
    assert "duplicate key value" in log
    assert "IBAN" not in log


def test_it_does_not_run_as_root_and_wants_a_password(postgres):
    postgres.start()
    assert postgres.process is not None
    assert Path(f"/proc/{postgres.process.pid}").stat().st_uid != 0
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.url().replace(":superuser@", ":wrong@"))


def test_letters_of_every_language_are_folded_and_searched(postgres):
    postgres.start()
    assert ask(postgres, "SELECT lower('ÄÖ ЖУК')") == "äö жук"
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
    assert int(ask(postgres, "SELECT cardinality(show_trgm('жук'))")) == 4


def test_what_was_committed_survives_a_kill_9(postgres):
    postgres.start()
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    assert postgres.process is not None
    postgres.process.kill()
    postgres.process.wait()
    postgres.start()
    assert ask(postgres, "SELECT number FROM kept") == "7"


def test_a_stale_pid_file_with_the_pid_of_another_program_does_not_block_the_start(postgres):
    postgres.start()
    assert postgres.process is not None
    postgres.process.kill()
    postgres.process.wait()
    pid_file = postgres.folder / "postmaster.pid"
    identity = postgres.place.account.identity()
    with subprocess.Popen(["/bin/sleep", "60"], user=identity.uid if identity else None) as stranger:
        pid_file.write_text(f"{stranger.pid}\n{pid_file.read_text().partition(chr(10))[2]}")
        postgres.start()
        assert stranger.poll() is None
        stranger.kill()
    assert ask(postgres, "SELECT 1") == "1"


def test_a_server_left_by_a_killed_supervisor_is_ended_first(postgres):
    postgres.start()
    left = postgres.process
    assert left is not None
    successor = Postgres(postgres.place, postgres.port, postgres.password)
    successor.prepare()
    assert left.wait(timeout=5) is not None
    assert not (postgres.folder / "postmaster.pid").exists()


def test_a_start_that_was_killed_while_making_the_cluster_is_made_again(postgres):
    draft = postgres.folder.with_suffix(".draft")
    draft.mkdir()
    (draft / "PG_VERSION").write_text("17\n")
    postgres.start()
    assert ask(postgres, "SELECT 1") == "1"


def test_a_cluster_of_another_major_version_is_refused_by_name(postgres):
    postgres.folder.mkdir()
    (postgres.folder / "PG_VERSION").write_text("16\n")
    with pytest.raises(RuntimeError, match="made by PostgreSQL 16, this is 17"):
        postgres.prepare()


def test_stopping_writes_everything_and_leaves_no_process(postgres):
    postgres.start()
    process = postgres.process
    assert process is not None
    postgres.stop()
    assert process.returncode == 0
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, signal.SIGCONT)
