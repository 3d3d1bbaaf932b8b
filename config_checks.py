"""Settings that cannot be meant: each rule names the mistake and what to set. Their order is the order they are told in."""

import os
import re
from collections.abc import Iterator, Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import psycopg
from psycopg.conninfo import make_conninfo
from redis.connection import parse_url
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from werkzeug.sansio.utils import host_is_trusted

if TYPE_CHECKING:
    from config import Settings

DEV_SECRET = "development-only-secret-do-not-use-in-production"  # noqa: S105 (refused in production below)
MIN_SECRET_BYTES = 32
LARGEST_PORT = 65_535
MIN_SECRET_LETTERS = 8  # of a secret that was drawn and not typed
BROKERS = ("amqp://", "amqps://", "redis://", "rediss://", "unix://")
ADDRESSES = ("s3_endpoint", "s3_public_endpoint", "cloudflare_r2_endpoint", "cdn_base_url", "ai_base_url", "public_url")
POSTGRES = ("postgres://", "postgresql://", "postgresql+psycopg://")
# What libpq only looks at when it connects. It reads `options` and files by itself, and says what is wrong with them.
CHOICES = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "target_session_attrs": ("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
    "channel_binding": ("disable", "prefer", "require"),
    "gssencmode": ("disable", "prefer", "require"),
    "load_balance_hosts": ("disable", "random"),
}
MAIL_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
# scheme, login, servers (two at least), and the rest; no login holds a bare @ or /.
SEVERAL = re.compile(r"^([a-z+]+://)([^@/?]*@)?([^@/?]*,[^@/?]*)(/[^?]*)?(?:\?(.*))?$")


def spread_servers(address: str) -> str:
    """Return an address that names several servers as libpq has it (`host1:5432,host2:5433`) as SQLAlchemy reads it."""
    found = SEVERAL.match(address)
    if found is None:
        return address
    scheme, login, servers, database, query = (part or "" for part in found.groups())
    told = "&".join([*(f"host={server.strip()}" for server in servers.split(",")), *([query] if query else [])])
    return f"{scheme}{login or '@'}{database or '/'}?{told}"


def database_address(address: str) -> str:
    """Return the address of a database as SQLAlchemy reads it, with the driver it needs.

    Raises:
        ValueError: It is none; the message says how one is written, and holds nothing of it.
    """
    scheme = next((one for one in POSTGRES if address.startswith(one)), None)
    if scheme is None:
        raise ValueError("must be a PostgreSQL address: postgresql://user:password@host:5432/database")
    found = spread_servers("postgresql+psycopg://" + address.removeprefix(scheme))
    try:
        url = make_url(found)
        _, named = url.get_dialect()().create_connect_args(url)
        ports = [int(port) for port in str(named.get("port", "")).split(",") if port]
        is_readable = "[" not in str(named.get("host", "")) and all(0 < port <= LARGEST_PORT for port in ports)
    except (ArgumentError, ValueError):
        is_readable = False
    if not is_readable:
        raise ValueError(
            "names a server in a way that cannot be read: write host:5432, [::1]:5432 or, of several, by their names, "
            "host1:5432,host2:5432"
        )
    check_options(named)
    return found


def check_options(named: Mapping[str, Any]) -> None:
    """Refuse what stands behind the question mark of a database's address and would fail at the first connection.

    Args:
        named: What libpq is given, by name.

    Raises:
        ValueError: An option nobody knows, or a value it cannot have; the message holds no password.
    """
    try:
        make_conninfo(**named)
    except psycopg.ProgrammingError as error:
        raise ValueError(
            f"names a {str(error).strip().removeprefix('invalid ')} that PostgreSQL does not know"
        ) from None
    for name, allowed in CHOICES.items():
        if named.get(name, allowed[0]) not in allowed:
            raise ValueError(f"has {name}={named[name]}; it can be {', '.join(allowed)}")
    if not str(named.get("connect_timeout", "0")).isdecimal():
        raise ValueError("has a connect_timeout that is no whole number of seconds")


def redis_address(address: str) -> str:
    """Return the address of Valkey or Redis unchanged.

    Raises:
        ValueError: redis-py could not use it, or would use another database than is meant.
    """
    try:
        parse_url(address)  # type: ignore[no-untyped-call]  # it has no annotations
    except ValueError as error:
        reason = "its port is no number" if "ort" in str(error) else "what stands behind its ? cannot be read"
        raise ValueError(f"cannot be read: {reason}; write redis://:password@host:6379/0") from None
    number = urlsplit(address).path.strip("/")
    if number and not number.isdecimal() and not address.startswith("unix:"):
        raise ValueError("names its database by something else than a number; write redis://:password@host:6379/0")
    return address


def has_port(address: str) -> bool:
    """Whether an address names no port, or one that exists."""
    try:
        return urlsplit(address).port != 0
    except ValueError:
        return False


def has_host(address: str) -> bool:
    """Whether an address can be read and names a host."""
    try:
        return bool(urlsplit(address).hostname)
    except ValueError:
        return False


def find_mistakes(found: "Settings") -> Iterator[str]:
    """Give every mistake, a sentence each."""
    yield from find_unreadable(found)
    yield from find_unusable(found)
    yield from find_contradictions(found)
    yield from find_weak_secrets(found)
    if found.environment == "production":
        yield from find_development_values(found)


def find_unreadable(found: "Settings") -> Iterator[str]:
    """Give values that mean nothing where they are used."""
    try:
        ZoneInfo(found.default_timezone)
    except (KeyError, ValueError):
        yield f"DEFAULT_TIMEZONE {found.default_timezone!r} is not a zone name like Europe/London"
    for name in ADDRESSES:
        value = str(getattr(found, name))
        if value and (not value.startswith(("https://", "http://")) or not has_host(value)):
            yield f"{name.upper()} must be an address with its scheme, like https://host.example.com"
        elif value and not has_port(value):
            yield f"{name.upper()} has a port that is none; write it like https://host.example.com:8443"
    yield from find_unreadable_broker(found.broker_url.get_secret_value() if found.broker_url else "")
    smtp = found.smtp_url.get_secret_value() if found.smtp_url else ""
    if smtp and not smtp.startswith(("smtp://", "smtps://")):
        yield "SMTP_URL must begin with smtp:// or smtps://; leave it empty to write mails to files"
    elif smtp and not (has_host(smtp) and has_port(smtp)):
        yield "SMTP_URL names no server, or a port that is none; write it like smtp://user:password@host:587"


def find_unreadable_broker(address: str) -> Iterator[str]:
    """Give what is wrong with the broker's address.

    Args:
        address: As it is set; empty when Redis is the broker.
    """
    if address and not address.startswith(BROKERS):
        yield "BROKER_URL must begin with amqp:// or amqps://; leave it empty to use REDIS_URL"
    elif address.startswith("amqp") and not has_port(address):
        yield "BROKER_URL has a port that is none; write it like amqp://user:password@host:5672/vhost"
    elif address and not address.startswith("amqp"):
        try:
            redis_address(address)
        except ValueError as error:
            yield f"BROKER_URL {error}"


def find_unusable(found: "Settings") -> Iterator[str]:
    """Give names, places and lists that are none."""
    if not found.mail_from.isprintable():
        yield "MAIL_FROM goes over several lines; write it as Quarterdeck <quarterdeck@example.com>"
    elif not MAIL_ADDRESS.fullmatch(parseaddr(found.mail_from)[1]):
        yield "MAIL_FROM holds no address; write it as Quarterdeck <quarterdeck@example.com>"
    if found.clamd_address and not found.clamd_address.startswith(("tcp://", "unix://")):
        yield "CLAMD_ADDRESS must begin with tcp:// or unix://"
    if found.storage_accel and not (found.storage_accel.startswith("/") and found.storage_accel.endswith("/")):
        yield "STORAGE_ACCEL must be nginx's internal location with a slash at both ends, like /accel/"
    if found.pg_dump and not Path(found.pg_dump).is_file():
        yield f"PG_DUMP: there is no {found.pg_dump}; name pg_dump itself, or leave it empty"
    yield from find_unusable_hosts(found)
    yield from find_unusable_folders(found)


def find_unusable_hosts(found: "Settings") -> Iterator[str]:
    """Give what stands in a list of hosts or origins, and is none."""
    for site in found.ofrep_sites:
        if not site.startswith(("https://", "http://")) or urlsplit(site).path:
            yield f"OFREP_ORIGINS: {site!r} is no origin; write it like https://shop.example.com, without a path"
    for name, hosts in (("TRUSTED_HOSTS", found.hosts), ("FEED_HOSTS", found.private_feeds)):
        for host in (one for one in hosts if "/" in one or one == "*"):
            yield f"{name}: {host!r} is no host name; write it without scheme and path, like console.example.com"
        for host in (one for one in hosts if "/" not in one and not (has_host(f"//{one}") and has_port(f"//{one}"))):
            yield f"{name}: {host!r} cannot be read; write a host name, or one with its port: console.example.com:8443"


def find_unusable_folders(found: "Settings") -> Iterator[str]:
    """Give folders that cannot be one. What does not exist yet is made when it is needed, the logs' at once."""
    for name in ("quarterdeck_home", "upload_dir"):
        path = Path(getattr(found, name)).absolute()
        if not next(one for one in (path, *path.parents) if one.exists()).is_dir():
            yield f"{name.upper()}: {path} is no folder, and none can be made there; name a folder"
    if found.log_dir is None:
        return
    try:
        found.log_dir.mkdir(parents=True, exist_ok=True)
        can_write = os.access(found.log_dir, os.W_OK | os.X_OK)
    except OSError:
        can_write = False
    if not can_write:
        yield f"LOG_DIR: nothing can be written to {found.log_dir}; name a folder of ours, or leave it empty"


def find_contradictions(found: "Settings") -> Iterator[str]:
    """Give settings that fit alone and not together."""
    if found.db_min_connections > found.db_max_connections:
        yield "DB_MIN_CONNECTIONS is larger than DB_MAX_CONNECTIONS; set it to that or less"
    if missing := found.missing_of(found.storage_provider):
        yield f"STORAGE_PROVIDER={found.storage_provider} needs {missing}"
    if bool(found.aws_access_key_id) != bool(found.aws_secret_access_key):
        yield "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong together; set both, or neither for the machine's own role"
    if found.flags_environment not in found.environments_of_flags:
        yield f"FLAGS_ENVIRONMENT {found.flags_environment!r} is not among FLAG_ENVIRONMENTS; add it there"
    if found.socket_limit >= found.worker_connections:
        yield "SOCKET_LIMIT must be below WORKER_CONNECTIONS, or sockets starve the pages"
    if found.session_idle_days > found.session_days:
        yield "SESSION_IDLE_DAYS is larger than SESSION_DAYS, so it would never end a session; set it to that or less"
    if found.query_watch_ms > found.query_slow_ms:
        yield "QUERY_WATCH_MS is larger than QUERY_SLOW_MS; a slow statement would not be worth a look"
    yield from find_lost_browsers(found)
    if found.ai_base_url and not found.ai_model:
        yield "AI_BASE_URL is set and AI_MODEL is not; name the model, or empty both"


def find_lost_browsers(found: "Settings") -> Iterator[str]:
    """Give addresses of ours with which no browser would get to us, or stay signed in."""
    if found.secure_cookies and found.public_url.startswith("http://"):
        yield "SECURE_COOKIES=true with a PUBLIC_URL of http://: no browser would send the cookie back; use https://"
    is_readable = has_host(found.public_url) and has_port(found.public_url)
    if is_readable and not host_is_trusted(urlsplit(found.public_url).netloc, found.hosts):
        yield "PUBLIC_URL names a host that is not among TRUSTED_HOSTS, so our own links would be refused; add it there"


def find_weak_secrets(found: "Settings") -> Iterator[str]:
    """Give secrets somebody could guess."""
    for name, secret in (
        ("SESSION_SECRET", found.session_secret),
        ("SESSION_SECRET_PREVIOUS", found.session_secret_previous),
    ):
        text = secret.get_secret_value() if secret else None
        if text is not None and len(text) < MIN_SECRET_BYTES:
            yield f"{name} is shorter than 32 characters; make one: openssl rand -base64 48"
        elif text is not None and len(set(text)) < MIN_SECRET_LETTERS:
            yield f"{name} repeats a few characters; make one: openssl rand -base64 48"


def find_development_values(found: "Settings") -> Iterator[str]:
    """Give what only development may have."""
    if found.session_secret.get_secret_value() == DEV_SECRET:
        yield "SESSION_SECRET is the development one; set your own: openssl rand -base64 48"
    if not found.secure_cookies:
        yield "SECURE_COOKIES must be true in production; put TLS in front (deploy/nginx.conf)"
    if not found.trusted_hosts:
        yield "TRUSTED_HOSTS is empty; name the hosts you answer to: console.example.com"
    if not found.public_url.startswith("https://"):
        yield "PUBLIC_URL must begin with https://, it is put into mails"
    if found.database_platform_url is None or found.database_system_url is None:
        yield "DATABASE_PLATFORM_URL and DATABASE_SYSTEM_URL are needed: flask db bootstrap prints them"
    if login_of(found.database_url) in {login_of(found.database_owner_url), login_of(found.database_backup_url)}:
        yield "DATABASE_URL logs in as the owner or the backup; it must be the app's own login, which policies bind"


def login_of(url: Any) -> str | None:  # Any: a secret or None
    """Return the login name of an address."""
    return make_url(url.get_secret_value()).username if url is not None else None
