"""Structured logs: one JSON line an event on stdout, colour in development, secrets masked by key."""

import logging
import sys
from typing import Any

import structlog
from flask import Flask

from app.core.context import request_id
from config import Settings

MASKED = {"password", "secret", "token", "cookie", "authorization", "session_id", "email", "api_key"}


def mask(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:  # Any: structlog's processor signature
    """Replace the values of secret keys; keys are cheap to check, text is never searched."""
    for key in event:
        if key in MASKED:
            event[key] = "•••"
    return event


def add_request_id(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:  # Any: as above
    """Join every line to its request."""
    event.setdefault("request_id", request_id())
    return event


def init_logging(app: Flask, settings: Settings) -> None:
    """Configure structlog and send the standard library's loggers through it."""
    colour = settings.environment == "development" and sys.stdout.isatty()
    renderer: Any = structlog.dev.ConsoleRenderer() if colour else structlog.processors.JSONRenderer()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_request_id,
        mask,
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[settings.log_level]),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared)
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
