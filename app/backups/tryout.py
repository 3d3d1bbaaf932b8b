"""The product started on a restored database, and somebody signing in there: what a restore is for.

Nothing of the installation in use is touched: no Valkey, no bucket, no mail server; files, logs and mails go to a folder
that is thrown away.
"""

import http.client
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from app.accounts.passwords import hash_password
from app.backups.programs import ProgramFailed, complaint
from app.core.embedded.account import Account
from app.core.embedded.leash import spawn
from app.core.embedded.ports import LOOPBACK, find_free_port
from config import Settings

ROOT = Path(__file__).parents[2]
START_S = 300
ASK_S = 30
STOP_S = 15
SOMEBODY = """SELECT u.id, u.email FROM users u JOIN companies c ON c.id = u.company_id
              WHERE u.is_active AND u.totp_secret IS NULL AND c.type <> 'platform'
              ORDER BY u.role = 'company_admin' DESC, u.id LIMIT 1"""


def environment_of(settings: Settings, urls: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return what the product is started with there: the copy's logins, our secret, and nothing else of ours."""
    secret = settings.session_secret.get_secret_value()
    return {
        **urls, "PATH": os.environ.get("PATH", os.defpath), "FLASK_APP": "app:create_app",
        "QUARTERDECK_ENV": "staging", "QUARTERDECK_HOME": str(folder), "UPLOAD_DIR": str(folder / "uploads"),
        "SESSION_SECRET": secret, "LOG_LEVEL": "WARNING", "WEB_WORKERS": "1", "WEB_HOST": LOOPBACK,
        "PORT": str(find_free_port()), "REDIS_URL": f"redis://{LOOPBACK}:{find_free_port()}/0", "LIMIT_AUTH": "off",
    }  # fmt: skip


def migrate(environment: Mapping[str, str]) -> None:
    """Bring the copy to the newest schema, as after a restore in earnest.

    Raises:
        ProgramFailed: A migration could not.
    """
    command = [sys.executable, "-m", "flask", "db", "upgrade"]
    done = subprocess.run(command, env=dict(environment), cwd=ROOT, capture_output=True, check=False)
    if done.returncode != 0:
        raise complaint("flask db upgrade", done, done.stdout + done.stderr)


def choose_somebody(connection: psycopg.Connection) -> tuple[str, str] | None:
    """Give somebody of the copy a password we know; return it with their address, None when there is nobody.

    Args:
        connection: To the copy; each statement is a transaction of its own.
    """
    row = connection.execute(SOMEBODY).fetchone()
    if row is None:
        return None
    password = secrets.token_urlsafe(18)
    connection.execute("UPDATE users SET password_hash = %s WHERE id = %s", (hash_password(password), row[0]))
    return row[1], password


@contextmanager
def running_app(environment: Mapping[str, str], folder: Path) -> Iterator[int]:
    """Run the product until the block ends; give its port.

    Raises:
        ProgramFailed: It did not get ready.
    """
    port, log = int(environment["PORT"]), folder / "web.log"
    with log.open("ab") as output:
        command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"]
        process = spawn(command, env=environment, cwd=ROOT, account=Account(), output=output)
    try:
        until = time.monotonic() + START_S
        while ask(port, "GET", "/health/ready")[0] != http.client.OK:
            if process.poll() is not None or time.monotonic() > until:
                raise ProgramFailed(f"the product did not start on it: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def try_login(port: int, email: str, password: str) -> list[str]:
    """Sign in and read; return what does not work, a sentence each."""
    status, headers, _ = ask(port, "POST", "/api/login", {"email": email, "password": password})
    if status != http.client.OK:
        return [f"Nobody can sign in: the answer is {status}."]
    cookie = headers.get("Set-Cookie", "").partition(";")[0]
    found = []
    status, _, user = ask(port, "GET", "/api/user", cookie=cookie)
    if (status, user.get("email")) != (http.client.OK, email):
        found.append(f"Who signed in is not known in the next request: the answer is {status}.")
    for path in ("/api/orders?limit=1", "/api/inventory?limit=1"):
        status, _, _ = ask(port, "GET", path, cookie=cookie)
        if status != http.client.OK:
            found.append(f"{path} cannot be read: the answer is {status}.")
    if ask(port, "GET", "/api/user")[0] != http.client.UNAUTHORIZED:
        found.append("Somebody who is not signed in is let in.")
    return found


def ask(
    port: int, method: str, path: str, body: object = None, cookie: str = ""
) -> tuple[int, Mapping[str, str], dict[str, Any]]:  # Any: JSON
    """Send a request; the status is 0 when nobody answers."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=ASK_S)
    headers = {"Sec-Fetch-Site": "same-origin", "Accept": "application/json", "Content-Type": "application/json"}
    try:
        connection.request(
            method, path, json.dumps(body) if body else None, headers | ({"Cookie": cookie} if cookie else {})
        )
        answer = connection.getresponse()
        text = answer.read()
        is_json = "json" in answer.headers.get("Content-Type", "")
        return answer.status, dict(answer.headers), json.loads(text) if is_json and text[:1] == b"{" else {}
    except (OSError, http.client.HTTPException):
        return 0, {}, {}
    finally:
        connection.close()
