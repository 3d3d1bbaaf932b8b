"""Pages of partners' feeds: add, test, run, pause, and what each run brought."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from app.core import live
from app.core.access import allow
from app.core.api import parse_form, parse_query
from app.core.errors import Problem
from app.core.idempotency import once
from app.core.present import query_with
from app.core.web import done, page
from app.feeds import reads, service
from app.feeds.schemas import EditFeed, NewFeed, PageQuery
from app.inventory.forms import submit

bp = Blueprint("feeds", __name__)
FIELDS = {"feed-name-taken": "name", "address-refused": "url"}


@bp.get("/feeds")
@allow("company:read")
def list_feeds() -> Response:
    """The feeds of the company, and the form of a new one."""
    return feeds_page()


def feeds_page(**refused: Any) -> Response:  # Any: the refused form
    """Render the list, with a refused form on it if there is one."""
    state = live.state("feeds", "jobs")
    return page("feeds/index.html", live=state, feeds=reads.list_feeds(), **({"values": {}, "errors": {}} | refused))


@bp.post("/feeds")
@allow("company:write")
def create_feed() -> Response:
    """Add a feed."""

    def act() -> Response:
        feed = service.add_feed(parse_form(NewFeed))
        return done(url_for("feeds.show_feed", feed_id=feed.id), toast=f"{feed.name} added. Test it before it runs.")

    return submit(act, lambda problem, errors: feeds_page(values=sent(), errors=errors_of(problem, errors)))


@bp.get("/feeds/<string:feed_id>")
@allow("company:read")
def show_feed(feed_id: str) -> Response:
    """One feed: how it stands, its runs, and what was refused."""
    return feed_page(feed_id)


def feed_page(feed_id: str, **refused: Any) -> Response:  # Any: as above
    """Render a feed, with a refused form on it if there is one."""
    state = live.state("feeds", "jobs")
    query = PageQuery() if refused else parse_query(PageQuery)
    feed = reads.find_feed(feed_id)
    runs, cursor = reads.list_runs(feed_id, limit=query.limit, after=query.after)
    return page(
        "feeds/show.html", block="detail", live=state, feed=feed, runs=runs, refusals=reads.list_refusals(feed_id),
        older=query_with(after=cursor) if cursor else None, is_first=query.after is None,
        **({"values": {}, "errors": {}} | refused),
    )  # fmt: skip


@bp.post("/feeds/<string:feed_id>/details")
@allow("company:write")
def edit_feed(feed_id: str) -> Response:
    """Change a feed's name, address or token."""

    def act() -> Response:
        feed = service.edit_feed(feed_id, parse_form(EditFeed))
        return done(url_for("feeds.show_feed", feed_id=feed_id), toast=f"{feed.name} changed.")

    return submit(act, lambda problem, errors: feed_page(feed_id, values=sent(), errors=errors_of(problem, errors)))


@bp.post("/feeds/<string:feed_id>/runs")
@allow("company:write")
@once
def create_run(feed_id: str) -> Response:
    """Fetch what is new."""
    service.queue_run(feed_id)
    return done(url_for("feeds.show_feed", feed_id=feed_id), toast="Fetching: started. What it brings stands below.")


@bp.post("/feeds/<string:feed_id>/tests")
@allow("company:write")
@once
def create_test(feed_id: str) -> Response:
    """Fetch one page and place nothing."""
    service.queue_run(feed_id, is_test=True)
    return done(url_for("feeds.show_feed", feed_id=feed_id), toast="Test: started. It places nothing.")


@bp.post("/feeds/<string:feed_id>/pause")
@allow("company:write")
@once
def pause_feed(feed_id: str) -> Response:
    """Fetch nothing for a while; the toast offers to undo it."""
    feed = service.pause_feed(feed_id)
    undo = url_for("feeds.resume_feed", feed_id=feed_id)
    return done(url_for("feeds.show_feed", feed_id=feed_id), toast=f"{feed.name} is paused.", undo=undo)


@bp.post("/feeds/<string:feed_id>/resumption")
@allow("company:write")
@once
def resume_feed(feed_id: str) -> Response:
    """Fetch again."""
    feed = service.resume_feed(feed_id)
    return done(url_for("feeds.show_feed", feed_id=feed_id), toast=f"{feed.name} is fetched again.")


@bp.post("/feeds/<string:feed_id>/beginning")
@allow("company:write")
@once
def reset_feed(feed_id: str) -> Response:
    """Read from the beginning with the next run."""
    service.reset_feed(feed_id)
    return done(
        url_for("feeds.show_feed", feed_id=feed_id),
        toast="The next run reads from the beginning. No order is placed twice.",
    )


def sent() -> dict[str, str]:
    """Return what was typed, but never the token."""
    return {name: value for name, value in request.form.items() if name != "token"}


def errors_of(problem: Problem, errors: dict[str, str]) -> dict[str, str]:
    """Return a sentence by field name."""
    field = FIELDS.get(problem.code)
    return errors | ({field: problem.sentence} if field else {})
