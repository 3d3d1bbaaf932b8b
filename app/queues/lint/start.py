"""The same rules when a relay or a worker starts: what is unsafe is logged; what loses or doubles jobs stops the start."""

from typing import Any

import click
import structlog
from celery.signals import worker_init
from flask import Flask

from app.core import relay
from app.queues.lint.look import look_at_settings
from app.queues.lint.model import Result, Standing
from app.queues.lint.run import run_rules

log = structlog.get_logger(__name__)
TOLD = frozenset({Standing.DANGER, Standing.WARNING})


class UnsafeStart(click.ClickException):
    """With these settings jobs would be lost or done twice; the message says what to set."""

    exit_code = 3


def check_start(app: Flask) -> list[Result]:
    """Judge the settings and log what is unsafe.

    Raises:
        UnsafeStart: Jobs would be lost or done twice.
    """
    with app.app_context():
        results = run_rules(look_at_settings(), at_start=True)
    for one in results:
        if one.judged.standing in TOLD:
            log.warning("unsafe setting", rule=one.rule.code, found=one.judged.found, fix=one.judged.fix)
    refused = [one for one in results if one.rule.refuses and one.judged.standing is Standing.DANGER]
    if refused:
        raise UnsafeStart("\n".join(f"{one.judged.found} {one.judged.fix}" for one in refused))
    return results


def init_lint(app: Flask) -> None:
    """Judge when the relay starts, and when a worker does."""
    relay.on_start(check_start)

    def check_worker(**_: Any) -> None:  # Any: Celery's signal arguments
        try:
            check_start(app)
        except UnsafeStart as unsafe:
            unsafe.show()
            raise SystemExit(unsafe.exit_code) from None

    worker_init.connect(check_worker, weak=False, dispatch_uid="lint")
