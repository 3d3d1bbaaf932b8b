"""The least that can be done: psycopg, a Jinja template with the same columns, orjson. Nobody signs in, nothing is limited.

gunicorn --worker-class gevent bench.pages_floor:app
"""

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson
import psycopg
from flask import Flask, Response, request
from psycopg.rows import dict_row

COLUMNS = (
    "number, state, customer_name, customer_email, customer_ref, currency, total_minor, line_count, unit_count, external_ref, "
    "version, placed_at, due_at, updated_at"
)
LIST = f"SELECT {COLUMNS} FROM orders WHERE company_id = %s ORDER BY number DESC LIMIT %s"
LATE = {"paid", "packed"}
PAGE = """<!doctype html><html lang="en"><head><title>Orders</title></head><body><h1>Orders</h1>
<table><thead><tr><th>Order<th>State<th>Steps done<th>Customer<th>Units<th>Total<th>Placed<th>Ship by</tr></thead><tbody>
{%- for row in rows %}
<tr id="order-{{ row.number }}"><td><input type="checkbox" name="number" value="{{ row.number }}"></td>
<th><a href="/orders/{{ row.number }}">{{ row.number }}</a></th><td>{{ row.state|capitalize }}{% if late(row) %}, late{% endif %}</td>
<td>{{ row.line_count }}</td><td>{{ row.customer_name }}</td><td>{{ row.unit_count }}</td>
<td>{{ row.currency }} {{ "%.2f"|format(row.total_minor / 100) }}</td>
<td><time datetime="{{ row.placed_at.isoformat() }}">{{ row.placed_at.strftime("%d %b %H:%M") }}</time></td>
<td><time datetime="{{ row.due_at.isoformat() }}">{{ row.due_at.strftime("%d %b %H:%M") }}</time></td></tr>
{%- endfor %}
</tbody></table></body></html>"""

app = Flask(__name__)
template = app.jinja_env.from_string(PAGE)  # once: `render_template_string` would compile it for every request


@cache
def connection() -> psycopg.Connection[dict[str, Any]]:
    """Return this process's connection: it asks one question at a time."""
    return psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True, row_factory=dict_row)


def rows(limit: int) -> list[dict[str, Any]]:
    """Return the newest orders of the company."""
    return connection().execute(LIST, (int(os.environ["BENCH_COMPANY"]), limit)).fetchall()


def is_late(row: dict[str, Any]) -> bool:
    """Say whether it should have left by now."""
    return row["state"] in LATE and row["due_at"] < datetime.now(UTC)


@app.get("/orders")
def show_orders() -> str:
    """The page."""
    return template.render(rows=rows(50), late=is_late)


@app.get("/api/orders")
def list_orders() -> Response:
    """The same rows as JSON."""
    items = [
        {
            "number": row["number"], "state": row["state"],
            "customer": {"name": row["customer_name"], "email": row["customer_email"], "ref": row["customer_ref"]},
            "currency": row["currency"], "total": f"{row['total_minor'] / 100:.2f}", "lineCount": row["line_count"],
            "unitCount": row["unit_count"], "isLate": is_late(row), "externalRef": row["external_ref"],
            "version": row["version"], "placedAt": row["placed_at"], "dueAt": row["due_at"], "updatedAt": row["updated_at"],
            "company": None,
        }
        for row in rows(int(request.args["limit"]))
    ]  # fmt: skip
    return Response(orjson.dumps({"items": items, "nextCursor": None}), mimetype="application/json")
