"""The clean-up: what is too old goes, with figures; what is young, unread or a link stays."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from app.core.cleaning import clean_up
from app.core.ids import past_ulid
from app.core.installation import installation
from app.notifications.service import News, send_news
from config import Settings
from tests.world import Person

DAY_S = 86_400
OLD = datetime.now(UTC) - timedelta(days=40)


@pytest.fixture
def home(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of this test's own."""
    settings: Settings = app.config["SETTINGS"]
    mine = settings.model_copy(update={"upload_dir": tmp_path / "uploads", "quarterdeck_home": tmp_path / "home"})
    monkeypatch.setitem(app.config, "SETTINGS", mine)
    return tmp_path


def put(path: Path, age_s: float, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (time.time() - age_s,) * 2)
    return path


def clean(app: Flask) -> dict[str, dict[str, int]]:
    with app.app_context(), installation():
        return clean_up()


def test_old_files_go_with_their_sizes_and_young_ones_stay(app: Flask, home: Path) -> None:
    uploads, mails = home / "uploads", home / "home" / "mail"
    gone = [
        put(uploads / "exports/1/a.csv", 40 * DAY_S, "12345"), put(uploads / "reports/1/a.pdf", 31 * DAY_S),
        put(uploads / "backups/1/b.dump.X.draft", 2 * 3600), put(uploads / "exports/1/c.part", 2 * 3600),
        put(mails / "a.eml", 31 * DAY_S),
    ]  # fmt: skip
    kept = [
        put(uploads / "exports/1/new.csv", 20 * DAY_S), put(uploads / "reports/1/new.pdf", 60),
        put(uploads / "backups/1/young.draft", 600), put(uploads / "backups/1/old.dump", 400 * DAY_S),
        put(mails / "b.eml", DAY_S), put(uploads / "imports/1/sales.csv", 400 * DAY_S),
    ]  # fmt: skip
    found = clean(app)
    assert [path for path in gone if path.exists()] == []
    assert [path for path in kept if not path.exists()] == []
    assert found["exports"] == {"removed": 1, "sizeBytes": 5}
    assert (found["drafts"]["removed"], found["reports"]["removed"], found["mail files"]["removed"]) == (2, 1, 1)
    assert clean(app)["exports"]["removed"] == 0


def test_no_link_is_followed(app: Flask, home: Path) -> None:
    outside = put(home / "outside" / "precious.csv", 400 * DAY_S)
    exports = home / "uploads" / "exports"
    exports.mkdir(parents=True)
    (exports / "1").symlink_to(home / "outside")
    (exports / "link.csv").symlink_to(outside)
    os.utime(exports / "link.csv", (0, 0), follow_symlinks=False)
    clean(app)
    assert outside.exists()
    assert (exports / "link.csv").is_symlink()


def test_a_folder_that_is_a_link_is_left_alone(app: Flask, home: Path) -> None:
    outside = put(home / "outside" / "precious.csv", 400 * DAY_S)
    (home / "uploads").mkdir()
    (home / "uploads" / "exports").symlink_to(home / "outside")
    clean(app)
    assert outside.exists()


def test_what_was_read_long_ago_goes_and_what_nobody_read_stays(
    app: Flask, home: Path, ada: Person, sam: Person
) -> None:
    with ada.acting():
        for text in ("read long ago", "read today", "never read"):
            send_news(News("x", text), people=[sam.public_id])
    sql = ada.world.sql
    for text, at in (("read long ago", OLD), ("read today", datetime.now(UTC))):
        sql.execute(
            "UPDATE notifications SET read_at = %s WHERE company_id = %s AND text = %s", (at, ada.company_id, text)
        )
    sql.execute(
        "INSERT INTO mailings (company_id, id, subject, text) VALUES (%s, %s, 's', 't')",
        (ada.company_id, past_ulid(OLD)),
    )
    clean(app)
    left = {
        row["text"] for row in sql.execute("SELECT text FROM notifications WHERE company_id = %s", (ada.company_id,))
    }
    assert left == {"read today", "never read"}
    assert sql.execute("SELECT count(*) AS n FROM mailings WHERE company_id = %s", (ada.company_id,)).fetchone() == {
        "n": 0
    }
