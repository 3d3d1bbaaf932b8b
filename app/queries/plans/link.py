"""The connections statements are planned on by themselves: each as the login that sends it in real life.

Policies, privileges and search path of that login are part of its plans, so another login would be told another plan.
Only statements of our own are asked here, only for their generic plan, which runs nothing of them, in a READ ONLY
transaction that is rolled back. What people type, and whatever runs, is planned elsewhere (app/queries/explain).
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from flask import current_app
from sqlalchemy.engine import make_url

from app.queries.explain.link import limit, open_reading
from app.queries.explain.problems import ExplainMissing, ExplainUnsafe
from app.queries.server.protocol import Link
from config import Settings


def urls_by_role() -> dict[str, str]:
    """Return the addresses of the logins the product sends statements with, by their names."""
    settings: Settings = current_app.config["SETTINGS"]
    urls = (settings.database_url, settings.database_system_url, settings.database_platform_url)
    found = [url.get_secret_value() for url in urls if url is not None]
    return {make_url(url).username or "": url for url in found}


class Planners:
    """One connection for each login, opened when it is first needed."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._urls = urls_by_role()
        self._links: dict[str, Link] = {}

    def of(self, role: str, company_id: int | None) -> Link:
        """Return the connection of a login, reading as one company.

        Args:
            role: Another one than ours is planned as the app's.
            company_id: Whose rows the policies let through.

        Raises:
            ExplainMissing: No login is set.
            ExplainUnsafe: It is a superuser, whom no policy holds: its plans are not those of real life.
        """
        if not self._urls:
            raise ExplainMissing
        role = role if role in self._urls else next(iter(self._urls))
        if role not in self._links:
            self._links[role] = link = self._stack.enter_context(open_reading(self._urls[role]))
            row = link.execute("SELECT rolsuper FROM pg_roles WHERE rolname = session_user").fetchone()
            if row is None or row["rolsuper"]:
                raise ExplainUnsafe(right="superuser")
            self._stack.callback(give_back, link)
        link = self._links[role]
        link.rollback()
        limit(link, company_id, current_app.config["SETTINGS"].explain_timeout_ms)
        return link


def give_back(link: Link) -> None:
    """End the transaction, of which nothing stays."""
    if not link.closed:
        link.rollback()


@contextmanager
def planners() -> Iterator[Planners]:
    """Hold connections for planning; they end with the block."""
    with ExitStack() as stack:
        yield Planners(stack)
