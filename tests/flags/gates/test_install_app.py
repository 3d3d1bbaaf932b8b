"""mobile-app: a manifest, a service worker that keeps no data, and nothing of it where the flag is off."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page

from tests.flags.gates.switch import allowed
from tests.site import Site, wait_for
from tests.world import Person


def test_it_can_be_installed_by_whom_the_flag_is_on_for(ada: Person, sam: Person, pat: Person) -> None:
    with allowed(pat, "mobile-app", ada.public_id):
        assert 'rel="manifest"' in ada.get("/orders").text
        manifest = ada.get("/manifest.webmanifest")
        assert manifest.mimetype == "application/manifest+json"
        told = manifest.get_json(force=True)
        assert (told["start_url"], told["display"]) == ("/", "standalone")
        for icon in told["icons"]:
            assert ada.get(icon["src"]).mimetype == "image/png"
        worker = ada.get("/service-worker.js")
        assert worker.mimetype == "text/javascript"
        assert '"/away"' in worker.text
        assert "/api/" not in worker.text
        assert 'rel="manifest"' not in sam.get("/orders").text
        assert [sam.get(path).status_code for path in ("/manifest.webmanifest", "/service-worker.js")] == [404, 404]
    assert [ada.get(path).status_code for path in ("/manifest.webmanifest", "/service-worker.js")] == [404, 404]


def test_strangers_get_neither_and_the_kept_page_knows_nobody(app: Flask, ada: Person) -> None:
    assert app.test_client().get("/manifest.webmanifest").status_code == 404
    assert ada.name not in ada.get("/away").text
    assert "No line to Quarterdeck" in app.test_client().get("/away").text


@pytest.mark.browser
def test_a_phone_without_a_line_shows_the_kept_page(
    open_page: Callable[..., Page], site: Site, ada: Person, pat: Person
) -> None:
    with allowed(pat, "mobile-app", ada.public_id):
        page = open_page(ada, "/orders")
        wait_for(lambda: (page.goto("/orders") and page.locator('link[rel="manifest"]').count()) == 1)
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.reload()
        page.context.set_offline(True)
        page.goto("/inventory")
        assert page.get_by_role("heading", level=1).inner_text() == "No line to Quarterdeck"
        kept = page.evaluate(
            "caches.keys().then(async names => (await (await caches.open(names[0])).keys()).map(r => new URL(r.url).pathname))"
        )
        assert all(path == "/away" or path.startswith("/assets/") for path in kept), kept
        page.context.set_offline(False)
