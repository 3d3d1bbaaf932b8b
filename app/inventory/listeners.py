"""What open inventory pages get when stock moves."""

from flask import render_template

from app.core import live
from app.inventory import reads

TOPIC = "inventory"


def render_rows(row_ids: list[str]) -> list[live.Row]:
    """Render changed items as the list shows them. Archived ones too: the list they left takes them away itself."""
    return [
        live.Row(f"item-{row.id}", row.version, render_template("inventory/_row.html", row=row))
        for row in reads.rows_by_id([int(one) for one in row_ids])
    ]
