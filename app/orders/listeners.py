"""What pages show when a fact about orders arrives."""

from flask import render_template

from app.core import live
from app.orders import reads


def render_rows(row_ids: list[str]) -> list[live.Row]:
    """Render the rows of changed orders: the same partial as the first paint."""
    rows = reads.orders_by_number([int(row_id) for row_id in row_ids])
    return [
        live.Row(id=f"order-{row.number}", version=row.version, html=render_template("orders/_row.html", row=row))
        for row in rows
    ]
