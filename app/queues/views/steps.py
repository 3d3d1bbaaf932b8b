"""What the acts of queues share: which queues there are, and where a form leads back to."""

from flask import request, url_for

from app.core.broker import QUEUES
from app.core.errors import NotFound
from app.core.web import safe_next


def must_be_queue(name: str) -> str:
    """Return the name of a queue.

    Raises:
        NotFound: There is no such queue.
    """
    if name not in QUEUES:
        raise NotFound
    return name


def came_from(default: str) -> str:
    """Return the page of queues that this form stood on; `default` for any other."""
    path, _, query = (request.referrer or "").partition(request.host_url.rstrip("/"))[2].partition("?")
    pages = {url_for("queues.list_queues"), url_for("queues.list_pauses")}
    pages |= {url_for("queues.show_queue", queue=name) for name in QUEUES}
    if path not in pages:
        return default
    return safe_next(f"{path}?{query}" if query else path, default)
