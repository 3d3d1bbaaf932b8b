"""GET /api/storage/stats: exact, in constant time, each company its own."""

from app.storage.states import Category
from app.storage.usage import requests
from app.storage.usage.fold import fold
from tests.storage.usage.shelf import put, put_many
from tests.world import Person, World


def test_stats_are_exact_before_and_after_the_fold(world: World, ada: Person) -> None:
    """Every category is there, those with nothing too."""
    put_many(world.sql, ada.company_id, 10)
    put(world.sql, ada.company_id, 2**53 + 1, category=Category.BACKUPS, provider="s3")
    put(world.sql, ada.company_id, 7, state="trashed")
    put(world.sql, ada.company_id, 9, state="pending")
    first = ada.get("/api/storage/stats").json
    with ada.app.app_context():
        fold()
    second = ada.get("/api/storage/stats").json
    assert first is not None
    assert second is not None
    assert first | {"asOf": ""} == second | {"asOf": ""}
    assert first["totalFiles"] == 11
    assert first["totalSize"] == 55 + 2**53 + 1
    assert first["categories"]["documents"] == {"files": 10, "size": 55}
    assert first["categories"]["backups"] == {"files": 1, "size": 2**53 + 1}
    assert first["categories"]["temp"] == {"files": 0, "size": 0}
    assert set(first["categories"]) == {one.value for one in Category}
    assert first["providers"]["s3"] == {"files": 1, "size": 2**53 + 1}
    assert first["trashed"] == {"files": 1, "size": 7}
    assert first["pending"] == {"files": 1, "size": 9}
    assert first["used"] == {"files": 13, "size": 55 + 2**53 + 17}


def test_others_see_their_own(world: World, ada: Person, cleo: Person, vera: Person) -> None:
    """Nothing of one company reaches another; a viewer may look."""
    put(world.sql, ada.company_id, 100)
    theirs = cleo.get("/api/storage/stats").json
    assert theirs is not None
    assert theirs["totalFiles"] == 0
    assert vera.get("/api/storage/stats").json["totalFiles"] == 1  # type: ignore[index]


def test_a_platform_admin_sees_all_or_one(world: World, ada: Person, pat: Person) -> None:
    """All companies together until one is named."""
    before = pat.get("/api/storage/stats").json
    put(world.sql, ada.company_id, 100)
    after = pat.get("/api/storage/stats").json
    assert before is not None
    assert after is not None
    assert after["totalSize"] - before["totalSize"] == 100
    one = pat.get(f"/api/storage/stats?companyId={ada.company_slug}").json
    assert one is not None
    assert one["totalSize"] == 100


def test_requests_are_added_to_the_day(world: World, ada: Person) -> None:
    """Of the company, and of all; the bytes of the day stay right."""
    put(world.sql, ada.company_id, 100)
    with ada.app.app_context():
        fold()
    with ada.app.app_context():
        requests.note("local", ada.company_id, "documents", writes=2, sent_bytes=50)
        requests.note("local", ada.company_id, "documents", reads=3)
        requests.note("s3", ada.company_id, "exports", reads=1)
        requests.init_meter(ada.app).flush()
    rows = world.sql.execute(
        "SELECT category, provider, bytes::int, writes, reads, sent_bytes::int FROM storage_days "
        "WHERE company_id = %s AND category <> '' ORDER BY 1",
        (ada.company_id,),
    ).fetchall()
    assert [tuple(row.values()) for row in rows] == [
        ("documents", "local", 100, 2, 3, 50),
        ("exports", "s3", 0, 0, 1, 0),
    ]
    put(world.sql, ada.company_id, 1)
    with ada.app.app_context():
        fold()
    row = world.sql.execute(
        "SELECT bytes::int, writes FROM storage_days WHERE company_id = %s AND category = 'documents'",
        (ada.company_id,),
    ).fetchone()
    assert row == {"bytes": 101, "writes": 2}
