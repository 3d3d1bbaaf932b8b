"""The row of tabs that all pages of storage share."""

from flask import Flask, current_app, request

from app.core.auth import can, maybe_principal

USAGE, FILES = "/storage", "/storage/files"
# Pages that stand beside the one whose tab they belong to.
ALSO = {FILES: ("/storage/upload", "/storage/export")}
TABS = (
    ("Usage", USAGE, "files:read"),
    ("Files", FILES, "files:read"),
    ("Providers", "/storage/providers", "storage:read"),
    ("Migrations", "/storage/migrations", "storage:read"),
    ("Prices", "/storage/prices", "storage:read"),
)


def storage_tabs() -> list[dict[str, object]]:
    """Return the tabs that this person may open, the one of this page marked; only those that have a page.

    Files are those of one company: who sees all companies chooses one first, in the list of usage.
    """
    person = maybe_principal()
    is_all = person is None or person.acting_in is None
    there = {rule.rule for rule in current_app.url_map.iter_rules()}
    found = [
        (label, path)
        for label, path, permission in TABS
        if path in there and can(permission) and not (is_all and path == FILES)
    ]
    return [{"label": label, "href": path, "current": _is_here(path)} for label, path in found]


def _is_here(tab: str) -> bool:
    """Say whether the page of this request is the tab's, or one below it; every page is below that of usage."""
    if request.path == tab or request.path in ALSO.get(tab, ()):
        return True
    return tab != USAGE and request.path.startswith(f"{tab}/")


def init_tabs(app: Flask) -> None:
    """Let every page of storage draw them."""
    app.jinja_env.globals["storage_tabs"] = storage_tabs
