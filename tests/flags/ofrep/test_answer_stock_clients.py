"""The stock OpenFeature clients, unchanged, talk to the running server: Python, Node, and a page of another site.

openfeature-provider-ofrep 0.3.0, @openfeature/ofrep-provider 0.1.3, @openfeature/ofrep-web-provider 0.4.3.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from playwright.sync_api import Browser, Page, Route

from tests.flags.ofrep.conftest import Script, change_settings, make_flag_row, script_of
from tests.flags.ofrep.stock import CLIENTS, install_clients
from tests.site import Site, wait_for
from tests.world import Person

SHOP = "https://shop.test"
CONTEXT = {"targetingKey": "u1", "plan": "gold"}
Questions = dict[str, list[str]]
EXPECTED: dict[str, Any] = {
    "boolean": True, "string": "blue", "integer": 3, "float": 1.0, "object": {"deep": [1, {"x": None}]}, "disabled": False,
}  # fmt: skip


@pytest.fixture
def script(ada: Person) -> Script:
    return script_of(ada)


@pytest.fixture
def questions(app: Flask, site: Site, script: Script) -> Questions:
    """A flag of every type, saved before any client asks; the server's workers know them."""
    made = {
        "boolean": ["boolean", make_flag_row(app)],
        "string": ["string", make_flag_row(app, type_="string", variants={"on": "blue", "off": "grey"})],
        "integer": ["number", make_flag_row(app, type_="number", variants={"on": 3, "off": 0})],
        "float": ["number", make_flag_row(app, type_="number", variants={"on": 1, "off": 0.5})],
        "object": [
            "object",
            make_flag_row(app, type_="object", variants={"on": {"deep": [1, {"x": None}]}, "off": {}}),
        ],
        "disabled": ["boolean", make_flag_row(app, enabled=False)],
    }
    wait_until_seen(site, script, made["disabled"][1])
    return {**made, "unknown": ["boolean", "no-such-flag"]}


def wait_until_seen(site: Site, script: Script, key: str) -> None:
    """Wait until every worker has the newest flag: several questions in a row find it."""
    import requests

    def ask() -> int:
        return requests.post(
            f"{site.url}/ofrep/v1/evaluate/flags/{key}", json={},
            headers={"Authorization": f"Bearer {script.token}"}, timeout=10,
        ).status_code  # fmt: skip

    wait_for(lambda: all(ask() == 200 for _ in range(8)), limit_s=15)


def test_the_python_client_reads_all_five_types(site: Site, script: Script, questions: Questions) -> None:
    provider = OFREPProvider(site.url, headers_factory=lambda: {"Authorization": f"Bearer {script.token}"})
    api.set_provider(provider, domain="stock")
    client, context = api.get_client(domain="stock"), EvaluationContext("u1", {"plan": "gold"})
    ask: dict[str, Any] = {
        "boolean": lambda key: client.get_boolean_details(key, False, context),
        "string": lambda key: client.get_string_details(key, "default", context),
        "integer": lambda key: client.get_integer_details(key, -1, context),
        "float": lambda key: client.get_float_details(key, -1.0, context),
        "object": lambda key: client.get_object_details(key, {}, context),
    }
    for name, kind in (*((one, one) for one in ask), ("disabled", "boolean")):
        found = ask[kind](questions[name][1])
        assert (found.value, found.error_code) == (EXPECTED[name], None), name
        assert type(found.value) is type(EXPECTED[name])
    unknown = ask["boolean"]("no-such-flag")
    assert (unknown.value, unknown.error_code.value) == (False, "FLAG_NOT_FOUND")


def check_javascript(answers: dict[str, Any]) -> None:
    for name, value in EXPECTED.items():
        assert answers[name]["value"] == value, name
        assert "errorCode" not in answers[name], name
    assert answers["unknown"]["value"] is False
    assert answers["unknown"]["errorCode"] == "FLAG_NOT_FOUND"
    assert answers["boolean"]["variant"] == "on"


def test_the_node_client_reads_all_five_types(site: Site, script: Script, questions: Questions) -> None:
    folder = install_clients()
    shutil.copy(CLIENTS / "server.mjs", folder / "server.mjs")
    environment = {
        **os.environ, "OFREP_ENDPOINT": site.url, "OFREP_TOKEN": script.token,
        "QUESTIONS": json.dumps({"keys": questions, "context": CONTEXT}),
    }  # fmt: skip
    done = subprocess.run(
        ["node", "server.mjs"], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    check_javascript(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture
def shop(browser: Browser, site: Site) -> Iterator[Page]:
    """A page of another site that uses the web client; its own files are served to it, all else is real."""
    folder = install_clients()
    context = browser.new_context()
    # The shop stands for a site somewhere else; Chromium asks before such a one may call this machine.
    context.grant_permissions(["local-network-access"], origin=SHOP)
    page = context.new_page()
    page.on("console", lambda said: print(said.text))

    def serve(route: Route) -> None:
        path = route.request.url.removeprefix(SHOP)
        if path.startswith("/modules/"):
            route.fulfill(path=folder / "node_modules" / path.removeprefix("/modules/"), content_type="text/javascript")
        else:
            route.fulfill(path=CLIENTS / "web.html", content_type="text/html")

    page.route(f"{SHOP}/**", serve)
    page.goto(f"{SHOP}/")
    page.wait_for_function("window.ready")
    yield page
    context.close()


def test_the_web_client_of_another_site_reads_all_five_types_and_hears_of_changes(
    app: Flask, site: Site, script: Script, questions: Questions, shop: Page
) -> None:
    statuses: list[int] = []
    shop.on("response", lambda answer: statuses.append(answer.status) if "/evaluate/flags" in answer.url else None)
    shop.evaluate("(how) => start(how)", {"baseUrl": site.url, "token": script.token, "context": CONTEXT})
    answers = {name: shop.evaluate("(one) => ask(one)", question) for name, question in questions.items()}
    check_javascript(answers)

    change_settings(app, questions["string"][1], enabled=False)
    shop.wait_for_function("(key) => events.some((flags) => flags.includes(key))", arg=questions["string"][1])
    assert shop.evaluate("(one) => ask(one)", questions["string"])["value"] == "grey"

    change_settings(app, questions["disabled"][1], percentage=5000)  # it is off: nothing is different for this page
    wait_for(lambda: shop.evaluate("1") == 1 and 304 in statuses, limit_s=15, say=lambda: str(statuses))
