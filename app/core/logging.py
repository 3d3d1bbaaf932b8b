"""Structured logs: one JSON line an event, colour in development, secrets masked by key.

Lines go to stdout (a command's to stderr, so that what it prints stays clean) and, with LOG_DIR, into one file
per process and day. Each line is one write() to a file opened O_APPEND, so nothing tears and no process ever
renames what another one writes: a rotating handler shared by four processes lost 78 % of the lines.
"""

import logging
import os
import re
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click
import orjson
import structlog
from flask import Flask

from app.core import clock, metrics, request_log
from app.core.context import request_id
from config import Settings

MASK = "•••"
# One list of what is a secret, for logs and for the stored arguments of jobs (app/core/jobs/masks.py).
SECRETS = {
    "password", "passwd", "passphrase", "secret", "token", "cookie", "authorization", "session_id", "api_key", "apikey",
    "access_key", "private_key", "credential", "credentials", "ticket",
}  # fmt: skip
SECRET_ENDS = ("_password", "_secret", "_token", "_cookie", "_api_key", "_access_key", "_private_key", "_credentials")
MASKED = SECRETS | {"email", "code"}
MASKED_ENDS = (*SECRET_ENDS, "_email")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[-\s]+")
# Only in the text of errors: searching every line would cost ten times what masking keys does.
SECRET_TEXT = re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)|(?<=Bearer )\S+|\bqd_\w{8,}")
Event = dict[str, Any]  # Any: an event holds whatever its writer gives it


def is_masked(key: str) -> bool:
    """Say whether a key names something that must not be read in a log."""
    return key in MASKED or key.endswith(MASKED_ENDS)


def is_secret(key: str) -> bool:
    """Say whether a key names a secret, however it is spelled: `apiKey`, `X-Api-Key`, `api_key`."""
    spelled = _HUMP.sub("_", key).lower()
    return spelled in SECRETS or spelled.endswith(SECRET_ENDS)


def mask(logger: object, method: str, event: Event) -> Event:
    """Replace the values of secret keys, also one level down, and secrets inside the text of errors."""
    for key, value in event.items():
        if is_masked(key):
            event[key] = MASK
        elif isinstance(value, dict):
            event[key] = {inner: MASK if is_masked(str(inner)) else kept for inner, kept in value.items()}
    if event.get("level") in {"error", "critical"}:
        for key in ("event", "exception", "error"):
            if isinstance(event.get(key), str):
                event[key] = SECRET_TEXT.sub(MASK, event[key])
    return event


def add_request_id(logger: object, method: str, event: Event) -> Event:
    """Join every line to its request."""
    event.setdefault("request_id", request_id())
    return event


class DatedFile:
    """`<LOG_DIR>/quarterdeck-2026-11-22-<pid>.jsonl`: opened per process and day, removed when too old."""

    def __init__(self, folder: Path, keep_days: int) -> None:
        self.folder, self.keep_days = folder, keep_days
        self._opened: tuple[int, date] | None = None
        self._file = -1

    def write(self, line: bytes) -> None:
        """Append one line; a full disk or a folder that went away is counted, never raised."""
        try:
            today = clock.now().date()
            if self._opened != (os.getpid(), today):
                self._open(today)
            os.write(self._file, line)
        except OSError:
            self._opened = None
            metrics.count("log_lines_lost_total")

    def _open(self, today: date) -> None:
        if self._opened is not None and self._opened[0] == os.getpid():
            os.close(self._file)
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"quarterdeck-{today}-{os.getpid()}.jsonl"
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        self._opened = (os.getpid(), today)
        oldest = f"quarterdeck-{today - timedelta(days=self.keep_days)}"
        for old in self.folder.glob("quarterdeck-????-??-??-*.jsonl"):
            if old.name < oldest:
                old.unlink(missing_ok=True)


class Writer:
    """The last processor: writes the line where it belongs."""

    def __init__(self, stream: int, file: DatedFile | None, *, colour: bool) -> None:
        self.stream, self.file = stream, file
        self.console = structlog.dev.ConsoleRenderer() if colour else None

    def __call__(self, logger: object, method: str, event: Event) -> str:
        """Write the event; structlog's own writing is skipped."""
        line = orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS) + b"\n"
        if self.file is not None:
            self.file.write(line)
        shown = str(self.console(logger, method, dict(event))).encode() + b"\n" if self.console else line
        try:
            os.write(self.stream, shown)
        except OSError:
            metrics.count("log_lines_lost_total")
        raise structlog.DropEvent


class Bridge(logging.Handler):
    """Sends the standard library's records through the same processors."""

    def __init__(self, processors: list[Any]) -> None:  # Any: structlog's processors
        super().__init__()
        self.processors = processors

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        event: Event = {"event": record.getMessage(), "logger": record.name, "level": record.levelname.lower()}
        if record.exc_info:
            event["exc_info"] = record.exc_info
        try:
            for processor in self.processors:
                event = processor(None, record.levelname.lower(), event)
        except structlog.DropEvent:
            pass
        except Exception:  # noqa: BLE001 (a log line must never break what it tells about)
            self.handleError(record)


def init_logging(app: Flask, settings: Settings) -> None:
    """Configure structlog, send the standard library's loggers through it, and log each request."""
    in_command = click.get_current_context(silent=True) is not None
    stream = sys.__stderr__ if in_command else sys.__stdout__
    colour = settings.environment == "development" and stream is not None and stream.isatty()
    file = DatedFile(settings.log_dir, settings.log_keep_days) if settings.log_dir else None
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_request_id,
        structlog.processors.format_exc_info,
        mask,
        Writer(2 if in_command else 1, file, colour=colour),
    ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[settings.log_level]),
        logger_factory=structlog.ReturnLoggerFactory(),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [one for one in root.handlers if not isinstance(one, Bridge | logging.StreamHandler)]
    root.addHandler(Bridge([one for one in processors if one is not structlog.processors.add_log_level]))
    root.setLevel(settings.log_level)
    for noisy in ("werkzeug", "urllib3", "botocore", "boto3", "app.core.pool"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
    request_log.init_request_log(app)
