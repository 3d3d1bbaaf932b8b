"""A file gets its preview by a job: a small picture that is a piece of it, or its first lines."""

import io
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image

from app.core.db import db
from app.core.tasks import run_job
from app.storage.reads.files import find_file
from app.storage.service import trash
from app.storage.states import Category
from tests.storage.browsing.conftest import Send, png, send
from tests.world import Person

__all__ = ["send"]
RunJobs = Callable[[Person, str], int]


@pytest.fixture
def run_jobs(app: Flask) -> RunJobs:
    """Run the queued jobs of a kind of somebody's company; returns how many."""

    def run(person: Person, name: str) -> int:
        with person.acting():
            statement = sa.text("SELECT id FROM jobs WHERE name = :name AND state = 'queued'")
            ids = list(db.session.scalars(statement, {"name": name}))
        with app.app_context():
            for job_id in ids:
                run_job(person.company_id, job_id)
        return len(ids)

    return run


def test_a_picture_gets_a_small_one_that_is_counted_and_goes_with_it(
    ada: Person, cleo: Person, send: Send, run_jobs: RunJobs
) -> None:
    row = send(ada, "frame.png", png((800, 400)), category=Category.PRODUCTS)
    assert ada.get(f"/storage/files/{row.id}/thumb").status_code == 404
    assert run_jobs(ada, "storage.preview") == 1
    thumb = ada.get(f"/storage/files/{row.id}/thumb")
    assert thumb.mimetype == "image/webp"
    with Image.open(io.BytesIO(thumb.data)) as small:
        assert small.size == (256, 128)
    assert cleo.get(f"/storage/files/{row.id}/thumb").status_code == 404
    page = ada.get(f"/storage/files/{row.id}").text
    assert "800 × 400 pixels" in page
    assert "frame.png" in ada.get("/storage/files").text
    assert "thumb-256" not in ada.get("/storage/files").text
    with ada.acting():
        trash.trash([row.id])
    assert ada.get(f"/storage/files/{row.id}/thumb").status_code == 404


def test_the_first_rows_of_a_csv_file_are_shown(ada: Person, send: Send, run_jobs: RunJobs) -> None:
    row = send(ada, "order.csv", b"sku,quantity\nFRAME-1,2\n<b>LENS</b>,3\n")
    run_jobs(ada, "storage.preview")
    page = ada.get(f"/storage/files/{row.id}").text
    assert "FRAME-1" in page
    assert "&lt;b&gt;LENS" in page


def test_what_cannot_be_drawn_says_so(ada: Person, send: Send, run_jobs: RunJobs) -> None:
    row = send(ada, "broken.png", png()[:300], category=Category.PRODUCTS)
    run_jobs(ada, "storage.preview")
    with ada.acting():
        assert find_file(row.id).about["preview"]["problem"] == "broken"
    assert "cannot be read" in ada.get(f"/storage/files/{row.id}").text


def test_a_preview_made_twice_is_one(ada: Person, send: Send, run_jobs: RunJobs, app: Flask) -> None:
    from app.storage.previews.tasks import make_preview

    row = send(ada, "frame.png", png(), category=Category.PRODUCTS)
    run_jobs(ada, "storage.preview")
    with ada.acting():
        assert make_preview.function(row.id)["made"]
        pieces = db.session.scalar(sa.text("SELECT count(*) FROM stored_files WHERE parent_id = :id"), {"id": row.id})
    assert pieces == 1


def test_what_nobody_looks_at_gets_no_preview(ada: Person, send: Send, run_jobs: RunJobs) -> None:
    send(ada, "draft.txt", category=Category.TEMP)
    send(ada, "packed.zip", b"PK\x05\x06" + bytes(18), category=Category.EXPORTS)
    assert run_jobs(ada, "storage.preview") == 0
