"""Partners' feeds as JSON."""

from flask import Blueprint

from app.core.api import contract
from app.core.errors import InvalidCursor, NotFound
from app.core.outside import AddressRefused
from app.feeds import reads, service
from app.feeds.problems import FeedNameTaken, FeedPaused
from app.feeds.schemas import (
    EditFeed,
    FeedOut,
    FeedsOut,
    NewFeed,
    PageQuery,
    RefusalOut,
    RefusalsOut,
    RunOut,
    RunsOut,
    StartedOut,
)

api_bp = Blueprint("feeds_api", __name__, url_prefix="/api/feeds")


@api_bp.get("")
@contract(scope="company:read", returns={200: FeedsOut}, tag="Feeds")
def list_feeds() -> FeedsOut:
    """List the feeds of the company."""
    return FeedsOut(items=[FeedOut.of(row) for row in reads.list_feeds()])


@api_bp.post("")
@contract(
    scope="company:write", body=NewFeed, returns={201: FeedOut}, problems=[AddressRefused, FeedNameTaken], tag="Feeds",
)  # fmt: skip
def create_feed(body: NewFeed) -> FeedOut:
    """Add a partner's feed. Nothing is fetched before its first run."""
    return FeedOut.of(service.add_feed(body))


@api_bp.get("/<string:feed_id>")
@contract(scope="company:read", returns={200: FeedOut}, problems=[NotFound], tag="Feeds")
def show_feed(feed_id: str) -> FeedOut:
    """Return one feed."""
    return FeedOut.of(reads.find_feed(feed_id))


@api_bp.patch("/<string:feed_id>")
@contract(
    scope="company:write", body=EditFeed, returns={200: FeedOut}, problems=[NotFound, AddressRefused, FeedNameTaken],
    tag="Feeds",
)  # fmt: skip
def edit_feed(feed_id: str, body: EditFeed) -> FeedOut:
    """Change a feed. Another address is read from its beginning; at another host the token must be given again."""
    return FeedOut.of(service.edit_feed(feed_id, body))


@api_bp.post("/<string:feed_id>/runs")
@contract(scope="company:write", returns={202: StartedOut}, problems=[NotFound, FeedPaused], tag="Feeds")
def create_run(feed_id: str) -> StartedOut:
    """Fetch what is new, as a job."""
    return StartedOut(job_id=service.queue_run(feed_id))


@api_bp.post("/<string:feed_id>/tests")
@contract(scope="company:write", returns={202: StartedOut}, problems=[NotFound], tag="Feeds")
def create_test(feed_id: str) -> StartedOut:
    """Fetch one page and place nothing, as a job."""
    return StartedOut(job_id=service.queue_run(feed_id, is_test=True))


@api_bp.post("/<string:feed_id>/pause")
@contract(scope="company:write", returns={200: FeedOut}, problems=[NotFound], tag="Feeds")
def pause_feed(feed_id: str) -> FeedOut:
    """Fetch nothing until it is resumed."""
    return FeedOut.of(service.pause_feed(feed_id))


@api_bp.delete("/<string:feed_id>/pause")
@contract(scope="company:write", returns={200: FeedOut}, problems=[NotFound], tag="Feeds")
def resume_feed(feed_id: str) -> FeedOut:
    """Fetch again."""
    return FeedOut.of(service.resume_feed(feed_id))


@api_bp.delete("/<string:feed_id>/cursor")
@contract(scope="company:write", returns={200: FeedOut}, problems=[NotFound], tag="Feeds")
def reset_feed(feed_id: str) -> FeedOut:
    """Read from the beginning again. No order is placed twice; refused ones are tried again."""
    return FeedOut.of(service.reset_feed(feed_id))


@api_bp.get("/<string:feed_id>/runs")
@contract(
    scope="company:read", query=PageQuery, returns={200: RunsOut}, problems=[NotFound, InvalidCursor], tag="Feeds"
)
def list_runs(feed_id: str, query: PageQuery) -> RunsOut:
    """List the runs of a feed, newest first."""
    reads.find_feed(feed_id)
    rows, cursor = reads.list_runs(feed_id, limit=query.limit, after=query.after)
    return RunsOut(items=[RunOut.of(row) for row in rows], next_cursor=cursor)


@api_bp.get("/<string:feed_id>/refusals")
@contract(scope="company:read", returns={200: RefusalsOut}, problems=[NotFound], tag="Feeds")
def list_refusals(feed_id: str) -> RefusalsOut:
    """List the newest orders and lines that could not be ordered."""
    reads.find_feed(feed_id)
    return RefusalsOut(items=[RefusalOut.model_validate(one) for one in reads.list_refusals(feed_id)])
