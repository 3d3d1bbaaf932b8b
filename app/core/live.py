"""Live pages: what a feature registers, and what a page says about itself.

    # app/features.py
    live.topic("orders", permission="orders:read", rows=listeners.render_rows)

    # a page: its position is read BEFORE its rows, so that nothing falls between
    state = live.state("orders")
    return page("orders/index.html", block="rows", live=state, orders=reads.list_orders(...))

The reading of the tail is in live_hub.py, the windows in live_windows.py, the sockets in app/realtime.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import request

from app.core import events_log
from app.core.access import ALL_PERMISSIONS
from app.core.auth import Principal, maybe_principal
from app.core.installation import SLUG
from app.core.web import is_partial


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a page, as everybody of its company sees it.

    Attributes:
        id: The id of its element, such as `order-17`.
        version: A page drops what is older than what it shows.
        html: The element, rendered from the row alone.
    """

    id: str
    version: int
    html: str


def is_head() -> bool:
    """Say whether a list page asks for its sentence and its tabs alone (static/js/live_head.js)."""
    return is_partial() and getattr(request, "hx_target", "") == "views"


RenderRows = Callable[[list[str]], list[Row]]


@dataclass(frozen=True, slots=True)
class Topic:
    """One permission unit of facts.

    Attributes:
        name: As facts name it.
        permission: Needed to read it, by page, socket, SSE or JSON.
        rows: Makes rows from row ids, inside the company; ids it does not return are gone.
        installation: True for what belongs to no tenant: pages of platform admins listen to the platform company.
    """

    name: str
    permission: str
    rows: RenderRows | None = None
    installation: bool = False


TOPICS: dict[str, Topic] = {}
_drains: list[Callable[[], None]] = []


def topic(name: str, *, permission: str, rows: RenderRows | None = None, installation: bool = False) -> None:
    """Make a topic readable. A topic nobody registered is in the log and the audit, but not readable."""
    if permission not in ALL_PERMISSIONS:
        raise ValueError(f"{permission!r} is in no role; add it to app/core/access.py")
    TOPICS[name] = Topic(name, permission, rows, installation)


def readable_topics(who: Principal) -> dict[str, Topic]:
    """Return the topics somebody may read."""
    return {name: found for name, found in TOPICS.items() if who.may(found.permission)}


def state(*names: str, **about: Any) -> dict[str, Any] | None:  # Any: goes to JSON
    """Return what a page says to its script: company, epoch, and its position in each topic.

    Args:
        *names: The page's topics; those the person may not read are left out.
        **about: More for the page's own script.

    Returns:
        None where there is no company to listen to.
    """
    who = maybe_principal()
    if who is None:
        return None
    allowed = readable_topics(who)
    wanted = [name for name in names if name in allowed]
    if wanted and who.company is None and all(allowed[name].installation for name in wanted):
        slug = SLUG
    elif who.acting_in is not None:
        slug = who.acting_in.slug
    else:
        return None
    epoch, heads = events_log.read_heads(wanted)
    return {"company": slug, "epoch": epoch, "topics": heads, **about}


def on_drain(function: Callable[[], None]) -> Callable[[], None]:
    """Register how sockets are told to go elsewhere."""
    _drains.append(function)
    return function


def drain() -> None:
    """Send every socket of this process to another one, spread over some seconds; gunicorn calls it on TERM."""
    for function in _drains:
        function()
