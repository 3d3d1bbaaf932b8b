"""Taking a migration back: before the switch, after it, and with files made since."""

from flask import Flask

from app.core.installation import installation
from app.storage import mirroring, routing
from app.storage.migrating import service
from app.storage.migrating.runner import Ended, run
from app.storage.reads.files import find_file
from app.storage.service.opening import open_file
from tests.storage.migrating.conftest import Move, look
from tests.storage.shelf import is_counted_exactly, put_file
from tests.world import Person


def test_a_way_back_loses_nothing_made_since(places: Flask, ada: Person, moved: Move, superuser_url: str) -> None:
    with ada.acting():
        old = put_file("old.txt", b"old")
    row = moved(company="")  # all there is: new files follow
    with ada.acting():
        assert (routing.writes_to(), routing.mirrors_to()) == ("local", "s3")
        assert (put_file("meanwhile.txt").mirror) == "s3"
    with places.app_context():
        with installation():
            service.switch(row.id, "cheaper")
        assert run(row.id) is Ended.RESTS
    with ada.acting():
        mirrored, fresh = put_file("mirrored.txt", b"mirrored"), None
        assert (mirrored.provider, mirrored.mirror) == ("s3", "local")
        mirroring.catch_up()
        fresh = put_file("fresh.txt", b"fresh")
        assert find_file(mirrored.id).mirrored_at is not None
        assert find_file(fresh.id).mirrored_at is None
    with places.app_context():
        with installation():
            service.roll_back(row.id, "it is slow")
        assert run(row.id) is Ended.RESTS
        assert (routing.writes_to(), routing.mirrors_to()) == ("local", "")
    assert look(places, row.id).phase == "rolled-back"
    with ada.acting():
        for one, body in ((old, b"old"), (mirrored, b"mirrored"), (fresh, b"fresh")):
            now = find_file(one.id)
            assert now.provider == "local"
            with open_file(now) as pieces:
                assert b"".join(pieces) == body
        assert put_file("after.txt").provider == "local"
    assert is_counted_exactly(superuser_url, ada.company_id)


def test_stopping_before_the_switch_changes_no_file(places: Flask, ada: Person, begun: Move) -> None:
    with ada.acting():
        one = put_file("one.txt")
    row = begun()
    with places.app_context(), installation():
        assert service.roll_back(row.id, "not today").phase == "stopped"
        assert service.stop(service.plan("local", "s3").id).phase == "stopped"
    with ada.acting():
        assert (find_file(one.id).provider, find_file(one.id).mirror) == ("local", "")
