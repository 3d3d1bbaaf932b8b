"""The ready-made breakers: what they guard, with settings that fit it. The console may change each number.

Waits are short where the product cannot do without (the database) and where asking costs little (Redis), long
where the other side wants to be left alone (mail, webhooks).
"""

import smtplib
from dataclasses import dataclass

import psycopg
from flask import Flask, request
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from sqlalchemy import exc

from app.breakers.config import BreakerConfig, WindowType
from app.breakers.registry import breaker
from app.breakers.states import State
from app.core import guards
from app.core.errors import Problem

S, MINUTE = 1000, 60_000
WAY_IN = ("/login", "/api/login", "/breakers", "/api/degradation")


@dataclass(frozen=True)
class Ready:
    """A breaker every installation has."""

    name: str
    description: str
    config: BreakerConfig


def never(outcome: object) -> None:
    """Read no Retry-After: our own Problems carry one for people, and it says nothing about a service."""


DATABASE_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, exc.OperationalError, exc.InterfaceError)

READY = (
    Ready(
        "database",
        "Connections to PostgreSQL. Only connections that cannot be had or are lost count, never a refused statement.",
        BreakerConfig(
            sliding_window_size=20, minimum_number_of_calls=5, wait_duration_in_open_state_ms=1 * S,
            permitted_number_of_calls_in_half_open_state=3, max_wait_duration_in_half_open_state_ms=5 * S,
            slow_call_duration_threshold_ms=2 * S, record_exceptions=(*DATABASE_AWAY, exc.TimeoutError, OSError),
        ),
    ),
    Ready(
        "redis",
        "Redis or Valkey inside requests: limits and copies of sessions. Pages go on without it. "
        "Each process decides alone.",
        BreakerConfig(
            sliding_window_size=5, minimum_number_of_calls=3, failure_rate_threshold=60,
            wait_duration_in_open_state_ms=1 * S, exponential_multiplier=1.5, max_wait_duration_in_open_state_ms=3 * S,
            permitted_number_of_calls_in_half_open_state=1, max_wait_duration_in_half_open_state_ms=5 * S,
            slow_call_duration_threshold_ms=5 * S, is_fleet_wide=False,
            record_exceptions=(RedisConnectionError, RedisTimeoutError, OSError),
        ),
    ),
    Ready(
        "search",
        "The search page. While it rests the page says so; lists and filters go on.",
        BreakerConfig(
            sliding_window_size=20, minimum_number_of_calls=5, wait_duration_in_open_state_ms=5 * S,
            permitted_number_of_calls_in_half_open_state=2, max_wait_duration_in_half_open_state_ms=20 * S,
            slow_call_duration_threshold_ms=3 * S, slow_call_rate_threshold=80, retry_after=never,
            ignore_exceptions=(*DATABASE_AWAY, exc.TimeoutError),
        ),
    ),
    Ready(
        "storage",
        "Files of imports and exports in UPLOAD_DIR. A file that is not there is no failure.",
        BreakerConfig(
            sliding_window_size=20, minimum_number_of_calls=5, wait_duration_in_open_state_ms=5 * S,
            permitted_number_of_calls_in_half_open_state=2, max_wait_duration_in_half_open_state_ms=20 * S,
            slow_call_duration_threshold_ms=5 * S, slow_call_rate_threshold=80,
            ignore_exceptions=(FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError),
        ),
    ),
    Ready(
        "email",
        "The mail server. A refused recipient is no failure; mails wait as jobs while it rests.",
        BreakerConfig(
            sliding_window_size=10, minimum_number_of_calls=3, wait_duration_in_open_state_ms=30 * S,
            exponential_multiplier=2, randomized_wait_factor=0.1, max_wait_duration_in_open_state_ms=10 * MINUTE,
            permitted_number_of_calls_in_half_open_state=2, max_wait_duration_in_half_open_state_ms=1 * MINUTE,
            slow_call_duration_threshold_ms=8 * S, slow_call_rate_threshold=80,
            record_exceptions=(OSError,), ignore_exceptions=(smtplib.SMTPRecipientsRefused,),
        ),
    ),
    Ready(
        "external-api",
        "Services of others over HTTP: partners' feeds of orders. Runs wait as jobs while it rests.",
        BreakerConfig(
            sliding_window_type=WindowType.TIME_BASED, sliding_window_size=60, minimum_number_of_calls=10,
            wait_duration_in_open_state_ms=30 * S, exponential_multiplier=2, randomized_wait_factor=0.2,
            max_wait_duration_in_open_state_ms=10 * MINUTE, permitted_number_of_calls_in_half_open_state=3,
            max_wait_duration_in_half_open_state_ms=1 * MINUTE, slow_call_duration_threshold_ms=5 * S,
            slow_call_rate_threshold=80, ignore_exceptions=(Problem,),
        ),
    ),
    Ready(
        "ai-service",
        "The model that puts forecasts in words, where AI_BASE_URL names one. It answers in seconds: slow is thirty.",
        BreakerConfig(
            sliding_window_type=WindowType.TIME_BASED, sliding_window_size=120, minimum_number_of_calls=5,
            wait_duration_in_open_state_ms=1 * MINUTE, exponential_multiplier=2, randomized_wait_factor=0.2,
            max_wait_duration_in_open_state_ms=15 * MINUTE, permitted_number_of_calls_in_half_open_state=1,
            max_wait_duration_in_half_open_state_ms=2 * MINUTE, slow_call_duration_threshold_ms=30 * S,
            slow_call_rate_threshold=80, max_concurrent_calls=8, ignore_exceptions=(Problem,),
        ),
    ),
    Ready(
        "webhooks",
        "Addresses that our facts are sent to. Nothing in this installation calls through it yet.",
        BreakerConfig(
            sliding_window_size=50, minimum_number_of_calls=10, wait_duration_in_open_state_ms=1 * MINUTE,
            exponential_multiplier=2, randomized_wait_factor=0.2, max_wait_duration_in_open_state_ms=30 * MINUTE,
            permitted_number_of_calls_in_half_open_state=2, max_wait_duration_in_half_open_state_ms=1 * MINUTE,
            slow_call_duration_threshold_ms=10 * S, slow_call_rate_threshold=80, ignore_exceptions=(Problem,),
        ),
    ),
)  # fmt: skip


def make_ready(app: Flask) -> None:
    """Make them in this process, and let core's guarded calls go through them."""
    for one in READY:
        breaker(one.name, one.config)
    guards.provide(breaker)
    app.before_request(leave_a_way_in)


def leave_a_way_in() -> None:
    """Let whoever holds the database open by hand sign in and let go; in an outage these pages wait like all."""
    is_held = breaker("database").state is State.FORCED_OPEN
    guards.begin_request(is_unguarded=is_held and request.path.startswith(WAY_IN))
