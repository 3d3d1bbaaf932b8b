"""Second places: copies made behind the writes, a provider that is away, and files kept on disk in need."""

from collections.abc import Callable

from flask import Flask

from app.breakers import registry
from app.core.tenancy import acting_for
from app.storage import mirroring, routing
from app.storage.adapters.protocol import Provider, ProviderAway
from app.storage.mirroring import Rests
from app.storage.providers import provider
from app.storage.reads.files import find_file
from app.storage.service import deleting
from app.storage.service.opening import open_file
from app.storage.service.trash import purge, trash
from tests.storage import servers
from tests.storage.servers import Server
from tests.storage.shelf import TEXT, keys_at, put_file
from tests.world import Person


def test_a_copy_follows_and_the_lag_is_told(places: Flask, ada: Person) -> None:
    with ada.acting():
        routing.change(writes_to="local", mirrors_to="s3", reason="two places")
        before = mirroring.lag().files  # files of other tests whose places are gone
        one = put_file("one.txt")
        assert mirroring.lag().files == before + 1
        mirroring.catch_up()
        assert find_file(one.id).mirrored_at is not None
        assert keys_at("s3") == {one.key}
        assert mirroring.lag().files == before


def test_a_file_without_its_first_place_is_read_at_the_second(places: Flask, ada: Person) -> None:
    with ada.acting():
        routing.change(writes_to="local", mirrors_to="s3", reason="two places")
        one = put_file("one.txt")
        mirroring.catch_up()
        provider("local").delete([one.key])
        with open_file(find_file(one.id)) as pieces:
            assert b"".join(pieces) == TEXT


def test_a_file_deleted_while_it_is_copied_leaves_no_copy(places: Flask, ada: Person) -> None:
    with ada.acting():
        routing.change(writes_to="local", mirrors_to="s3", reason="two places")
        one = put_file("one.txt")

        def delete_it_now(name: str) -> Provider:
            if name == "s3":
                with acting_for(ada.company_id):
                    trash([one.id])
                    purge([one.id])
                    deleting.delete_due()
            return provider(name)

        mirroring.catch_up(delete_it_now, rests=Rests())
        assert keys_at("s3") == keys_at("local") == set()


def test_what_was_kept_on_disk_in_need_goes_where_it_belongs(
    app_with: Callable[..., Flask], ada: Person, seaweed: Server, bucket: str
) -> None:  # fmt: skip
    there = servers.settings_of(seaweed, bucket)
    nowhere = f"http://127.0.0.1:{servers.find_ports(1)[0]}"
    app_with(storage_provider="s3", storage_fallback=True, **{**there, "s3_endpoint": nowhere})
    with ada.acting():
        one = put_file("one.txt")
        assert (one.provider, one.mirror, one.state) == ("local", "s3", "ready")
        assert mirroring.catch_up(rests=Rests()) == 0
        assert find_file(one.id).provider == "local"
    app_with(storage_provider="s3", **there)
    registry.reset("storage")
    with ada.acting():
        assert mirroring.catch_up(rests=Rests()) >= 1
        now = find_file(one.id)
        assert (now.provider, now.mirror) == ("s3", "")
        assert keys_at("s3") == {one.key}
        assert keys_at("local") == set()


def test_a_provider_that_is_away_is_left_alone_for_a_while(places: Flask, ada: Person) -> None:
    asked: list[str] = []

    def away(name: str) -> Provider:
        asked.append(name)
        if name == "s3":
            raise ProviderAway("no route")
        return provider(name)

    with ada.acting():
        routing.change(writes_to="local", mirrors_to="s3", reason="two places")
        for number in range(5):
            put_file(f"{number}.txt")
        assert mirroring.catch_up(away, rests=Rests()) == 0
    assert asked.count("s3") == 1
