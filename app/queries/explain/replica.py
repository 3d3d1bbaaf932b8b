"""Where a statement is tried: on a replica when one is fit, so that the primary does no work for curiosity."""

from flask import current_app

from app.core.replicas.watch import watch_of
from app.queries.explain.link import explain_url


def replica_url() -> str | None:
    """Return the login that plans, on a fit replica; None when there is none."""
    watch = watch_of(current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001 (the app itself)
    return watch.rotation.any_url(explain_url(current_app.config["SETTINGS"]))
