"""What people do to feeds."""

from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.core import outside, tasks
from app.core.db import transaction
from app.core.errors import NotFound
from app.core.ids import new_ulid
from app.core.jobs.dedupe import Dedupe
from app.core.outbox import record
from app.core.setting import current_settings
from app.core.tenancy import current_company_id
from app.feeds import reads
from app.feeds.events import FeedAdded, FeedChanged
from app.feeds.models import Feed
from app.feeds.problems import FeedNameTaken, FeedPaused
from app.feeds.schemas import EditFeed, NewFeed
from app.feeds.service.tokens import seal_token


def add_feed(new: NewFeed) -> Feed:
    """Write a feed down.

    Raises:
        AddressRefused: Its address may not be called.
        FeedNameTaken: There is one of that name.
    """
    check_address(new.url)
    feed_id = new_ulid()
    feed = Feed(
        company_id=current_company_id(), id=feed_id, name=new.name, url=new.url, token=seal_token(new.token, feed_id)
    )
    with transaction() as session:
        try:
            with session.begin_nested():
                session.add(feed)
                session.flush()
        except IntegrityError:
            raise FeedNameTaken(name=new.name) from None
        record(FeedAdded(id=feed.id, name=feed.name, host=host_of(feed.url)))
    return feed


def check_address(url: str) -> None:
    """Refuse an address that may not be called. Where its name leads is looked at when it is called.

    Raises:
        AddressRefused: It may not.
    """
    outside.check_url(url, current_settings().private_feeds)


def host_of(url: str) -> str:
    """Return the host of an address."""
    return urlsplit(url).hostname or ""


def edit_feed(feed_id: str, edit: EditFeed) -> Feed:
    """Change a feed. Another address begins at the beginning: a cursor means nothing to anybody else.

    Raises:
        NotFound: No such feed.
        AddressRefused, FeedNameTaken: As above.
    """
    with transaction() as session:
        feed = lock_feed(feed_id)
        if edit.url is not None and edit.url != feed.url:
            check_address(edit.url)
            if host_of(edit.url) != host_of(feed.url):
                feed.token = ""  # it was given for the other host
            feed.url, feed.cursor, feed.not_before = edit.url, "", None
        feed.token = seal_token(edit.token, feed.id) if edit.token else feed.token
        feed.name = edit.name or feed.name
        try:
            with session.begin_nested():
                _touch(feed, "changed")
                session.flush()
        except IntegrityError:
            raise FeedNameTaken(name=edit.name or "") from None
    return feed


def pause_feed(feed_id: str) -> Feed:
    """Fetch nothing until somebody resumes it. Pausing twice changes nothing."""
    return _set_state(feed_id, "paused", "paused")


def resume_feed(feed_id: str) -> Feed:
    """Fetch again. Resuming twice changes nothing."""
    return _set_state(feed_id, "on", "resumed")


def _set_state(feed_id: str, state: str, act: str) -> Feed:
    with transaction():
        feed = lock_feed(feed_id)
        if feed.state != state:
            feed.state = state
            _touch(feed, act)
    return feed


def reset_feed(feed_id: str) -> Feed:
    """Read from the beginning again: orders that were placed stay as they are, those refused are tried again."""
    with transaction():
        feed = lock_feed(feed_id)
        feed.cursor = ""
        _touch(feed, "set back to the beginning")
    return feed


def lock_feed(feed_id: str) -> Feed:
    """Lock a feed until the transaction ends.

    Raises:
        NotFound: No such feed.
    """
    query = sa.select(Feed).where(Feed.id == feed_id).with_for_update().execution_options(populate_existing=True)
    with transaction() as session:
        feed = session.scalars(query).one_or_none()
    if feed is None:
        raise NotFound
    return feed


def _touch(feed: Feed, act: str) -> None:
    feed.version += 1
    record(FeedChanged(id=feed.id, name=feed.name, act=act))


def queue_run(feed_id: str, *, is_test: bool = False) -> str:
    """Queue a run of a feed, or a test of it, and return the job's id. One run of a feed at a time.

    Raises:
        NotFound: No such feed.
        FeedPaused: It is paused; a test is made all the same.
    """
    feed = reads.find_feed(feed_id)
    if feed.state != "on" and not is_test:
        raise FeedPaused(name=feed.name)
    title = f"Test the feed {feed.name}" if is_test else f"Orders from {feed.name}"
    key, dedupe = f"feed:{feed.id}", Dedupe.AFTER if is_test else Dedupe.DROP
    return tasks.enqueue("feeds.sync", {"feed_id": feed_id, "is_test": is_test}, title=title, key=key, dedupe=dedupe)


def queue_all() -> list[str]:
    """Queue a run of every feed that is not paused."""
    return [queue_run(feed.id) for feed in reads.list_feeds() if feed.state == "on"]
