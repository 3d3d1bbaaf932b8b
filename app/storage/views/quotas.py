"""Quotas of a company: what it may store in all, and in each folder."""

from flask import Response, request, url_for

from app.core.access import allow
from app.core.auth import company, principal
from app.core.errors import InvalidInput, NotFound, VersionConflict
from app.core.idempotency import once
from app.core.present import format_bytes
from app.core.web import done, page
from app.storage.states import Category
from app.storage.usage import limits, quotas, reads
from app.storage.usage.sizes import exact_size, parse_size
from app.storage.views import looks
from app.storage.views.blueprint import bp

WHOLE = "all"
REASON_CHARACTERS, UNPROCESSABLE = 500, 422
LABELS = {"soft_bytes": "Warn above", "hard_bytes": "Take nothing above", "file_bytes": "Largest single file"}


@bp.get("/quotas")
@allow("files:manage")
def list_quotas() -> Response:
    """Show the limits of the company, in all and by folder."""
    found = {one.category: one for one in quotas.list_quotas()}
    return page(
        "storage/quotas.html", company_name=company().name, quotas=found, names=["", *Category], whole=WHOLE,
        parts=reads.usage_of_company().by_category(), used=reads.usage_of_company().used, looks=looks,
    )  # fmt: skip


@bp.get("/quotas/<string:category>")
@allow("files:manage")
def edit_quota(category: str) -> Response:
    """Show a limit as a form."""
    row = limits.find_quota(stored_name(category))
    values = {name: exact_size(getattr(row, name)) if row else "" for name in limits.FIELDS}
    return _show(category, values, row.version if row else 0, {}, 200)


@bp.post("/quotas/<string:category>")
@allow("files:manage")
@once
def update_quota(category: str) -> Response:
    """Change a limit, or show the form again with what is wrong."""
    name = stored_name(category)
    typed = {field: request.form.get(field, "").strip()[:40] for field in limits.FIELDS}
    version = request.form.get("version", "")
    seen = int(version) if version.isdecimal() and len(version) < 19 else 0  # noqa: PLR2004 (a bigint's digits)
    try:
        wanted = read_sizes(typed)
        limits.change_quota(
            name, wanted, version=seen, reason=request.form.get("reason", "").strip()[:REASON_CHARACTERS],
            is_platform=principal().may("storage:write"),
        )  # fmt: skip
    except InvalidInput as problem:
        errors = {one["field"]: one["message"] for one in problem.errors}
        return _show(category, typed, seen, errors, UNPROCESSABLE)
    except VersionConflict as conflict:
        return _show(category, typed, conflict.current, {}, conflict.status, is_changed=True)
    said = f"The quota of {name} is changed." if name else "The quota is changed."
    usage, most = reads.usage_of_company(), wanted["hard_bytes"]
    used = (usage.of(category=name) if name else usage.used).bytes
    then = "It holds from the next file on."
    if most is not None and used > most:
        then = f"{format_bytes(used)} are used, which is more: nothing new is taken until it is less."
    return done(url_for("storage.list_quotas"), toast=f"{said} {then}")


def stored_name(category: str) -> str:
    """Return a folder of an address as it is stored.

    Raises:
        NotFound: There is no such folder.
    """
    if category == WHOLE:
        return ""
    if category not in set(Category):
        raise NotFound
    return category


def read_sizes(typed: dict[str, str]) -> dict[str, int | None]:
    """Return typed sizes in bytes; None for an empty field.

    Raises:
        InvalidInput: One of them is no size.
    """
    found: dict[str, int | None] = {}
    errors = []
    for field, text in typed.items():
        try:
            found[field] = parse_size(text) if text else None
        except ValueError:
            errors.append({"field": field, "message": "Give a size such as 500 GB, 1.5 TB or 200 MB."})
    if errors:
        raise InvalidInput(errors=errors)
    return found


def _show(
    category: str,
    values: dict[str, str],
    version: int,
    errors: dict[str, str],
    status: int,
    *,
    is_changed: bool = False,
) -> Response:
    name = stored_name(category)
    usage = reads.usage_of_company()
    row = limits.find_quota(name)
    return page(
        "storage/quota.html", status=status, category=category, name=name, values=values, version=version, errors=errors,
        used=usage.of(category=name) if name else usage.used, labels=LABELS, is_changed=is_changed, row=row,
        is_platform=principal().may("storage:write"), reason=request.form.get("reason", "")[:REASON_CHARACTERS],
        exact_size=exact_size,
    )  # fmt: skip
