"""The form of an order: rows of SKU, quantity and price, readable without script."""

from dataclasses import dataclass, field
from typing import Any

from flask import request
from pydantic import ValidationError

from app.core.api import dotted
from app.core.errors import InvalidInput, Problem
from app.core.money import price_text
from app.core.sentences import explain
from app.orders.models import Order
from app.orders.problems import MAX_LINES

SPARE_ROWS = 3
LINE_FIELDS = ("sku", "quantity", "unit_price")
ROW_PROBLEMS = {"unknown-sku", "out-of-stock", "not-for-sale"}


@dataclass
class OrderForm:
    """What the form shows: values as they were typed, rows, and what is wrong.

    Attributes:
        errors: Sentence by field id.
    """

    values: dict[str, str] = field(default_factory=dict)
    rows: list[dict[str, str]] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)

    def with_spare_rows(self, spare: int = SPARE_ROWS) -> "OrderForm":
        """Add empty rows to fill in."""
        self.rows += [dict.fromkeys(LINE_FIELDS, "") for _ in range(min(spare, MAX_LINES - len(self.rows)))]
        return self


def read_form() -> OrderForm:
    """Return what was typed."""
    columns = [request.form.getlist(name) for name in LINE_FIELDS]
    rows = [dict(zip(LINE_FIELDS, (cell.strip() for cell in row), strict=True)) for row in zip(*columns, strict=False)]
    values = {name: value.strip() for name, value in request.form.items() if name not in {*LINE_FIELDS, "csrf_token"}}
    return OrderForm(values, [row for row in rows if any(row.values())])


def form_of(order: Order) -> OrderForm:
    """Return an order as the form shows it."""
    values = {
        "customer_name": order.customer_name,
        "customer_email": order.customer_email or "",
        "customer_ref": order.customer_ref or "",
        "external_ref": order.external_ref or "",
        "version": str(order.version),
    }
    rows = [
        {"sku": line.sku, "quantity": str(line.quantity), "unit_price": price_text(line.unit_price)}
        for line in order.lines
    ]
    return OrderForm(values, rows)


def as_body(form: OrderForm) -> dict[str, Any]:
    """Return the form in the shape scripts send."""
    values = form.values
    customer = {name: values.get(f"customer_{name}") or None for name in ("email", "ref")}
    return {
        "customer": {"name": values.get("customer_name", ""), **customer},
        "currency": values.get("currency") or None,
        "external_ref": values.get("external_ref") or None,
        "lines": [{name: value or None for name, value in row.items()} for row in form.rows],
    }


def note_problem(form: OrderForm, problem: Problem) -> None:
    """Put a refusal beside the fields it is about."""
    if isinstance(problem, InvalidInput):
        form.errors |= {field_id(one["field"]): one["message"] for one in problem.errors}
        return
    if problem.fields.get("field"):
        form.errors[field_id(problem.fields["field"])] = problem.sentence
        return
    sku = problem.fields.get("sku")
    hit = next(
        (index for index, row in enumerate(form.rows) if problem.code in ROW_PROBLEMS and row["sku"] == sku), None
    )
    if hit is not None:
        form.errors[f"sku-{hit}"] = problem.sentence
    else:
        form.errors["lines"] = problem.sentence


def note_invalid(form: OrderForm, error: ValidationError) -> None:
    """Put Pydantic's errors beside their fields."""
    for item in error.errors(include_url=False, include_input=False):
        form.errors[field_id(dotted(item["loc"]))] = explain(item)


def field_id(path: str) -> str:
    """customer.name -> customer_name, lines.0.unitPrice -> unit_price-0."""
    head, *rest = path.split(".")
    if head == "lines" and len(rest) == 2:  # noqa: PLR2004 (index and field)
        return f"{'unit_price' if rest[1] in {'unitPrice', 'unit_price'} else rest[1]}-{rest[0]}"
    return "_".join([head, *rest])
