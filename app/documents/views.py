"""Pages of documents: send one in, look at what was read, order it or let it be."""

from typing import Any

from flask import Blueprint, Response, send_file, url_for
from pydantic import ValidationError

from app.core import live
from app.core.access import allow
from app.core.api import parse_query
from app.core.auth import company
from app.core.db import transaction
from app.core.downloads import send_kept
from app.core.errors import NotFound, Problem
from app.core.idempotency import once
from app.core.outbox import savepoint
from app.core.present import query_with
from app.core.web import done, page
from app.documents import reads, service
from app.documents.models import Document
from app.documents.reading import engine
from app.documents.schemas import PageQuery
from app.documents.service.keeping import TYPES
from app.documents.uploads import allow_documents, sent_document
from app.flags import gate
from app.flags.gates import Gate
from app.orders.schemas import NewOrder
from app.orders.views.form import OrderForm, as_body, note_invalid, note_problem, read_form
from app.orders.views.placing import suggestions

bp = Blueprint("documents", __name__)
bp.url_value_preprocessor(allow_documents)
UNPROCESSABLE = 422


@bp.get("/documents")
@allow("orders:read")
@gate(Gate.VISION_ANALYSIS)
def list_documents() -> Response:
    """Documents, newest first, and the form to send one in."""
    return documents_page()


def documents_page(problem: Problem | None = None) -> Response:
    """Render the list, with what was wrong with the last file."""
    state = live.state("documents", "jobs")
    query = PageQuery() if problem else parse_query(PageQuery)
    rows, cursor = reads.list_documents(limit=query.limit, after=query.after)
    return page(
        "documents/index.html", block="rows", status=problem.status if problem else 200, live=state, documents=rows,
        older=query_with(after=cursor) if cursor else None, is_first=query.after is None, problem=problem,
        is_installed=engine.is_installed(),
    )  # fmt: skip


@bp.post("/documents")
@allow("orders:write")
@gate(Gate.VISION_ANALYSIS)
def create_document() -> Response:
    """Keep a file and have it read. Sent twice, it is kept twice; only an order does something."""
    try:
        stream, name = sent_document("document")
        document = service.keep_document(stream, name)
    except Problem as problem:
        return documents_page(problem)
    return done(
        url_for("documents.show_document", document_id=document.id), toast=f"{document.file_name} is being read."
    )


@bp.get("/documents/<string:document_id>")
@allow("orders:read")
@gate(Gate.VISION_ANALYSIS)
def show_document(document_id: str) -> Response:
    """One document: its picture, its text, and the order it seems to be."""
    return document_page(document_id)


def document_page(document_id: str, form: OrderForm | None = None, status: int = 200) -> Response:
    """Render a document, with a refused form on it if there is one."""
    state = live.state("documents", "jobs")
    document = reads.find_document(document_id)
    shown: dict[str, Any] = {"form": form or proposed_form(document).with_spare_rows(), **suggestions("")}
    return page("documents/show.html", status=status, live=state, document=document, **shown)


def proposed_form(document: Document) -> OrderForm:
    """Return the form with what was read."""
    rows = [
        {"sku": line["sku"], "quantity": str(line["quantity"]), "unit_price": line["unit_price"] or ""}
        for line in document.lines
    ]
    return OrderForm({"customer_name": document.customer}, rows)


@bp.get("/documents/<string:document_id>/file")
@allow("orders:read")
@gate(Gate.VISION_ANALYSIS)
def download_file(document_id: str) -> Response:
    """The file as it was sent: a photo to look at, a PDF to keep."""
    document = reads.find_document(document_id)
    response = file_response(document)
    response.cache_control.max_age = 3600
    response.cache_control.private, response.cache_control.public = True, False
    return response


def file_response(document: Document) -> Response:
    """Send the stored file, or the one that was kept before files were stored."""
    found, name, is_pdf = service.find_file(document.id), f"{document.id}.{document.kind}", document.kind == "pdf"
    if found is not None:
        return send_kept(found, name=name, content_type=TYPES[document.kind], as_attachment=is_pdf)
    path = service.path_of(document.id)
    if not path.is_file():
        raise NotFound
    return send_file(path, mimetype=TYPES[document.kind], as_attachment=is_pdf, download_name=name)


@bp.post("/documents/<string:document_id>/order")
@allow("orders:write")
@gate(Gate.VISION_ANALYSIS)
@once
def create_order(document_id: str) -> Response:
    """Place the order somebody confirmed, or show the form again with what is wrong."""
    reads.find_document(document_id)
    form = read_form()
    try:
        wanted = NewOrder.model_validate(as_body(form))
        with transaction(), savepoint():
            order = service.order_document(document_id, wanted, currency=company().currency)
    except ValidationError as error:
        note_invalid(form, error)
        return document_page(document_id, form.with_spare_rows(), UNPROCESSABLE)
    except Problem as problem:
        note_problem(form, problem)
        return document_page(document_id, form.with_spare_rows(), problem.status)
    return done(url_for("orders.show_order", number=order.number), toast=f"Order {order.number} is placed.")


@bp.post("/documents/<string:document_id>/reading")
@allow("orders:write")
@gate(Gate.VISION_ANALYSIS)
@once
def read_again(document_id: str) -> Response:
    """Read it again."""
    service.read_again(document_id)
    return done(url_for("documents.show_document", document_id=document_id), toast="It is being read again.")


@bp.post("/documents/<string:document_id>/discard")
@allow("orders:write")
@gate(Gate.VISION_ANALYSIS)
@once
def discard_document(document_id: str) -> Response:
    """Say that no order comes of it."""
    document = service.discard_document(document_id)
    return done(url_for("documents.list_documents"), toast=f"{document.file_name} is put aside. No order came of it.")
