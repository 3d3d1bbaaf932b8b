"""Partners' tokens are not readable where they are stored, and are sent as they were given."""

from app.core.sealed import is_sealed
from app.feeds import service
from app.feeds.models import Feed
from app.feeds.schemas import EditFeed
from app.feeds.service.tokens import read_token, seal_old
from tests.world import Person


def kept(person: Person, feed: Feed) -> str:
    row = person.world.sql.execute("SELECT token FROM feeds WHERE id = %s", (feed.id,)).fetchone()
    assert row is not None
    return str(row["token"])


def test_a_token_is_sealed_when_it_is_given_and_when_it_is_changed(ada: Person, feed: Feed) -> None:
    first = kept(ada, feed)
    assert is_sealed(first)
    assert "their-token" not in first
    with ada.acting():
        assert read_token(feed) == "their-token"
        changed = service.edit_feed(feed.id, EditFeed(token="another"))
        assert read_token(changed) == "another"
    assert kept(ada, feed) != first


def test_one_of_the_time_before_is_sealed_and_still_works(ada: Person, feed: Feed) -> None:
    ada.world.sql.execute("UPDATE feeds SET token = 'plain-one' WHERE id = %s", (feed.id,))
    with ada.acting():
        feed.token = "plain-one"
        assert read_token(feed) == "plain-one"
        seal_old(feed)
    assert is_sealed(kept(ada, feed))
