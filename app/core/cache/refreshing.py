"""Values that are read again before they end: in the background, two at a time, so that nobody waits for it."""

import threading
from collections.abc import Callable

import structlog
from flask import Flask, current_app

from app.core import guards
from app.core.tenancy import Scope, current_scope, scoped

log = structlog.get_logger(__name__)
AT_ONCE = 2


class Refreshing:
    """What one process reads again just now. What is one too many is left to a later reader."""

    def __init__(self) -> None:
        self._busy: set[str] = set()
        self._lock = threading.Lock()

    def begin(self, key: str, work: Callable[[], object]) -> None:
        """Do it in a thread, for the company of who asks here."""
        with self._lock:
            if key in self._busy or len(self._busy) >= AT_ONCE:
                return
            self._busy.add(key)
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
        threading.Thread(
            target=self._run, args=(app, current_scope(), key, work), name="cache-refresh", daemon=True
        ).start()

    def _run(self, app: Flask, scope: Scope, key: str, work: Callable[[], object]) -> None:
        try:
            with guards.unguarded(), app.app_context(), scoped(scope):
                work()
        except Exception:  # the old value is still good; who comes after its end asks the database
            log.exception("not read again early", key=key)
        finally:
            with self._lock:
                self._busy.discard(key)
