"""Bringing a file: keep it, look at it, queue it, run it."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import sqlalchemy as sa
from flask import current_app

from app.core import clock, files, guards, tasks
from app.core.context import actor
from app.core.db import db, transaction
from app.core.errors import BodyTooLarge, Problem
from app.core.ids import new_ulid
from app.core.outbox import record
from app.core.tenancy import current_company_id
from app.orders.imports import reads, sales, stock
from app.orders.imports.build import Ground, build_orders, create_items, freshen_statistics, link_returns, sum_orders
from app.orders.imports.events import InventoryImported, OrdersImported
from app.orders.imports.files import SourceFile, look_at, open_rows
from app.orders.imports.models import Import, ImportKind, ImportState
from app.orders.imports.problems import EmptyFile, FileIsGone, ImportIsRunning, NoLines
from app.orders.imports.report import EXACT, Tally
from app.orders.imports.stage import stage_lines
from app.orders.imports.upload import is_kept, store_file, uploaded_file
from app.storage.problems import StorageAway
from config import Settings

DEFAULT_SOURCE = "sales"
PREVIEW_LINES, PREVIEW_ROWS = 5000, 10
CHUNK = 1 << 20


def keep_upload(stream: BinaryIO, *, kind: ImportKind, file_name: str, source: str = DEFAULT_SOURCE) -> Import:
    """Store a file and look at its first lines; nothing is imported yet.

    Raises:
        EmptyFile, NoLines, NotCsv, WrongHeader: It cannot be imported.
        BodyTooLarge: It is larger than MAX_UPLOAD_BYTES.
    """
    guards.call("storage", files.make_spool)
    with files.aside() as path:
        size = _write(stream, path)
        preview = with_lines(preview_file(look_at(path), kind))
        import_id = new_ulid()
        store_file(import_id, path, file_name, size)
    with transaction() as session:
        row = _new_import(import_id, kind, file_name, source, size, preview)
        session.add(row)
    return row


def with_lines(account: dict[str, Any]) -> dict[str, Any]:
    """Return the account of a file.

    Raises:
        NoLines: It says that nothing stands below the head.
    """
    if not account["lines"]:
        raise NoLines
    return account


def _write(stream: BinaryIO, path: Path) -> int:
    settings: Settings = current_app.config["SETTINGS"]
    size = 0
    with guards.call("storage", lambda: path.open("wb")) as target:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > settings.max_upload_bytes:
                raise BodyTooLarge(limit_bytes=settings.max_upload_bytes)
            guards.call("storage", target.write, chunk)  # by itself: how fast the sender is says nothing
    if not size:
        raise EmptyFile
    return size


def _new_import(
    import_id: str, kind: ImportKind, file_name: str, source: str, size: int, preview: dict[str, Any]
) -> Import:
    return Import(
        company_id=current_company_id(), id=import_id, kind=kind.value, source=source, size_bytes=size, preview=preview,
        file_name=Path(file_name).name[:200] or "file.csv", actor=actor(),
    )  # fmt: skip


def preview_file(file: SourceFile, kind: ImportKind) -> dict[str, Any]:
    """Return columns, the first rows, and the account of the first 5,000 lines."""
    if kind is ImportKind.INVENTORY:
        return {**stock.preview(file, PREVIEW_LINES, PREVIEW_ROWS), "note": file.note}
    tally = Tally()
    shown: list[list[str]] = []
    with open_rows(file, sales.COLUMNS) as rows:
        for line_no, found in islice(sales.read_lines(rows), PREVIEW_LINES):
            tally.add(found)
            if isinstance(found, sales.Line) and len(shown) < PREVIEW_ROWS:
                shown.append([str(line_no), found.invoice_no, found.sku, found.description, str(found.quantity),
                              str(found.unit_price), found.invoiced_at.isoformat(sep=" "), found.customer_ref, found.country])  # fmt: skip
    columns = ["Line", *sales.COLUMNS]
    return {**tally.summary(), "columns": columns, "rows": shown, "fileLines": file.line_count, "note": file.note}


def queue_import(import_id: str) -> Import:
    """Start an import as a job; a failed one may be started again.

    Raises:
        ImportIsRunning: It was started before.
        FileIsGone: Its file is no longer kept.
    """
    with transaction() as session:
        row = session.scalars(sa.select(Import).where(Import.id == import_id).with_for_update()).one_or_none()
        row = row or reads.find_import(import_id)
        if row.state not in {ImportState.UPLOADED, ImportState.FAILED}:
            raise ImportIsRunning
        if not is_kept(import_id):
            raise FileIsGone
        row.state, row.error = ImportState.RUNNING.value, ""
        row.job_id = tasks.enqueue("orders.import", {"import_id": import_id}, title=f"Import {row.file_name}")
    return row


def import_file(path: Path, *, kind: ImportKind = ImportKind.ORDERS, source: str = DEFAULT_SOURCE) -> dict[str, Any]:
    """Import a file of this machine, here and now: for the command."""
    file = look_at(path)
    import_id = new_ulid()
    with transaction() as session:
        row = _new_import(import_id, kind, path.name, source, path.stat().st_size, {})
        row.state = ImportState.RUNNING.value
        session.add(row)
    return _run(row, lambda: nullcontext(file))


def run_import(import_id: str) -> dict[str, Any]:
    """Run an import that was queued. Running it again changes nothing.

    Raises:
        FileIsGone: Its file is no longer kept.
    """
    with transaction():
        row = reads.find_import(import_id)
    if row.state == ImportState.DONE and row.report is not None:
        return row.report
    return _run(row, lambda: uploaded_file(import_id))


def _run(row: Import, find: Callable[[], AbstractContextManager[SourceFile]]) -> dict[str, Any]:
    """Load the file and finish the import's row, whatever happens."""
    started = time.monotonic()
    try:
        load = stock.load if row.kind == ImportKind.INVENTORY else load_sales
        with find() as file:
            report = with_lines(load(file, row))
    except (Problem, tasks.JobCancelled) as error:
        if guards.is_refusal(error) or isinstance(error, StorageAway):
            raise  # the storage rests: the job waits, and begins again
        sentence = error.sentence if isinstance(error, Problem) else "Stopped on request. What was imported stays."
        _finish(row.id, ImportState.FAILED, error=sentence)
        raise
    report |= {"importId": row.id, "source": row.source, "file": row.file_name}
    report["seconds"] = round(time.monotonic() - started, 1)
    with transaction():
        _finish(row.id, ImportState.DONE, report=report)
        count = report.get("orders", {}).get("created", 0)
        if count:
            record(OrdersImported(import_id=row.id, count=count))
        items = report.get("itemsCreated", 0) + report.get("itemsChanged", 0)
        if items:
            record(InventoryImported(import_id=row.id, count=items))
    return report


def _finish(import_id: str, state: ImportState, **values: Any) -> None:  # Any: column values
    with transaction() as session:
        session.execute(
            sa.update(Import).where(Import.id == import_id).values(state=state.value, finished_at=clock.now(), **values)
        )


def load_sales(file: SourceFile, row: Import) -> dict[str, Any]:
    """Make orders of a sales file, and return the whole account of it."""
    ground = ground_of(row.source)
    staged = stage_lines(file, import_id=row.id, source=row.source)
    items = create_items(ground)
    freshen_statistics()
    created = build_orders(ground)
    linked = link_returns(ground)
    orders, total = sum_orders(list(staged.tally.invoices), ground)
    rounding = total - staged.tally.order_total
    return {
        **staged.tally.summary(),
        "orders": {
            "created": created, "known": max(orders - created, 0),
            "total": str(total), "rounding": str(rounding.quantize(EXACT)),
        },
        "newLines": staged.new_lines, "knownLines": staged.known_lines,
        "lateLines": staged.late_lines, "changedLines": staged.changed_lines,
        "itemsCreated": items, "linkedReturns": linked, "notes": [file.note] if file.note else [],
    }  # fmt: skip


def ground_of(source: str) -> Ground:
    """Return the currency and clock of this company."""
    with transaction():
        row = db.session.execute(sa.text("SELECT currency, timezone FROM companies")).one()
    return Ground(source, row.currency, row.timezone)
