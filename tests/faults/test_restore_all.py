"""Backed up and restored as large as one likes: BACKUP_ORDERS is how many orders there are; what each part takes is told."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from app.backups import service
from app.core.installation import installation
from app.core.present import format_bytes
from app.demo.generate import generate
from tests import stage
from tests.faults.figures import Figures
from tests.services import running_services
from tests.world import PASSWORD

pytestmark = pytest.mark.slow
ORDERS = int(os.environ.get("BACKUP_ORDERS", "300"))
COMPANIES = max(3, ORDERS // 20_000)
FIGURES = Figures("backups")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Flask]:
    """An installation with that many orders, on servers of its own."""
    with running_services() as services:
        urls = services.create_database(template=stage.TEMPLATE, name="shop")
        environment = stage.environment_for(urls, services.redis_url, tmp_path)
        app = create_app(stage.settings_from(environment))
        with app.app_context():
            generate(ORDERS, COMPANIES, password=PASSWORD, say=lambda *_: None)
        yield app
        stage.let_go(app)


def test_all_of_it_comes_back_and_somebody_signs_in(shop: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    with shop.app_context(), installation():
        began = time.monotonic()
        made, _ = service.back_up()
        backed_up_s = time.monotonic() - began
        row = service.run_drill()
    size = f"{made.rows:,} rows, {format_bytes(made.size_bytes)}"
    FIGURES.say(f"backup of {ORDERS:,} orders ({size})", round(backed_up_s, 1), "")
    for step in row.steps:
        FIGURES.say(f"drill: {step['name'].lower()}, s", step["seconds"])
    FIGURES.say("differences after the restore", len(row.differences), "0")
    with capsys.disabled():
        steps = "; ".join(f"{step['name'].lower()} {step['seconds']:.1f} s" for step in row.steps)
        print(f"\nbackup of {ORDERS:,} orders ({size}) {backed_up_s:.1f} s; {steps}")
    assert row.is_good, row.differences
    assert made.tables["orders"] >= ORDERS
