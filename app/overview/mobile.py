"""The page as an app on a phone, for whom the flag `mobile-app` is on: manifest, service worker, a page without a line.

The service worker keeps that page, style and script; never a figure or a row.
"""

import json
from pathlib import Path

from flask import Blueprint, Response, current_app, g
from sqlalchemy.exc import SQLAlchemyError

from app.core.access import PUBLIC, allow
from app.core.assets import asset
from app.core.auth import maybe_principal
from app.core.errors import NotFound
from app.core.web import page
from app.flags.gates import Gate, is_open

bp = Blueprint("mobile", __name__)
INK, PAPER = "#202a3c", "#fcfbf8"
SIZES = (192, 512)
KEPT_ASSETS = ("app.css", "app.js", "htmx.js", "icons.svg", "flag-healthy.svg", "flag-danger.svg")
WORKER = "service_worker.js"


@bp.get("/manifest.webmanifest")
@allow(PUBLIC, session=False)
def show_manifest() -> Response:
    """Say how the app is called and looks; the link to it sends the cookie, because the flag is a person's."""
    check_on()
    icons = [
        {"src": f"/static/icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in SIZES
        for purpose in ("any", "maskable")
    ]
    manifest = {
        "name": "Quarterdeck", "short_name": "Quarterdeck", "id": "/", "start_url": "/", "scope": "/",
        "display": "standalone", "background_color": PAPER, "theme_color": INK,
        "description": "Orders, stock and the systems behind them.", "icons": icons,
    }  # fmt: skip
    return Response(json.dumps(manifest), mimetype="application/manifest+json", headers={"Cache-Control": "no-cache"})


@bp.get("/service-worker.js")
@allow(PUBLIC, session=False)
def show_worker() -> Response:
    """Send the service worker with the addresses it keeps; a release with other assets is another worker."""
    check_on()
    kept = ["/away", *(asset(name) for name in KEPT_ASSETS)]
    script = Path(current_app.static_folder or "static", WORKER).read_text()
    text = f"const KEPT = {json.dumps(kept)};\n{script}"
    return Response(text, mimetype="text/javascript", headers={"Cache-Control": "no-cache"})


@bp.get("/away")
@allow(PUBLIC, session=False)
def show_away() -> Response:
    """Show what a phone shows while it has no line: the same for everybody, so that it may be kept."""
    g.principal = None
    return page("mobile/away.html")


def check_on() -> None:
    """Refuse whom the flag is off for.

    While nobody can know who asks it is answered: who has the address had it from a page, and it tells no secret.

    Raises:
        NotFound: It is off for them.
    """
    if is_open(Gate.MOBILE_APP):
        return
    try:
        maybe_principal()
    except SQLAlchemyError:
        return
    raise NotFound
