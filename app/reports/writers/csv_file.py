"""The long table as CSV, row by row. Its sums are those of the other files; none stand in it, so a script can add it up."""

import csv
import io
from collections.abc import Callable
from datetime import date
from typing import IO

from app.inventory.exports import safe_cell
from app.reports.content import Cell, Content

STEP = 500


def write_csv(content: Content, target: IO[bytes], step: Callable[[int], None]) -> None:
    """Write the rows; `step` hears how many there are by now."""
    text = io.TextIOWrapper(target, encoding="utf-8", newline="")
    try:
        text.write("\ufeff")
        writer = csv.writer(text)
        writer.writerow(content.detail_head)
        for number, row in enumerate(content.detail(), start=1):
            writer.writerow([spell(cell) for cell in row])
            if number % STEP == 0:
                step(number)
        text.flush()
    finally:
        text.detach()


def spell(cell: Cell) -> str:
    """Return a cell as scripts and spreadsheets read it, never as a formula."""
    if isinstance(cell, str):
        return safe_cell(cell)
    return cell.isoformat() if isinstance(cell, date) else f"{cell:f}" if not isinstance(cell, int) else str(cell)
