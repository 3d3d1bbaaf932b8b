"""What an attacker may have picked up of another company, and what must never reach him."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

from app.core.ids import new_ulid
from tests.laws.furnished import Furnished, asked
from tests.laws.leaks import tenant_tables
from tests.world import World

ULID = re.compile(r"(?<![0-9A-Z])[0-9A-HJKMNP-TV-Z]{26}(?![0-9A-Z])")


@dataclass(frozen=True)
class Replay:
    """A request the other company sent with an Idempotency-Key, whose answer is kept."""

    method: str
    path: str
    key: str
    body: dict[str, Any]


@dataclass
class Loot:
    """A furnished company as its attackers see it.

    Attributes:
        canaries: Ids of its rows that no attacker ever sends: wherever one shows, it has leaked.
        cursors: A signed position of its lists, by their address.
        replays: Its requests that were sent with a key.
        ticket: A pass to its live socket.
        signed: The address of its file as it was signed, whole; whoever has it may use it, so only parts of it are tried.
    """

    theirs: Furnished
    canaries: frozenset[str] = frozenset()
    cursors: dict[str, str] = field(default_factory=dict)
    replays: list[Replay] = field(default_factory=list)
    ticket: str = ""
    signed: str = ""

    def shows(self, text: str) -> str:
        """Return what a text shows of it, or nothing."""
        for secret in (self.theirs.mark[-20:], self.theirs.owner.email):
            if secret in text:
                return secret
        return min(self.canaries.intersection(ULID.findall(text)), default="")


def gather(app: Flask, world: World, theirs: Furnished, others: int) -> Loot:
    """Return all that can be known of a company; `others` is the attackers' own."""
    loot = Loot(theirs)
    owner, values = theirs.owner, theirs.values
    name = f"Again {new_ulid()}"  # without the mark: an attacker sends it, too, and then owns what is called so
    line = {"sku": values["sku"], "quantity": 1, "unitPrice": "1.00"}
    item = {"sku": f"SKU-{new_ulid()}", "name": name, "category": "frames", "onHand": 1, "unitPrice": "1.00"}
    for path, body in (
        ("/api/orders", {"customer": {"name": name}, "currency": "GBP", "lines": [line]}),
        ("/api/inventory", item),
        (f"/api/orders/{values['number']}/notes", {"text": name}),
        ("/api/orders/views", {"name": name, "query": "state=paid"}),
        ("/api/inventory/stock-takes", {"name": name, "skus": [values["sku"]]}),
        ("/api/reports", {"kind": "sales", "period": "today"}),
    ):
        key = f"key-{new_ulid()}"
        answer = owner.post(path, json=body, headers={"Idempotency-Key": key})
        assert answer.status_code < 300, answer.text
        loot.replays.append(Replay("POST", path, key, body))
    loot.cursors = find_cursors(app, theirs)
    loot.ticket = asked(owner, "POST", "/api/socket-ticket", None)["ticket"]
    loot.signed = urlsplit(asked(owner, "POST", f"/api/files/{values['file_id']}/signed-url", {})["url"]).path
    sent = set(ULID.findall(repr([values, loot.replays])))
    platform = world.sql.execute("SELECT id FROM companies WHERE slug = 'platform'").fetchone()
    known = ids_of(world, others) | ids_of(world, platform["id"] if platform else 0)
    loot.canaries = frozenset(ids_of(world, owner.company_id) - known - sent)
    return loot


def find_cursors(app: Flask, theirs: Furnished) -> dict[str, str]:
    """Ask every list for its first row and return where it says to go on."""
    found = {}
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or not rule.rule.startswith("/api/") or rule.rule.endswith("/stream"):
            continue
        path = theirs.path(rule) or ""
        answer = theirs.owner.get(path, query_string={"limit": 1})
        cursor = answer.json.get("nextCursor") if answer.is_json and isinstance(answer.json, dict) else None
        if cursor:
            found[path] = cursor
    return found


def ids_of(world: World, company_id: int) -> set[str]:
    """Return every public id that stands in a company's rows."""
    found: set[str] = set()
    for table in tenant_tables(world.sql):
        rows = world.sql.execute(f"SELECT t::text AS text FROM {table} t WHERE company_id = %s", (company_id,))
        for row in rows.fetchall():
            found.update(ULID.findall(row["text"]))
    return found
