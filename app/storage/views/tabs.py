"""The row of tabs that all pages of storage share."""

from flask import Flask, current_app, request

from app.core.auth import can

TABS = (
    ("Usage", "/storage", "files:read"),
    ("Files", "/storage/files", "files:read"),
    ("Providers", "/storage/providers", "storage:read"),
    ("Migrations", "/storage/migrations", "storage:read"),
    ("Prices", "/storage/prices", "storage:read"),
)


def storage_tabs() -> list[dict[str, object]]:
    """Return the tabs that this person may open, the one of this page marked; only those that have a page."""
    there = {rule.rule for rule in current_app.url_map.iter_rules()}
    found = [(label, path) for label, path, permission in TABS if path in there and can(permission)]
    below = [path for _, path in found if request.path == path or request.path.startswith(f"{path}/")]
    here = max(below, key=len, default="")
    return [{"label": label, "href": path, "current": path == here} for label, path in found]


def init_tabs(app: Flask) -> None:
    """Let every page of storage draw them."""
    app.jinja_env.globals["storage_tabs"] = storage_tabs
