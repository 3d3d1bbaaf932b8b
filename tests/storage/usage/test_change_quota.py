"""Setting quotas: the platform gives, a company's admins may lower; with a reason, a fact and a version."""

from collections.abc import Callable
from typing import Any

import pytest

from app.storage.usage import watch
from app.storage.usage.fold import fold
from app.storage.usage.sizes import exact_size, parse_size
from tests.storage.usage.shelf import put
from tests.world import Person, World

GB = 10**9


def change(person: Person, category: str = "all", **wanted: Any) -> Any:
    """PUT a quota of the company they act in."""
    slug = wanted.pop("company", None)
    path = f"/api/storage/quotas/{category}" + (f"?companyId={slug}" if slug else "")
    return person.put(path, json={"version": 0, "reason": "contract of 2027", **wanted})


def audited(world: World, company: int, kind: str) -> list[dict[str, Any]]:
    """Return what was told of a kind and waits for its number."""
    rows = world.sql.execute(
        "SELECT data FROM outbox WHERE company_id = %s AND type = %s ORDER BY id", (company, kind)
    ).fetchall()
    return [row["data"] for row in rows]


def test_the_platform_gives_and_the_company_lowers(world: World, ada: Person, pat: Person) -> None:
    """And raises it again, up to what was given."""
    given = change(pat, company=ada.company_slug, hardBytes=500 * GB, softBytes=400 * GB)
    assert given.status_code == 200, given.text
    assert change(ada, hardBytes=600 * GB, version=1).status_code == 422
    assert change(ada, hardBytes=None, version=1).status_code == 422
    assert change(ada, hardBytes=300 * GB, version=1).status_code == 200
    assert change(ada, hardBytes=500 * GB, version=2).status_code == 200
    (first, *_) = audited(world, ada.company_id, "storage.quota-changed")
    assert first["changes"]["hardBytes"] == {"before": None, "after": 500 * GB}
    assert first["reason"] == "contract of 2027"


def test_without_a_gift_the_company_decides(ada: Person) -> None:
    """There is nothing to stay below."""
    assert change(ada, "documents", hardBytes=10**18).status_code == 200
    listed = ada.get("/api/storage/quotas").json
    assert listed is not None
    assert [(one["category"], one["hardBytes"]) for one in listed["items"]] == [("documents", 10**18)]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"softBytes": 10, "hardBytes": 9}, "softBytes"),
        ({"hardBytes": -1}, "hardBytes"),
        ({"hardBytes": 2**63}, "hardBytes"),
        ({"reason": ""}, "reason"),
        ({"version": 1}, "version"),
    ],
)
def test_what_nobody_can_mean_is_refused(ada: Person, wanted: dict[str, Any], field: str) -> None:
    """By its name."""
    answer = change(ada, **wanted)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json["errors"]] == [field]


def test_the_company_sees_what_the_platform_gave(ada: Person, pat: Person) -> None:
    """Beside what it lowered itself to, on the page and in JSON."""
    assert change(pat, company=ada.company_slug, hardBytes=500 * GB).status_code == 200
    assert change(ada, hardBytes=300 * GB, version=1).status_code == 200
    listed = ada.get("/api/storage/quotas").json
    assert listed is not None
    assert [(one["hardBytes"], one["grantedBytes"]) for one in listed["items"]] == [(300 * GB, 500 * GB)]
    assert "given 500 GB" in ada.get("/storage/quotas").text


def test_a_limit_below_what_is_used_is_taken_and_said(world: World, ada: Person) -> None:
    """Nothing is deleted, and nothing more is taken."""
    put(world.sql, ada.company_id, 7 * GB)
    assert (
        ada.post("/storage/quotas/all", data={"hard_bytes": "5 GB", "reason": "r", "version": "0"}).status_code == 303
    )
    assert "7.0 GB are used, which is more: nothing new is taken until it is less." in ada.get("/storage/quotas").text


def test_of_two_editors_the_second_is_told(ada: Person) -> None:
    """And nothing of theirs is saved."""
    assert change(ada, hardBytes=100).status_code == 200
    assert change(ada, hardBytes=200).status_code == 409
    assert change(ada, hardBytes=200, version=1).status_code == 200


def test_only_admins_change_quotas(ada: Person, sam: Person, vera: Person, cleo: Person) -> None:
    """Others may look; another company's is its own."""
    assert change(ada, hardBytes=100).status_code == 200
    assert change(sam, hardBytes=1, version=1).status_code == 403
    assert change(vera, hardBytes=1, version=1).status_code == 403
    assert vera.get("/api/storage/quotas").json["items"][0]["hardBytes"] == 100  # type: ignore[index]
    assert cleo.get("/api/storage/quotas").json == {"items": []}
    assert ada.get("/api/storage/quotas/nonsense").status_code in {404, 405}
    assert change(ada, "nonsense", hardBytes=1).status_code == 404


def test_the_form_takes_sizes_as_people_write_them(world: World, ada: Person) -> None:
    """And comes back with what is wrong, nothing lost."""
    page = ada.get("/storage/quotas/documents").text
    assert "Take nothing above" in page
    wrong = ada.post("/storage/quotas/documents", data={"hard_bytes": "much", "reason": "r", "version": "0"})
    assert wrong.status_code == 422
    assert "Give a size such as 500 GB" in wrong.text
    good = ada.post(
        "/storage/quotas/documents", data={"hard_bytes": "1.5 TB", "soft_bytes": "900", "reason": "r", "version": "0"}
    )
    assert good.status_code == 303, good.text
    row = world.sql.execute(
        "SELECT soft_bytes, hard_bytes FROM storage_quotas WHERE company_id = %s", (ada.company_id,)
    )
    assert row.fetchone() == {"soft_bytes": 900 * GB, "hard_bytes": 1500 * GB}
    assert "1.5 TB" in ada.get("/storage/quotas").text
    assert "900 GB" in ada.get("/storage/quotas").text


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("500 GB", 500 * GB),
        ("1.5TB", 1500 * GB),
        ("200", 200 * GB),
        ("1,000 mb", GB),
        ("7 B", 7),
        ("0", 0),
        ("2 k", 2000),
    ],
)
def test_sizes_are_read(text: str, size: int) -> None:
    """Decimal units; a figure alone is GB."""
    assert parse_size(text) == size
    assert parse_size(exact_size(size)) == size


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1234567, 10**12 + 1, 2**63 - 1, 455 * GB])
def test_a_size_is_written_so_that_it_can_be_read_again(size: int) -> None:
    """No byte is lost on the way through the form."""
    assert parse_size(exact_size(size)) == size


def test_passing_a_soft_limit_is_told_once(world: World, ada: Person, pump: Callable[[], int]) -> None:
    """And again only after it was well below; the admins of the company get it under their bell."""
    change(ada, softBytes=100, hardBytes=1000)
    put(world.sql, ada.company_id, 101)
    with ada.app.app_context():
        fold()
        watch.warn_near()
        watch.warn_near()
    assert len(audited(world, ada.company_id, "storage.quota-near")) == 1
    queued = world.sql.execute(
        "SELECT args FROM jobs WHERE company_id = %s AND name = 'notifications.send'", (ada.company_id,)
    ).fetchall()
    assert [row["args"]["kind"] for row in queued] == ["quota-near"]
    assert queued[0]["args"]["roles"] == ["company_admin"]
    world.sql.execute("UPDATE stored_files SET size_bytes = 50 WHERE company_id = %s", (ada.company_id,))
    with ada.app.app_context():
        fold()
        watch.warn_near()
    world.sql.execute("UPDATE stored_files SET size_bytes = 500 WHERE company_id = %s", (ada.company_id,))
    with ada.app.app_context():
        fold()
        watch.warn_near()
    assert len(audited(world, ada.company_id, "storage.quota-near")) == 2


def test_a_form_that_is_older_than_what_there_is_says_so_even_when_nothing_is_left(ada: Person) -> None:
    path = "/storage/quotas/all"
    answer = ada.post(path, data={"version": "7", "hard_bytes": "5 GB", "reason": "x"})
    assert answer.status_code == 409
    assert "There is none now." in answer.text
