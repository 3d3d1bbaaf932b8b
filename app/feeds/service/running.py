"""A run of a feed: page after page is fetched, each order placed once, the cursor kept when its page is in.

What makes it safe to be killed anywhere: an order and the row that remembers its name are one transaction, and the
cursor moves in a transaction after all orders of its page. So a page may be read twice, and then brings nothing.
"""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import sqlalchemy as sa

from app.core import clock, outside
from app.core.db import transaction
from app.core.errors import Problem
from app.core.ids import new_ulid
from app.core.outbox import record
from app.core.present import plural
from app.core.setting import current_settings
from app.core.tasks import current_job_id, progress, say
from app.core.tenancy import current_company_id
from app.feeds import reads
from app.feeds.events import FeedSynced
from app.feeds.models import Feed, FeedRun
from app.feeds.pages import FeedPage, read_page
from app.feeds.problems import FeedRefused
from app.feeds.service.placing import Outcome, ground_of, take_order
from app.feeds.service.tokens import read_token, seal_old

TIME_LIMIT_S = 20.0
MOST_PAGES = 500  # the next run goes on
HINTS = {
    401: "the token is wrong or missing.",
    403: "the token may not read this.",
    404: "there is nothing at this address.",
}
TOO_MANY = 429


def run_feed(feed_id: str, *, is_test: bool = False) -> FeedRun | None:
    """Fetch what is new, or one page without placing anything; None when it is paused or the partner wants to rest.

    Raises:
        NotFound: No such feed.
        FeedRefused, FeedUnreadable, AddressRefused: Trying again does not help before somebody changes something.
        OutsideFailed: The partner is away.
        Problem: `circuit-open`: the breaker rests.
    """
    with transaction() as session:
        feed = reads.find_feed(feed_id)
        session.expunge(feed)  # what the run notes on it is written in one place
    if not is_test and (feed.state != "on" or (feed.not_before or clock.now()) > clock.now()):
        return None
    seal_old(feed)
    run = _begin(feed, is_test=is_test)
    try:
        (_try_page if is_test else _fetch_all)(feed, run)
    except outside.OutsideFailed as error:
        _end(feed, run, f"{error}.", error.wait_s)
        if error.wait_s is None:
            raise
    except Problem as problem:
        _end(feed, run, problem.sentence)
        raise
    else:
        _end(feed, run)
    return run


def _begin(feed: Feed, *, is_test: bool) -> FeedRun:
    """Write the run down; one of this feed that has not ended lost its worker."""
    lost = sa.update(FeedRun).where(FeedRun.feed_id == feed.id, FeedRun.ended_at.is_(None))
    run = FeedRun(company_id=current_company_id(), id=new_ulid(), feed_id=feed.id, job_id=_job_id(), is_test=is_test)
    with transaction() as session:
        session.execute(lost.values(ended_at=clock.now(), error="Its worker was lost. The next run went on."))
        session.add(run)
        session.flush()
        session.expunge(run)
    return run


def _job_id() -> str:
    try:
        return current_job_id()
    except LookupError:  # run by hand
        return ""


def _try_page(feed: Feed, run: FeedRun) -> None:
    page = fetch_page(feed)
    run.pages = 1
    say(f"{plural(len(page.orders), 'order')} on the first page; {'more follow' if page.next else 'it is the last'}.")


def _fetch_all(feed: Feed, run: FeedRun) -> None:
    with transaction():
        ground = ground_of()
    for _ in range(MOST_PAGES):
        page = fetch_page(feed)
        for order in page.orders:
            _count(run, take_order(feed.id, run.id, order, ground))
        run.pages += 1
        run.refused += page.nameless
        if page.nameless:
            say(f"{plural(page.nameless, 'order')} without a ref left out: nothing tells a second delivery.", "warning")
        is_more = page.next is not None and page.next != feed.cursor
        _keep_page(feed, run, page)
        progress(run.pages, None, f"{plural(run.pages, 'page')}, {plural(run.placed, 'order')} placed")
        if not is_more:
            return
    say(f"Stopped after {MOST_PAGES} pages. The next run goes on.", "warning")


def _count(run: FeedRun, outcome: Outcome) -> None:
    run.placed += outcome.is_placed
    run.known += outcome.is_known
    run.refused += outcome.refused


def _keep_page(feed: Feed, run: FeedRun, page: FeedPage) -> None:
    """Move the cursor: everything of its page is in. The last page has none behind it, and is read again next time."""
    feed.cursor = page.next or feed.cursor
    counts = {name: getattr(run, name) for name in ("pages", "placed", "known", "refused")}
    with transaction() as session:
        session.execute(sa.update(Feed).where(Feed.id == feed.id, Feed.url == feed.url).values(cursor=feed.cursor))
        session.execute(sa.update(FeedRun).where(FeedRun.id == run.id).values(**counts))


def fetch_page(feed: Feed) -> FeedPage:
    """Fetch and read the page after the cursor.

    Raises:
        FeedRefused, FeedUnreadable, AddressRefused, OutsideFailed, Problem: As `run_feed`.
    """
    token = read_token(feed)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = outside.call(
        "external-api", "GET", with_cursor(feed.url, feed.cursor), headers=headers, timeout_s=TIME_LIMIT_S,
        trusted=current_settings().private_feeds,
    )  # fmt: skip
    if answer.status == TOO_MANY:
        raise outside.OutsideFailed("The partner says we ask too often", answer.wait_s or 60.0)
    if answer.status != 200:  # noqa: PLR2004 (HTTP's)
        hint = HINTS.get(answer.status, "ask the partner what that means.")
        raise FeedRefused(answered=answer.status, hint=hint)
    return read_page(answer.body)


def with_cursor(url: str, cursor: str) -> str:
    """Return a feed's address with the cursor in it."""
    if not cursor:
        return url
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "cursor"]
    return urlunsplit(parts._replace(query=urlencode([*kept, ("cursor", cursor)]), fragment=""))


def _end(feed: Feed, run: FeedRun, error: str = "", wait_s: float | None = None) -> None:
    """Write how the run ended, for the run and for the feed."""
    now = clock.now()
    run.ended_at, run.error = now, error
    counts = {name: getattr(run, name) for name in ("pages", "placed", "known", "refused", "ended_at", "error")}
    about: dict[str, Any] = {"last_run_at": now, "error": error}
    if not error:
        about["last_ok_at"] = now
    if not run.is_test:
        about["not_before"] = now + timedelta(seconds=wait_s) if wait_s else None
    with transaction() as session:
        session.execute(sa.update(FeedRun).where(FeedRun.id == run.id).values(**counts))
        session.execute(sa.update(Feed).where(Feed.id == feed.id).values(**about))
        if run.placed or run.refused:
            record(FeedSynced(id=feed.id, name=feed.name, placed=run.placed, refused=run.refused))
