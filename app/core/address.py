"""Addresses of databases: as SQLAlchemy has them, and as libpq reads them."""

from sqlalchemy.engine import URL, make_url


def libpq_address(url: str | URL) -> str:
    """Return an address for psycopg itself or a program of PostgreSQL.

    Several servers stand in SQLAlchemy's query (`?host=one:5432&host=two:5432`) and in libpq's place of the host.
    """
    found = make_url(url).set(drivername="postgresql")
    hosts = found.normalized_query.get("host", ())
    plain = found.difference_update_query(["host", "port"]) if len(hosts) > 1 else found
    text = plain.render_as_string(hide_password=False)
    return text.replace("@/", f"@{','.join(hosts)}/", 1) if len(hosts) > 1 else text
