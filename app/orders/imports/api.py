"""Imports over JSON: send a file, follow it, read the account of it."""

from typing import Any

from flask import Blueprint

from app.core.api import contract, json_answer
from app.core.errors import BodyTooLarge, NotFound
from app.orders.imports import reads, service
from app.orders.imports.models import ImportKind
from app.orders.imports.problems import EmptyFile, NoFile, NoLines, NotCsv, WrongHeader
from app.orders.imports.schemas import ImportOut, PageQuery, SkipOut, SkipsOut, UploadQuery
from app.orders.imports.uploads import allow_large_body, sent_file

api_bp = Blueprint("imports_api", __name__, url_prefix="/api")
UPLOADS = {"imports_api.create_orders_import", "imports_api.create_inventory_import"}
PROBLEMS = [NoFile, EmptyFile, NoLines, NotCsv, WrongHeader, BodyTooLarge]


@api_bp.url_value_preprocessor
def prepare(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Let uploads be large."""
    if endpoint in UPLOADS:
        allow_large_body()


@api_bp.post("/orders/imports")
@contract(scope="orders:write", query=UploadQuery, returns={202: ImportOut}, problems=PROBLEMS, tag="Imports", raw=True)
def create_orders_import(query: UploadQuery) -> Any:  # Any: the contract's answer
    """Import a sales file: multipart field `file`, or the CSV as the body, plain, .gz or .xz. It runs as a job."""
    stream, name = sent_file(query.name)
    row = service.keep_upload(stream, kind=ImportKind.ORDERS, file_name=name, source=query.source)
    return json_answer(ImportOut.of(service.queue_import(row.id)), 202)


@api_bp.post("/inventory/imports")
@contract(
    scope="inventory:write", query=UploadQuery, returns={202: ImportOut}, problems=PROBLEMS, tag="Imports", raw=True
)
def create_inventory_import(query: UploadQuery) -> Any:  # Any: the contract's answer
    """Import a file of items: creates new ones, changes known ones, recounts `onHand`. It runs as a job."""
    stream, name = sent_file(query.name)
    row = service.keep_upload(stream, kind=ImportKind.INVENTORY, file_name=name, source=query.source)
    return json_answer(ImportOut.of(service.queue_import(row.id)), 202)


@api_bp.get("/orders/imports/<string:import_id>")
@contract(scope="orders:read", returns={200: ImportOut}, problems=[NotFound], tag="Imports")
def show_import(import_id: str) -> ImportOut:
    """Show an import: its state, and its report when it is done."""
    return ImportOut.of(reads.find_import(import_id))


@api_bp.get("/orders/imports/<string:import_id>/skips")
@contract(scope="orders:read", query=PageQuery, returns={200: SkipsOut}, problems=[NotFound], tag="Imports")
def list_skips(import_id: str, query: PageQuery) -> SkipsOut:
    """List the lines that were left out, each with its reason."""
    reads.find_import(import_id)
    rows, cursor = reads.list_skips(import_id, limit=query.limit, after=query.after)
    return SkipsOut(items=[SkipOut.model_validate(row) for row in rows], next_cursor=cursor)
