"""/storage: everybody sees their own, platform admins all companies."""

import secrets
from datetime import timedelta
from decimal import Decimal

from flask import Flask

from app.core import clock
from app.storage.states import Category, Class
from app.storage.usage import watch
from app.storage.usage.bills import make_bills
from app.storage.usage.costs import Month
from app.storage.usage.fold import fold
from app.storage.usage.prices import shipped
from app.storage.usage.reads import Slice, Sum, Usage
from app.storage.views import looks
from tests.storage.usage.shelf import put, put_many
from tests.world import Person, World

GB = 10**9


def own_name(world: World, person: Person) -> str:
    """Give the company a name that no other has, and return it."""
    name = f"Counted {secrets.token_hex(6)}"
    world.sql.execute("UPDATE companies SET name = %s WHERE id = %s", (name, person.company_id))
    return name


def test_an_empty_page_teaches(vera: Person) -> None:
    """What will be here, and how to begin."""
    text = vera.get("/storage").text
    assert "No file is stored yet." in text
    assert "counted exactly with every write" in text


def test_a_company_sees_its_folders(world: World, ada: Person, cleo: Person) -> None:
    """With what is in the trash and being sent; and nothing of anybody else."""
    put(world.sql, ada.company_id, 455 * GB)
    put(world.sql, ada.company_id, 20 * GB, category=Category.EXPORTS, state="trashed")
    put(world.sql, ada.company_id, 5 * GB, state="pending")
    put(world.sql, cleo.company_id, 77 * GB)
    text = ada.get("/storage").text
    assert "480 GB in 1 file, 1 in the trash, 1 arriving; no quota is set." in text
    assert '<tr id="folder-documents">' in text
    assert "20 GB" in text
    assert "5.0 GB" in text
    assert "77 GB" not in text
    assert "What it would cost elsewhere" not in text


def test_the_verdict_and_the_notice_speak_of_quotas(world: World, ada: Person) -> None:
    """Above the soft limit a notice; the sentence says how much of what."""
    put(world.sql, ada.company_id, 455 * GB)
    world.sql.execute(
        "INSERT INTO storage_quotas (company_id, category, soft_bytes, hard_bytes) VALUES (%s, '', %s, %s)",
        (ada.company_id, 450 * GB, 500 * GB),
    )
    text = ada.get("/storage").text
    assert "455 GB of 500 GB are used, in 1 file; too few days are known to say when it is full." in text
    assert "All folders are above the soft limit: 455 GB of 450 GB" in text
    assert "91% of 500 GB" in text


def test_the_verdict_speaks_of_the_folder_in_trouble(world: World, ada: Person, pat: Person) -> None:
    """Without a quota of the whole, too; and the platform's list does not say that there is none."""
    put(world.sql, ada.company_id, 455 * GB)
    for category, soft, hard in (("documents", 450 * GB, 500 * GB), ("temp", None, GB)):
        world.sql.execute(
            "INSERT INTO storage_quotas (company_id, category, soft_bytes, hard_bytes) VALUES (%s, %s, %s, %s)",
            (ada.company_id, category, soft, hard),
        )
    with ada.app.app_context():
        fold()
    text = " ".join(ada.get("/storage").text.split())
    assert "455 GB in 1 file; 2 folders with a quota, none for all together." in text
    assert "<strong>Documents</strong> are above the soft limit: 455 GB of 450 GB." in text
    assert 'class="verdict verdict--good"' not in text
    listed = pat.get(f"/storage?q={own_name(world, ada)}").text
    row = listed.split(f'id="usage-{ada.company_slug}"')[1].split("</tr>")[0]
    assert "documents are above the soft limit: 455 GB of 450 GB" in row
    assert ">none<" not in row
    assert 'data-label="full"' not in row


def test_a_live_read_brings_sentence_and_table(world: World, ada: Person) -> None:
    """The same elements as the page, by id."""
    put(world.sql, ada.company_id, 10)
    text = ada.fragment("/storage").text
    assert 'id="verdict"' in text
    assert 'id="folders"' in text
    assert "<html" not in text


def test_a_platform_admin_sees_all_companies_and_costs(world: World, ada: Person, cleo: Person, pat: Person) -> None:
    """Largest first, with the costs beside; whatever other companies store."""
    name = own_name(world, ada)
    world.sql.execute("UPDATE companies SET name = %s WHERE id = %s", (name, cleo.company_id))
    put(world.sql, ada.company_id, 10**15)
    put(world.sql, cleo.company_id, 2 * 10**15, provider="s3")
    with ada.app.app_context():
        fold()
    text = pat.get(f"/storage?q={name}").text
    first, second = text.index(f"usage-{cleo.company_slug}"), text.index(f"usage-{ada.company_slug}")
    assert first < second
    assert "What it would cost elsewhere" in text
    assert "Amazon S3 Standard, us-east-1" in text


def test_the_sentence_on_all_says_where_the_same_would_cost_less(app: Flask) -> None:
    """From list prices, and from what is stored alone."""
    usage = Usage([Slice("documents", "s3", Class.LIVE, Sum(1, 10**15))])
    months = {"s3": Month(byte_months=Decimal(10**15))}
    settings = app.config["SETTINGS"].model_copy(update={"s3_profile": "aws"})
    verdict = looks.verdict_on_all(usage, make_bills(usage, months, shipped(), settings), None)
    assert verdict.text.startswith("1.0 PB cost about $")
    assert "a month on Amazon S3 Standard, us-east-1" in verdict.text
    assert verdict.text.endswith("the same would cost")
    assert verdict.cheaper


def test_own_disks_without_a_price_cost_a_dash(app: Flask) -> None:
    """Not nothing; and what is below a cent is said so."""
    usage = Usage([Slice("documents", "local", Class.LIVE, Sum(1, 1000))])
    bills = make_bills(usage, {"local": Month(byte_months=Decimal(1000))}, shipped(), app.config["SETTINGS"])
    assert looks.cost_words(bills.now[0], bills.now[0].cost.total) == "—"
    assert looks.cost_words(bills.elsewhere[0], bills.elsewhere[0].cost.total) == "under $0.01"
    assert "1.0 KB in 1 file on own disks, which have no price yet" in looks.verdict_on_all(usage, bills, None).text


def test_companies_page_by_page_without_gaps(world: World, pat: Person) -> None:
    """By size, by name, by when it is full: each company once."""
    mine = [world.company("paged") for _ in range(7)]
    for number, one in enumerate(mine):
        put_many(world.sql, one["id"], number + 1)
    with pat.app.app_context():
        fold()
        watch.forecast()
    for sort in ("size", "name", "full"):
        seen: list[str] = []
        after = ""
        while True:
            answer = pat.get(f"/api/storage/companies?sort={sort}&limit=2&q=Paged&after={after}").json
            assert answer is not None
            seen += [one["company"] for one in answer["items"]]
            if answer["nextCursor"] is None:
                break
            after = answer["nextCursor"]
        assert len(seen) == len(set(seen))
        assert {one["slug"] for one in mine} <= set(seen)
        if sort == "size":
            assert [slug for slug in seen if slug in {one["slug"] for one in mine}] == [
                one["slug"] for one in reversed(mine)
            ]
    wrong = pat.get("/api/storage/companies?sort=size&limit=1").json
    assert wrong is not None
    assert pat.get(f"/api/storage/companies?sort=name&after={wrong['nextCursor']}").status_code == 400


def test_only_the_platform_sees_companies_and_costs(ada: Person, vera: Person, pat: Person) -> None:
    """A company's admin gets neither."""
    for path in ("/api/storage/companies", "/api/storage/costs", "/storage/prices"):
        assert ada.get(path).status_code == 403
        assert vera.get(path).status_code == 403
        assert pat.get(path).status_code == 200


def test_files_are_counted_alike_everywhere(world: World, ada: Person, pat: Person) -> None:
    """On the page, in the stats and in the list of companies; what is in the trash or arriving stands apart."""
    for state in ("ready", "ready", "trashed", "pending"):
        put(world.sql, ada.company_id, 10, state=state)
    with ada.app.app_context():
        fold()
    name = own_name(world, ada)
    found = pat.get(f"/api/storage/companies?q={name}").json
    stats = ada.get("/api/storage/stats").json
    assert found is not None
    assert stats is not None
    assert found["items"][0]["files"] == stats["totalFiles"] == 2
    assert found["items"][0]["bytes"] == stats["used"]["size"] == 40
    text = ada.get("/storage").text
    assert text.count("2 files, 1 in the trash, 1 arriving") == 2
    assert '<td class="n p3">1, 10 B</td>' in text
    assert "3 files, with those in the trash" in ada.get("/storage/export").text


def test_a_forecast_is_kept_for_the_list(world: World, ada: Person, pat: Person) -> None:
    """Ten days of growth, and twelve more until it is full."""
    put(world.sql, ada.company_id, 100 * GB)
    with ada.app.app_context():
        fold()
    for ago in range(1, 11):
        world.sql.execute(
            "INSERT INTO storage_days (company_id, category, provider, day, bytes) VALUES (%s, '', '', %s, %s)",
            (ada.company_id, clock.now().date() - timedelta(days=ago), (100 - 5 * ago) * GB),
        )
    world.sql.execute(
        "INSERT INTO storage_quotas (company_id, category, hard_bytes) VALUES (%s, '', %s)", (ada.company_id, 160 * GB)
    )
    with ada.app.app_context():
        watch.forecast()
    row = world.sql.execute("SELECT full_on FROM storage_totals WHERE company_id = %s", (ada.company_id,)).fetchone()
    assert row == {"full_on": clock.now().date() + timedelta(days=12)}
    found = pat.get("/api/storage/companies?sort=full&limit=200").json
    assert found is not None
    mine = next(one for one in found["items"] if one["company"] == ada.company_slug)
    assert (mine["full"], mine["fullInDays"], mine["weekBytes"]) == ("soon", 12, 35 * GB)
    assert "in 12 days" in ada.get("/storage").text
