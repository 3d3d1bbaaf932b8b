"""Files of items: create what is new, change what differs, recount the stock; every line accounted for."""

from collections import Counter
from itertools import islice
from typing import Any

from pydantic import Field, ValidationError
from sqlalchemy.dialects.postgresql import insert

from app.core.db import transaction
from app.core.errors import NotFound, Problem
from app.core.outbox import only_facts, savepoint
from app.core.sentences import explain
from app.core.shapes import Shape, Text
from app.core.tasks import progress
from app.core.tenancy import current_company_id
from app.inventory import reads, service
from app.inventory.events import AlertTriggered
from app.inventory.fields import Price, Sku, Units
from app.inventory.schemas import Category, EditItem, NewItem, RecountStock
from app.orders.imports.files import SourceFile, open_rows
from app.orders.imports.models import Import, import_skips
from app.orders.imports.problems import TooManyBadLines
from app.orders.imports.report import MAX_SKIPS, SHOWN_SKIPS
from app.orders.imports.sales import Skip, skip

# Our name of each column, with the names other exports use; "" means that it may be absent.
COLUMNS = {
    "sku": ("StockCode", "code"),
    "name": ("Description", ""),
    "category": ("",),
    "unitPrice": ("Price", "unit price", ""),
    "onHand": ("Stock", "Counted", "on hand", ""),
    "reorderPoint": ("Reorder at", "reorder point", ""),
}


class ItemLine(Shape):
    """One line of the file. An empty cell leaves what is there."""

    sku: Sku
    name: Text | None = None
    category: Category | None = None
    unit_price: Price | None = None
    on_hand: Units | None = Field(None)
    reorder_point: Units | None = None


def read_line(line_no: int, row: list[str], text: str) -> ItemLine | Skip:
    """Return a line, or why it cannot be used."""
    if len(row) == 1 and len(COLUMNS) > 1:
        return skip(line_no, row[0], text)
    # An export of ours puts ' before what a spreadsheet would take for a formula.
    cells = [cell[1:] if cell[:1] == "'" and cell[1:2] in "=+-@\t\r" else cell for cell in (one.strip() for one in row)]
    try:
        return ItemLine.model_validate({name: cell for name, cell in zip(COLUMNS, cells, strict=True) if cell})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return skip(line_no, f"{first['loc'][0] if first['loc'] else 'line'}: {explain(first)}", text)
    except Problem as problem:
        return skip(line_no, f"{problem.fields.get('field', 'line')}: {problem.sentence}", text)


def preview(file: SourceFile, lines: int, rows: int) -> dict[str, Any]:
    """Return the first rows, and what is wrong in the first lines."""
    counts: Counter[str] = Counter()
    skips: list[Skip] = []
    shown: list[list[str]] = []
    with open_rows(file, COLUMNS) as found:
        for line_no, row, text in islice(found, lines):
            line = read_line(line_no, row, text)
            counts["lines"] += 1
            if isinstance(line, Skip):
                skips.append(line)
            elif len(shown) < rows:
                shown.append([str(line_no), *row])
    return {
        "lines": counts["lines"], "fileLines": file.line_count, "columns": ["Line", *COLUMNS], "rows": shown,
        "skipped": skipped(skips),
    }  # fmt: skip


def load(file: SourceFile, row: Import) -> dict[str, Any]:
    """Bring every line into the inventory, each in a transaction of its own, so that orders never wait long."""
    counts: Counter[str] = Counter()
    skips: list[Skip] = []
    with open_rows(file, COLUMNS) as rows:
        for line_no, cells, text in rows:
            line = read_line(line_no, cells, text)
            outcome = line if isinstance(line, Skip) else bring_line(line_no, line, text)
            counts["lines"] += 1
            counts[outcome if isinstance(outcome, str) else "skipped"] += 1
            if isinstance(outcome, Skip):
                skips.append(outcome)
                if len(skips) > MAX_SKIPS:
                    raise TooManyBadLines(limit=MAX_SKIPS, line=skips[0].line_no, reason=skips[0].reason)
            progress(counts["lines"], max(file.line_count, counts["lines"]), "Reading items")
    keep_skips(row.id, skips)
    return {
        "lines": counts["lines"], "itemsCreated": counts["created"], "itemsChanged": counts["changed"],
        "itemsSame": counts["same"], "skipped": skipped(skips), "notes": [file.note] if file.note else [],
    }  # fmt: skip


def bring_line(line_no: int, line: ItemLine, text: str) -> str | Skip:
    """Create or change one item; return what was done, or why it could not be."""
    try:
        with transaction(), only_facts(AlertTriggered), savepoint():
            try:
                item = reads.get_item(line.sku)
            except NotFound:
                return create(line)
            return change(item, line)
    except Problem as problem:
        return skip(line_no, problem.sentence, text)


def create(line: ItemLine) -> str:
    """Add an item; without a name it is called by its SKU."""
    values = line.model_dump(exclude_none=True)
    service.create_item(NewItem(**{"name": line.sku, **values}))
    return "created"


def change(item: reads.StockRow, line: ItemLine) -> str:
    """Bring an item to what the line says, and its stock to what was counted."""
    version = item.version
    wanted = line.model_dump(exclude_none=True, exclude={"sku", "on_hand"})
    if wanted:
        version = service.edit_item(item.sku, EditItem(version=version, **wanted)).version
    if line.on_hand is not None and line.on_hand != item.on_hand:
        version = service.recount_stock(item.sku, RecountStock(counted=line.on_hand, reason="import")).version
    return "same" if version == item.version else "changed"


def keep_skips(import_id: str, skips: list[Skip]) -> None:
    """Keep every line that was left out."""
    if skips:
        fixed = {"company_id": current_company_id(), "import_id": import_id}
        with transaction() as session:
            session.execute(
                insert(import_skips).on_conflict_do_nothing(), [{**one._asdict(), **fixed} for one in skips]
            )


def skipped(skips: list[Skip]) -> dict[str, Any]:
    """Return how many lines were left out, why, and the first of them."""
    reasons = Counter(skip.reason for skip in skips)
    return {
        "lines": len(skips),
        "reasons": [{"reason": reason, "lines": count} for reason, count in reasons.most_common(50)],
        "first": [skip._asdict() for skip in skips[:SHOWN_SKIPS]],
    }
