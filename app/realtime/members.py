"""Who is connected to this process, and whether they still may be."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from app.core import clock
from app.core.auth import Principal
from app.core.events_log import Key
from app.core.ids import CompanyId, new_ulid


@dataclass
class Member:
    """One open connection: a socket or an SSE stream.

    Attributes:
        id: Public id, shown on /live.
        home_id: The person's own company; the platform's for a platform admin.
        close: Ends the connection, with the reason its owner is told.
        keys: The topics it listens to, given back when it goes.
        kind: `page` gets rendered rows, `script` gets facts, `stream` is SSE.
        installation: True for a platform admin's page about what belongs to no tenant.
    """

    who: Principal
    home_id: CompanyId
    kind: str
    address: str
    agent: str
    close: Callable[[str], None]
    installation: bool = False
    topics: list[str] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    id: str = field(default_factory=new_ulid)
    since: datetime = field(default_factory=clock.now)

    @property
    def company_id(self) -> CompanyId:
        """The company it listens to."""
        return self.who.acting_in.id if self.who.acting_in and not self.installation else self.home_id


class Members:
    """The connections of this process, by their key: the Socket.IO id, or the member's own."""

    def __init__(self) -> None:
        self._by_key: dict[str, Member] = {}
        self._changing = threading.Lock()
        self.changes = 0

    def add(self, key: str, member: Member) -> None:
        """Remember a connection."""
        with self._changing:
            self._by_key[key] = member
            self.changes += 1

    def remove(self, key: str) -> Member | None:
        """Forget a connection."""
        with self._changing:
            self.changes += 1
            return self._by_key.pop(key, None)

    def get(self, key: str) -> Member | None:
        """Return one connection."""
        return self._by_key.get(key)

    def sids(self) -> list[str]:
        """Return the keys of all connections."""
        return list(self._by_key)

    def all(self) -> list[Member]:
        """Return all connections."""
        return list(self._by_key.values())

    def of_company(self, company_id: CompanyId) -> list[Member]:
        """Return those that listen to a company, and those of its people who listen elsewhere."""
        return [member for member in self.all() if company_id in {member.company_id, member.home_id}]

    def count_sockets(self) -> dict[CompanyId, int]:
        """Return how many sockets each company has here."""
        return dict(Counter(member.company_id for member in self.all() if member.kind != "stream"))


def close_unwelcome(members: Iterable[Member]) -> None:
    """Close connections whose credential ended, or whose role or company is another now: one round trip for all."""
    from app.accounts.service import still_valid

    looked_at = list(members)
    good = {id(who) for who in still_valid([member.who for member in looked_at])} if looked_at else set()
    for member in looked_at:
        if id(member.who) not in good:
            member.close("access-changed")
