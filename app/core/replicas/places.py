"""Where replicas are, and the addresses of each login there.

A streaming replica has the same roles and passwords as what it follows, so a place is enough: host, port, database.
"""

from sqlalchemy.engine import URL, make_url

from config import Settings


def replica_places(settings: Settings) -> list[URL]:
    """Return the places of DATABASE_REPLICA_URLS, in order."""
    listed = settings.database_replica_urls.get_secret_value()
    return [make_url(one.strip()) for one in listed.split(",") if one.strip()]


def login_at(login: str, place: URL) -> str:
    """Return the address of a login at another place; what the place says of the connection itself is added."""
    # The login may know several servers, of which the one that writes is wanted; a place is one, and does not.
    there = make_url(login).difference_update_query(["host", "port", "target_session_attrs"])
    there = there.set(host=place.host, port=place.port or 5432)
    if place.database:
        there = there.set(database=place.database)
    if place.query:
        there = there.update_query_dict(dict(place.query))
    return there.render_as_string(hide_password=False)


def name_of(place: URL) -> str:
    """Return what people call a place: no login in it."""
    return f"{place.host}:{place.port or 5432}"
