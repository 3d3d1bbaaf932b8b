"""Starts the servers a person does not bring, and writes down how to reach everything."""

import signal
import subprocess
from pathlib import Path

from app.core.embedded import demo, orphans, roles
from app.core.embedded.child import Program
from app.core.embedded.envfile import write_env_file
from app.core.embedded.keys import FILE_NAME, Keys, load_keys, save_keys
from app.core.embedded.options import PROJECT, Options
from app.core.embedded.place import Place, find_place
from app.core.embedded.ports import keep_or_find
from app.core.embedded.postgres import READY_TIMEOUT_S, Postgres, server_environ
from app.core.embedded.supervisor import StartFailed, Supervisor
from app.core.embedded.valkey import Valkey

DATABASE = "quarterdeck"
SERVICES_FILE = Path("run/services.env")


def start_servers(options: Options, supervisor: Supervisor) -> dict[str, str]:
    """Start the servers the person does not bring, and return every setting the processes need beyond the environment."""
    home, keys = options.home, load_keys(options.home)
    settings = {
        "QUARTERDECK_HOME": str(home),
        "FLASK_APP": "app:create_app",
        "PORT": str(options.port),
        "WEB_HOST": options.host,
        "SESSION_SECRET": options.environ.get("SESSION_SECRET") or keys.session_secret,
        "UPLOAD_DIR": str(PROJECT / (options.environ.get("UPLOAD_DIR") or home / "uploads")),
        "DEMO_PASSWORD": demo.choose_password(home, keys, options.environ.get("DEMO_PASSWORD")),
        "GIT_SHA": options.environ.get("GIT_SHA") or _git_sha(),
    }
    if not (options.has_own_database and options.has_own_redis):
        place = find_place(home)
        if place.note:
            supervisor.output.say(place.note)
        if not options.has_own_database:
            settings |= _start_postgres(home, place, keys, supervisor)
        if not options.has_own_redis:
            settings |= _start_valkey(place, keys, supervisor)
    save_keys(home, keys)
    written = {name: value for name, value in options.environ.items() if name.startswith(("DATABASE_", "REDIS_"))}
    write_env_file(home / SERVICES_FILE, written | settings)
    return settings


def _start_postgres(home: Path, place: Place, keys: Keys, supervisor: Supervisor) -> dict[str, str]:
    if (place.data / "postgres").exists() and not (home / FILE_NAME).exists():
        raise StartFailed(
            f"{place.data / 'postgres'} holds a database, but its passwords ({home / FILE_NAME}) are gone. "
            "Put that file back, or start afresh with bin/up --reset, which deletes the data."
        )
    postgres = Postgres(place, 0, keys.postgres_password)
    orphans.end_servers(postgres.folder, "postgres")
    keys.postgres_port = postgres.port = keep_or_find(keys.postgres_port)
    save_keys(home, keys)  # before the cluster exists: its passwords must not be lost to a crash
    supervisor.add(
        Program(
            "postgres",
            postgres.command(),
            server_environ(),
            place.data,
            place.account,
            prepare=postgres.prepare,
            stop_signals=((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0)),
            death_signal=postgres.death_signal,
        )
    )
    supervisor.wait_for("postgres", postgres.is_ready, READY_TIMEOUT_S)
    return roles.bootstrap(postgres.url(), DATABASE, keys.role_passwords)


def _start_valkey(place: Place, keys: Keys, supervisor: Supervisor) -> dict[str, str]:
    valkey = Valkey(place, 0, keys.valkey_password)
    orphans.end_servers(valkey.folder, "valkey-server")
    keys.valkey_port = valkey.port = keep_or_find(keys.valkey_port)
    supervisor.add(
        Program("valkey", valkey.command(), server_environ(), place.data, place.account, prepare=valkey.prepare)
    )
    supervisor.wait_for("valkey", valkey.is_ready, READY_TIMEOUT_S)
    return {"REDIS_URL": valkey.url()}


def _git_sha() -> str:
    try:
        done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=False)
    except OSError:  # no git here
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
