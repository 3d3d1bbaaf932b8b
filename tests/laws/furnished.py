"""A company with one of everything, and the addresses that name its things."""

from dataclasses import dataclass, field
from typing import Any

from werkzeug.routing import Rule

from app.core.ids import new_ulid
from app.notifications.service import News, send_news
from app.storage.usage import requests
from tests.world import Person

MARK = "Marked-as-theirs"


@dataclass
class Furnished:
    """What a company owns, as path parameters name it.

    Attributes:
        owner: Its admin.
        mark: A text that stands in every object and must never reach anybody else.
        values: Path parameter by name; a rule that needs another name fails the crawl, so nothing is left out.
    """

    owner: Person
    mark: str
    values: dict[str, Any] = field(default_factory=dict)

    def path(self, rule: Rule) -> str | None:
        """Return the address of a rule filled with this company's things; None when a parameter is unknown."""
        filled = {}
        for name in rule.arguments:
            key = f"{rule.endpoint}:{name}"
            value = self.values.get(key, self.values.get(name))
            if value is None:
                return None
            filled[name] = value
        built = self.owner.app.url_map.bind("localhost").build(
            rule.endpoint, filled, method=max(rule.methods or {"GET"})
        )
        return str(built)


SALES = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
9{n},A1,{mark},2,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
"""


def furnish(owner: Person) -> Furnished:
    """Give a company items, orders, notes, sheets, views, an import, tokens, sessions and invitations."""
    mark = f"{MARK}-{new_ulid()}"
    made = Furnished(owner, mark)
    furnish_commerce(made)
    furnish_accounts(made)
    furnish_outgoing(made)
    furnish_files(made)
    assets = [rule for rule in owner.app.url_map.iter_rules() if rule.endpoint == "assets.show_asset"]
    assert assets
    made.values |= {"filename": "icons.svg", "file": "none.css", "secret": "not-a-secret", "socket_id": "not-a-socket"}
    made.values |= {"name": "email", "how": "open"}  # a breaker, and a way to hold it
    made.values |= {"queue": "export", "pause_id": new_ulid()}  # a queue, and a pause nobody made
    made.values |= {"schedule_id": new_ulid(), "node": "celery@nowhere", "telling": "pool"}  # nobody's
    # A flag of the product, one of its lists, and a change of it that nobody made.
    made.values |= {"key": "bulk-operations", "version_id": new_ulid(), "target_id": owner.company_slug}
    made.values |= {"environment": "production", "rollout_id": new_ulid(), "act": "go-on", "list": "allow"}
    made.values |= {"category": "documents", "place": "aws"}  # a folder of files, and a row of the price list
    made.values |= {"signature": new_ulid()}  # a failure that no job had
    # A provider of files; nobody's check, finding and bucket.
    made.values |= {"provider": "local", "check_id": new_ulid(), "finding_id": new_ulid(), "connection_id": new_ulid()}
    # A move of files nobody planned; advice nobody gave.
    made.values |= {"migration_id": new_ulid(), "advice_id": new_ulid()}
    made.values |= {"fingerprint": new_ulid().lower()}  # a statement nobody sent
    made.values |= {"pid": 1}  # no process of PostgreSQL
    requests.init_meter(owner.app).flush()  # what was asked of providers until here is written a little later
    made.values |= {f"flags_api.{act}:name": "allow" for act in ("list_targets", "replace_list")}
    return made


def furnish_commerce(made: Furnished) -> None:
    """Items, orders and what hangs on them."""
    owner, mark, sku = made.owner, made.mark, f"SKU-{new_ulid()}"
    item = {
        "sku": sku,
        "name": f"Item {mark}",
        "category": "frames",
        "onHand": 50,
        "reorderPoint": 5,
        "unitPrice": "12.50",
    }
    line = {"sku": sku, "quantity": 2, "unitPrice": "12.50"}
    asked(owner, "POST", "/api/inventory", item)
    order = {"customer": {"name": f"Customer {mark}"}, "currency": "GBP", "lines": [line]}
    number = asked(owner, "POST", "/api/orders", order)["number"]
    asked(owner, "POST", f"/api/orders/{number}/notes", {"text": f"Note {mark}"})
    for act in ("payment", "packing"):
        asked(owner, "POST", f"/api/orders/{number}/{act}", {})
    view = asked(owner, "POST", "/api/orders/views", {"name": f"View {mark[-20:]}", "query": "state=paid"})
    sheet = asked(owner, "POST", "/api/inventory/stock-takes", {"name": f"Sheet {mark}", "skus": [sku]})
    movements = asked(owner, "GET", f"/api/inventory/{sku}/movements", None)["items"]
    file = SALES.format(n=new_ulid()[-5:], mark=mark)
    taken = owner.post("/api/orders/imports?name=sales.csv", data=file, content_type="text/csv")
    assert taken.status_code == 202, taken.text
    feed = {"name": f"Feed {mark[-20:]}", "url": f"https://partner.example/{mark}", "token": mark}
    jobs = asked(owner, "GET", "/api/jobs", None)["items"]
    made.values |= {"feed_id": asked(owner, "POST", "/api/feeds", feed)["id"], "document_id": new_ulid()}
    owner.world.sql.execute(
        "INSERT INTO documents (company_id, id, file_name, kind, size_bytes, text, state, actor) "
        "VALUES (%s, %s, %s, 'pdf', 1, %s, 'read', '{}')",
        (owner.company_id, made.values["document_id"], mark, mark),
    )
    made.values |= {
        "number": number,
        "sku": sku,
        "public_id": view["id"],
        "sheet_id": sheet["id"],
        "movement_id": movements[0]["id"],
        "import_id": taken.json["id"],
        "job_id": jobs[0]["id"],
    }


def furnish_accounts(made: Furnished) -> None:
    """People, tokens, sessions, invitations."""
    owner = made.owner
    token = asked(owner, "POST", "/api/tokens", {"name": f"Token {made.mark[-20:]}"})
    invited = {"email": f"{new_ulid().lower()}@example.test", "role": "viewer"}
    invitation = asked(owner, "POST", "/api/invitations", invited)
    sessions = asked(owner, "GET", "/api/sessions", None)["items"]
    made.values |= {
        "token_id": token["id"],
        "invitation_id": invitation["id"],
        "user_id": owner.public_id,
        "session_id": sessions[0]["id"],
    }


def furnish_outgoing(made: Furnished) -> None:
    """A report that is asked for, and something its admin was told."""
    report = asked(made.owner, "POST", "/api/reports", {"kind": "sales", "period": "today"})
    with made.owner.acting():
        send_news(News("export-ready", f"Told {made.mark}"), people=[made.owner.public_id])
    told = asked(made.owner, "GET", "/api/notifications", None)["items"]
    made.values |= {"report_id": report["id"], "extension": "csv", "notification_id": told[0]["id"]}


def furnish_files(made: Furnished) -> None:
    """A private file, whose name and bytes are marked; and addresses nobody signed."""
    sent = made.owner.put(f"/api/files?name={made.mark}.txt&category=documents", data=made.mark.encode())
    assert sent.status_code == 201, sent.text
    key = made.owner.world.sql.execute("SELECT key FROM stored_files WHERE id = %s", (sent.json["id"],)).fetchone()
    made.values |= {"file_id": sent.json["id"], "serving.show_public:key": key["key"], "token": "bm8.bm8"}


def asked(person: Person, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
    """Ask for something that has to work."""
    answer = person.ask(method, path, json=body)
    assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
    return dict(answer.json or {})
