"""Structured logs: one JSON line an event, colour in development, nobody's data in any (decisions/logging.md).

Lines go to stdout (a command's to stderr, so that what it prints stays clean) and, with LOG_DIR, into one file
per process and day (log_files.py). Keys are masked (log_masks.py), exceptions told without data (log_errors.py).
"""

import logging
import sys
import threading
from types import TracebackType
from typing import Any

import click
import structlog
from flask import Flask

from app.core import request_log
from app.core.context import request_id
from app.core.log_errors import ORDINARY, add_error, without_unknown
from app.core.log_files import DatedFile, Writer
from app.core.log_masks import Event, mask, without_data
from config import Settings

# They bring handlers of their own, which would write lines past the masks.
PROUD = ("gunicorn.error", "celery", "celery.task", "celery.redirected")
log = structlog.get_logger("process")


def add_request_id(logger: object, method: str, event: Event) -> Event:
    """Join every line to its request."""
    event.setdefault("request_id", request_id())
    return event


class Bridge(logging.Handler):
    """Sends the standard library's records through the same processors."""

    def __init__(self, processors: list[Any]) -> None:  # Any: structlog's processors
        super().__init__()
        self.processors = processors

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        try:
            event: Event = {"event": message_of(record), "logger": record.name, "level": record.levelname.lower()}
            if record.exc_info:
                event["exc_info"] = record.exc_info
            for processor in self.processors:
                event = processor(None, record.levelname.lower(), event)
        except structlog.DropEvent:
            pass
        except Exception:  # noqa: BLE001 (a log line must never break what it tells about)
            self.handleError(record)


def message_of(record: logging.LogRecord) -> str:
    """Return what a library says. With an exception its words are those of its code: the rest is somebody's data."""
    text = record.getMessage()
    if record.exc_info:
        return without_unknown(text, {*ORDINARY, *str(record.msg).replace("%", " ").split()})
    return without_data(text)


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
        add_error,
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
    for proud in PROUD:
        logger = logging.getLogger(proud)
        logger.handlers[:] = [one for one in logger.handlers if not isinstance(one, logging.StreamHandler)]
        logger.propagate = True
    for noisy in ("werkzeug", "urllib3", "botocore", "boto3", "app.core.pool"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
    request_log.init_request_log(app)
    catch_the_rest()


def catch_the_rest() -> None:
    """Tell of what nobody caught in the same way: Python and gevent would print it with all its data."""
    threading.excepthook = lambda hook: log.error(
        "thread ended", thread=hook.thread.name if hook.thread else None, exc_info=hook.exc_value
    )
    hub = sys.modules.get("gevent.hub")
    if hub is not None:
        hub.Hub.print_exception = tell_greenlet


def tell_greenlet(
    hub: object, context: object, kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Tell of a greenlet that ended by an error. Signature of gevent's `Hub.print_exception`."""
    log.error("greenlet ended", exc_info=error)
