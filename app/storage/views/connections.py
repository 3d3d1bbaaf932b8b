"""Pages of other people's buckets: connect one, look through it, count it. Nothing here writes to a bucket."""

from typing import Any

from flask import Blueprint, Response, make_response, redirect, request, url_for

from app.core import live
from app.core.access import allow
from app.core.api import parse_form, parse_query
from app.core.errors import InvalidInput, NotFound, Problem
from app.core.idempotency import once
from app.core.present import query_with
from app.core.web import done, page
from app.storage.connections import reads, service
from app.storage.connections.bucket import Page
from app.storage.connections.schemas import BrowseQuery, KeyQuery, NewConnection, NewSecret
from app.storage.models import Connection

connections_bp = Blueprint("connections", __name__, url_prefix="/connections")
READ, WRITE = "storage:read", "storage:write"
FIELDS = {"connection-name-taken": "name", "address-refused": "endpoint", "bucket-not-reached": "bucket"}
SECRETS = {"secretKey", "secret_key"}


@connections_bp.get("")
@allow(READ, installation=True)
def list_connections() -> Response:
    """The connections, and the form of a new one."""
    return list_page()


def list_page(status: int = 200, **refused: Any) -> Response:  # Any: the refused form
    """Render the list, with a refused form on it if there is one."""
    return page(
        "connections/index.html", status=status, live=live.state("connections"), connections=reads.list_connections(),
        **({"values": {}, "errors": {}} | refused),
    )  # fmt: skip


@connections_bp.post("")
@allow(WRITE, installation=True)
@once
def create_connection() -> Response:
    """Connect a bucket, once it has been looked at."""
    try:
        row = service.add(parse_form(NewConnection))
    except Problem as problem:
        return list_page(refusal(problem), values=sent(), errors=errors_of(problem))
    return done(url_for(".show_connection", connection_id=row.id), toast=f"{row.name} is connected.")


@connections_bp.get("/<string:connection_id>")
@allow(READ, installation=True)
def show_connection(connection_id: str) -> Response:
    """One connection: a folder of it, and what was counted."""
    return show_page(connection_id)


def show_page(connection_id: str, status: int = 200, **refused: Any) -> Response:  # Any: the refused form
    """Render a folder; a bucket that does not answer is said, and the rest is shown."""
    row = reads.find_connection(connection_id)
    query = BrowseQuery() if refused else parse_query(BrowseQuery)
    found, cursor, trouble = look(row, query)
    return page(
        "connections/show.html", block="detail", status=status, live=live.state("connections"), connection=row,
        found=found, trouble=trouble, prefix=query.prefix, trail=trail(query.prefix), usage=row.figures.get("usage"),
        older=query_with(after=cursor) if cursor else None, is_first=query.after is None,
        **({"values": {}, "errors": {}} | refused),
    )  # fmt: skip


def look(row: Connection, query: BrowseQuery) -> tuple[Page | None, str | None, str]:
    """Return a page of a folder, the next page's cursor, and why there is none."""
    try:
        return *reads.browse(row, query.prefix, query.after, query.limit), ""
    except Problem as problem:
        return None, None, problem.sentence


@connections_bp.get("/<string:connection_id>/object")
@allow(READ, installation=True)
def show_object(connection_id: str) -> Response:
    """What is known of one object."""
    row, key = reads.find_connection(connection_id), parse_query(KeyQuery).key
    found = reads.bucket_of(row).facts(key)
    if found is None:
        raise NotFound
    folder = key.rpartition("/")[0]
    return page("connections/object.html", connection=row, key=key, found=found, folder=f"{folder}/" if folder else "")


@connections_bp.get("/<string:connection_id>/content")
@allow(READ, installation=True)
def fetch_object(connection_id: str) -> Response:
    """Go to a short-lived address of one object, which is saved and never shown inline."""
    response = make_response(redirect(service.sign(connection_id, parse_query(KeyQuery).key), 303))
    response.headers |= {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return response


@connections_bp.post("/<string:connection_id>/test")
@allow(WRITE, installation=True)
@once
def create_test(connection_id: str) -> Response:
    """Look whether it answers."""
    row = service.check(connection_id)
    toast = f"{row.name} answers." if row.state == "good" else row.error
    return done(url_for(".show_connection", connection_id=connection_id), toast=toast)


@connections_bp.post("/<string:connection_id>/scan")
@allow(WRITE, installation=True)
@once
def create_scan(connection_id: str) -> Response:
    """Count all of it."""
    service.ask_scan(connection_id)
    return done(url_for(".show_connection", connection_id=connection_id), toast="Counting: started.")


@connections_bp.post("/<string:connection_id>/secret")
@allow(WRITE, installation=True)
@once
def change_secret(connection_id: str) -> Response:
    """Take another key, once it has been tried."""
    try:
        row = service.change_secret(connection_id, parse_form(NewSecret))
    except Problem as problem:
        return show_page(connection_id, refusal(problem), values=sent(), errors=errors_of(problem, "secretKey"))
    return done(url_for(".show_connection", connection_id=connection_id), toast=f"{row.name} uses the new key.")


@connections_bp.get("/<string:connection_id>/removal")
@allow(WRITE, installation=True)
def ask_removal(connection_id: str) -> Response:
    """Ask before the secret or the whole connection is forgotten."""
    return page("connections/remove.html", connection=reads.find_connection(connection_id))


@connections_bp.post("/<string:connection_id>/removal")
@allow(WRITE, installation=True)
@once
def remove_connection(connection_id: str) -> Response:
    """Forget the secret, or the connection; nothing in the bucket is touched."""
    if request.form.get("what") == "secret":
        row = service.remove_secret(connection_id)
        return done(
            url_for(".show_connection", connection_id=connection_id), toast=f"The secret of {row.name} is forgotten."
        )
    row = service.remove(connection_id)
    return done(url_for(".list_connections"), toast=f"{row.name} is removed. Nothing in the bucket was touched.")


def trail(prefix: str) -> list[tuple[str, str]]:
    """Return the folders above a prefix, and it: name and prefix of each."""
    parts = prefix.split("/")[:-1]
    return [(name, "/".join(parts[: at + 1]) + "/") for at, name in enumerate(parts)]


def sent() -> dict[str, str]:
    """Return what was typed, but never the secret."""
    return {name: value for name, value in request.form.items() if name not in SECRETS}


def refusal(problem: Problem) -> int:
    """Return the status of a refused form; what is no mistake of the form goes on.

    Raises:
        Problem: It is none.
    """
    if problem.status not in {409, 422}:
        raise problem
    return problem.status


def errors_of(problem: Problem, field: str = "") -> dict[str, str]:
    """Return a sentence by field name."""
    if isinstance(problem, InvalidInput):
        return {one["field"]: one["message"] for one in problem.errors}
    return {field or FIELDS.get(problem.code, "name"): problem.sentence}
