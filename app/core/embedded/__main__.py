"""`python -m app.core.embedded up|down|flask`: what bin/up, bin/down and bin/flask run."""

import argparse
import os
import signal
import sys
from pathlib import Path

from app.core.embedded import orphans, reset, servers
from app.core.embedded.bootstrap import bootstrap_command
from app.core.embedded.envfile import read_env_file
from app.core.embedded.home import bring_up as start_home
from app.core.embedded.lock import AlreadyRunning, find_holder, take_lock, wait_until_free
from app.core.embedded.options import Options, read_options
from app.core.embedded.output import Output
from app.core.embedded.place import make_home
from app.core.embedded.supervisor import StartFailed, Stopped, Supervisor

DOWN_TIMEOUT_S = 120


def main(arguments: list[str]) -> int:
    """Run one command and return its exit status."""
    try:
        options = read_options()
        if arguments[:1] == ["flask"]:
            return run_flask(options, arguments[1:])
        parser = argparse.ArgumentParser(prog="bin/up", description="Run Quarterdeck until Ctrl-C.")
        parser.add_argument("command", choices=["up", "down"], help=argparse.SUPPRESS)
        parser.add_argument("--reset", action="store_true", help="delete the embedded databases and uploads first")
        parser.add_argument("--yes", action="store_true", help="do not ask before --reset")
        chosen = parser.parse_args(arguments)
        if chosen.command == "down":
            return bring_down(options)
        return bring_up(options, is_reset=chosen.reset, is_sure=chosen.yes)
    except (StartFailed, AlreadyRunning, RuntimeError) as problem:
        print(f"bin/up: {problem}" if arguments[:1] == ["up"] else str(problem), file=sys.stderr)
        return 1


def bring_up(options: Options, *, is_reset: bool, is_sure: bool) -> int:
    """Hold the home's lock, start everything, keep it running, stop it."""
    make_home(options.home)
    lock = take_lock(options.home, options.url)
    if is_reset and not _reset(options.home, is_sure=is_sure):
        return 1
    supervisor = Supervisor(Output(options.home / "logs"))
    supervisor.listen_for_stop()
    try:
        start_home(options, supervisor)
        supervisor.run()
    except Stopped:
        return 130
    finally:
        supervisor.output.say("Stopping.")
        supervisor.stop()
        lock.close()
    return 0


def bring_down(options: Options) -> int:
    """Ask whoever runs the home to stop, and wait until it has."""
    holder = find_holder(options.home)
    if holder is None:
        print(f"Quarterdeck does not run in {options.home}.")
        return 0
    os.kill(holder.pid, signal.SIGTERM)
    if not wait_until_free(options.home, DOWN_TIMEOUT_S):
        print(f"Process {holder.pid} has not stopped after {DOWN_TIMEOUT_S} s.", file=sys.stderr)
        return 1
    orphans.wait_for_end(holder.pid)  # it gives up the lock a moment before it is gone
    print("Stopped.")
    return 0


def run_flask(options: Options, words: list[str]) -> int:
    """Become the flask command, with the settings of the running services."""
    environ = dict(options.environ)
    if words == ["db", "bootstrap"]:  # before there is a database, the app cannot be made
        print(bootstrap_command(environ))
        return 0
    if not (environ.get("DATABASE_URL") or environ.get("DATABASE_OWNER_URL")):
        services = options.home / servers.SERVICES_FILE
        if find_holder(options.home) is None or not services.exists():
            raise RuntimeError(f"The services of {options.home} do not run: start them with bin/up, then repeat this.")
        environ |= read_env_file(services)
    environ |= {"FLASK_APP": "app:create_app", "QUARTERDECK_HOME": str(options.home)}
    return os.execve(sys.executable, [sys.executable, "-m", "flask", *words], environ)  # noqa: S606 (our own words)


def _reset(home: Path, *, is_sure: bool) -> bool:
    doomed = reset.list_data(home)
    if not doomed:
        return True
    print("This deletes every order, user and file of this home:")
    print("\n".join(f"  {path}" for path in doomed))
    if not is_sure and (not sys.stdin.isatty() or input("Type reset to go on: ").strip() != "reset"):
        print("Nothing was deleted.")
        return False
    reset.delete_data(home)
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
