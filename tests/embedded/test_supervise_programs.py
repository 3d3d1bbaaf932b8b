"""The supervisor: whatever ends is started again, whatever it started ends with it."""

import os
import signal
import sys
from pathlib import Path

import pytest

from app.core.embedded import orphans
from app.core.embedded.child import Program
from app.core.embedded.output import Output
from app.core.embedded.supervisor import StartFailed, Supervisor

FOREVER = "import signal; signal.pause()"
WITH_CHILD = "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()']).pid, flush=True)"
STUBBORN = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); "
    "\nwhile True: signal.pause()"
)


@pytest.fixture
def supervisor(tmp_path):
    made = Supervisor(Output(tmp_path / "logs"))
    yield made
    made.stop()


def python(name: str, code: str, **changes: object) -> Program:
    return Program(name, [sys.executable, "-c", code], os.environ, Path("/"), **changes)  # type: ignore[arg-type]


def log_of(supervisor: Supervisor, name: str) -> str:
    path = supervisor.output.path(name)
    return path.read_text() if path.exists() else ""


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_killed_program_is_started_again_and_the_person_is_told(supervisor, capfd):
    supervisor.add(python("relay", FOREVER))
    child = supervisor.children[0]
    first = child.process.pid
    os.kill(first, signal.SIGKILL)
    supervisor.wait_for("relay", lambda: child.process is not None and child.process.pid != first, 10)
    assert "relay was ended by SIGKILL; starting it again in 0.5 s." in capfd.readouterr().out


def test_pauses_grow_while_a_program_keeps_ending(supervisor):
    supervisor.is_ready = True
    supervisor.add(python("relay", "raise SystemExit(3)"))
    supervisor.wait_for("three ends", lambda: log_of(supervisor, "supervisor").count("\n") >= 3, 20)
    said = log_of(supervisor, "supervisor")
    assert [f"again in {pause} s" in said for pause in ("0.5", "1", "2")] == [True, True, True]


def test_before_it_was_ready_once_it_gives_up_and_names_the_log(supervisor, monkeypatch):
    monkeypatch.setattr("app.core.embedded.child.FIRST_PAUSE_S", 0.01)
    supervisor.add(python("worker", "raise SystemExit(3)"))
    with pytest.raises(StartFailed, match=r"worker ended with status 3 5 times; see .*worker-"):
        supervisor.wait_for("never", lambda: False, 20)


def test_what_does_not_answer_in_time_is_named(supervisor):
    supervisor.add(python("web", FOREVER))
    with pytest.raises(StartFailed, match="web did not answer within 0 s"):
        supervisor.wait_for("web", lambda: False, 0.2)


def test_a_step_that_fails_stops_the_start(supervisor):
    with pytest.raises(StartFailed, match="migrate ended with status 4"):
        supervisor.run_once(python("migrate", "raise SystemExit(4)"))


def test_lines_carry_the_name_of_their_program_and_are_kept(supervisor, capfd):
    supervisor.run_once(python("web", "print('one'); print('two', end='')"))
    said = [line for line in capfd.readouterr().out.splitlines() if line.startswith("web")]  # threads may log beside it
    assert said == ["web      | one", "web      | two"]
    assert log_of(supervisor, "web") == "one\ntwo\n"
    assert supervisor.output.path("web").stat().st_mode & 0o077 == 0


def test_a_line_without_end_does_not_fill_the_memory(supervisor):
    supervisor.run_once(python("web", "print('x' * 1_000_000)"))
    assert sum(len(line) for line in log_of(supervisor, "web").splitlines()) == 1_000_000


def test_programs_are_stopped_last_started_first(supervisor, capfd):
    code = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('bye'))); print('up', flush=True); signal.pause()"
    for name in ("valkey", "relay", "web"):
        supervisor.add(python(name, code))
        supervisor.wait_for(name, lambda name=name: "up" in log_of(supervisor, name), 10)
    supervisor.stop()
    said = [line.split()[0] for line in capfd.readouterr().out.splitlines() if line.endswith("bye")]
    assert said == ["web", "relay", "valkey"]


def test_what_does_not_listen_is_killed_and_its_children_with_it(supervisor):
    supervisor.add(python("web", f"{WITH_CHILD}\n{STUBBORN}", stop_signals=((signal.SIGTERM, 0.3),)))
    supervisor.wait_for("web", lambda: "deaf" in log_of(supervisor, "web"), 10)
    grandchild = int(log_of(supervisor, "web").splitlines()[0])
    supervisor.stop()
    supervisor.wait_for("the end", lambda: not runs(grandchild), 5)


def test_when_the_main_process_is_killed_nothing_of_its_group_stays(supervisor):
    supervisor.add(python("web", f"{WITH_CHILD}\n{FOREVER}"))
    supervisor.wait_for("web", lambda: log_of(supervisor, "web").endswith("\n"), 10)
    grandchild = int(log_of(supervisor, "web"))
    supervisor.children[0].process.kill()
    supervisor.wait_for("the end", lambda: not runs(grandchild), 5)


def test_what_another_supervisor_of_this_home_left_is_ended(supervisor, tmp_path):
    marked = python("left", FOREVER)
    supervisor.is_ready = True
    supervisor.add(Program(marked.name, marked.argv, {**os.environ, orphans.MARK: str(tmp_path)}, marked.cwd))
    supervisor.add(python("other", FOREVER))
    left, other = (child.process for child in supervisor.children)
    orphans.end_supervised(tmp_path)
    assert left.wait(5) == -signal.SIGKILL
    assert other.poll() is None
