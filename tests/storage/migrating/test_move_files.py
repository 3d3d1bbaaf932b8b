"""Moving files: copied, verified, switched, and removed at the source after the days of grace."""

import pytest
from flask import Flask

from app.core.errors import InvalidInput
from app.core.installation import installation
from app.storage import providers
from app.storage.migrating import service
from app.storage.migrating.problems import NotClean, StillInGrace
from app.storage.migrating.runner import Ended, run
from app.storage.reads.files import find_file
from app.storage.service.opening import open_file
from app.storage.service.trash import trash
from tests.storage.migrating.conftest import Move, look
from tests.storage.shelf import TEXT, is_counted_exactly, keys_at, put_file
from tests.world import Person


def test_files_move_byte_for_byte(places: Flask, ada: Person, moved: Move, superuser_url: str) -> None:
    bodies = [f"letter {number}\n".encode() * (number + 1) for number in range(30)] + [b"x" * 3_000_001]
    with ada.acting():
        files = [put_file(f"{number}.txt", body) for number, body in enumerate(bodies)]
        trash([files[3].id])
    row = moved()
    assert (row.phase, row.figures["states"]["verified"]["files"]) == ("ready", 31)
    with ada.acting():
        assert keys_at("s3") == keys_at("local") == {one.key for one in files}
        assert {find_file(one.id).provider for one in files} == {"local"}
    switch(places, row.id)
    with ada.acting():
        for one, body in zip(files, bodies, strict=True):
            now = find_file(one.id)
            assert (now.provider, now.mirror) == ("s3", "local")
            if now.state == "ready":
                with open_file(now) as pieces:
                    assert b"".join(pieces) == body
        assert keys_at("local") == {one.key for one in files}
    assert is_counted_exactly(superuser_url, ada.company_id)


def test_the_source_is_removed_after_the_days_of_grace(places: Flask, ada: Person, moved: Move) -> None:
    with ada.acting():
        files = [put_file(f"{number}.txt") for number in range(5)]
    row = moved()
    switch(places, row.id)
    with places.app_context(), installation():
        with pytest.raises(StillInGrace):
            service.remove(row.id, typed="local", reason="the disk is full")
        service.limit(row.id, {"grace_days": 0})
        with pytest.raises(InvalidInput):
            service.remove(row.id, typed="the disk", reason="the disk is full")
        service.remove(row.id, typed="local", reason="the disk is full")
    with places.app_context():
        assert run(row.id) is Ended.RESTS
    assert look(places, row.id).phase == "done"
    with ada.acting():
        assert keys_at("local") == set()
        assert keys_at("s3") == {one.key for one in files}
        assert {(find_file(one.id).provider, find_file(one.id).mirror) for one in files} == {("s3", "")}


def test_a_bad_copy_keeps_the_source(places: Flask, ada: Person, moved: Move) -> None:
    with ada.acting():
        files = [put_file(f"{number}.txt") for number in range(3)]
    row = moved(options={"grace_days": 0})
    switch(places, row.id)
    with places.app_context():
        providers.provider("s3").delete([files[1].key])
        with installation():
            service.remove(row.id, typed="local", reason="the disk is full")
        assert run(row.id) is Ended.RESTS
    assert look(places, row.id).phase == "soaking"
    with ada.acting():
        assert keys_at("local") == {files[1].key}
        with open_file(find_file(files[1].id)) as pieces:
            assert b"".join(pieces) == TEXT
    with places.app_context(), installation(), pytest.raises(NotClean):
        service.remove(row.id, typed="local", reason="once more")
    with places.app_context():
        with installation():
            service.roll_back(row.id, "the copy was bad")
        assert run(row.id) is Ended.RESTS
    with ada.acting():
        assert find_file(files[1].id).provider == "local"


def test_the_dry_run_says_what_the_run_does(places: Flask, ada: Person, begun: Move) -> None:
    with ada.acting():
        bodies = [f"{number}".encode() * (number + 5) for number in range(40)]
        for number, body in enumerate(bodies):
            put_file(f"{number}.txt", body)
    row = begun(options={"verify_percent": 30})
    with ada.acting():
        assert keys_at("s3") == set()
    with places.app_context():
        run(row.id)
    done = look(places, row.id)
    states = done.figures["states"]["verified"]
    assert (done.plan["files"], done.plan["bytes"]) == (40, sum(map(len, bodies))) == (states["files"], states["bytes"])
    for act in ("source_reads", "target_writes", "target_stats", "target_reads"):
        assert done.plan[act] == done.figures[act], act
    assert 0 < done.plan["target_reads"] < 40
    assert (done.plan["cost"]["once"], done.plan["cost"]["currency"]) == ("0.00", "USD")  # own disks, both of them


def switch(places: Flask, migration_id: str) -> None:
    """Switch, and see it through."""
    with places.app_context():
        with installation():
            service.switch(migration_id, "cheaper")
        assert run(migration_id) is Ended.RESTS
        assert look(places, migration_id).phase == "soaking"


def test_a_list_verifies_what_it_shows_unchanged(places: Flask, ada: Person, begun: Move) -> None:
    with ada.acting():
        files = [put_file(f"{number}.txt", f"{number}".encode() * 50) for number in range(12)]
    row = begun(options={"by_list": True})
    with places.app_context():
        run(row.id)
    done = look(places, row.id)
    assert (done.phase, done.figures["states"]["verified"]["files"]) == ("ready", len(files))
    assert (done.figures["target_lists"], done.figures["target_stats"]) == (1, 0)
    assert (done.plan["target_lists"], done.plan["target_stats"]) == (1, 0)
