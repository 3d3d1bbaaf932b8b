"""Flags as a flagd document, out and in."""

from typing import Any

from flask import Response, jsonify

from app.flags import service
from app.flags.answers import ImportOut
from app.flags.api.blueprint import api_bp, writing
from app.flags.engine.model import Algorithm
from app.flags.environments import check_environment
from app.flags.flagd.faults import FlagdError
from app.flags.flagd.reading import read_document
from app.flags.flagd.writing import write_document
from app.flags.load import load
from app.flags.problems import FlagIsBuiltIn, UnknownEnvironment, WrongImport
from app.flags.schemas import ExportFeatures, ImportFeatures, Where


@api_bp.get("/features/export")
@writing(query=ExportFeatures, raw=True, returns={200: None}, problems=[UnknownEnvironment])
def export_features(query: ExportFeatures) -> Response:
    """Return the flags of an environment as a flagd document; `X-Not-Exported` names those flagd cannot answer equally."""
    document, refused = export_document(check_environment(query.environment))
    answer = jsonify(document)
    answer.headers["Content-Disposition"] = 'attachment; filename="flags.flagd.json"'
    if refused:
        answer.headers["X-Not-Exported"] = ", ".join(sorted(refused))
    return answer


@api_bp.post("/features/import")
@writing(
    body=ImportFeatures,
    query=Where,
    returns={200: ImportOut},
    problems=[WrongImport, FlagIsBuiltIn, UnknownEnvironment],
)
def import_features(body: ImportFeatures, query: Where) -> ImportOut:
    """Take over the flags of a flagd document, all or none; everybody keeps the side that its evaluator gave them."""
    return import_document(body.document, Algorithm(body.algorithm), query.environment, body.reason)


def export_document(environment: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the document, and flag → why it is not in it."""
    loaded = load(environment)
    written = write_document(loaded.flags.values(), loaded.segments, {"flagSetId": environment})
    return written.document, written.refused


def import_document(document: dict[str, Any], algorithm: Algorithm, environment: str | None, reason: str) -> ImportOut:
    """Take over a document.

    Raises:
        WrongImport: It is no flagd document; each fault is named.
    """
    try:
        read = read_document(document, algorithm)
    except FlagdError as error:
        faults = [{"field": fault.path or "document", "message": fault.says} for fault in error.faults[:100]]
        raise WrongImport(errors=faults) from None
    except RecursionError:
        raise WrongImport(errors=[{"field": "document", "message": "It is nested too deeply."}]) from None
    done = service.import_flags(read.flags, environment=environment, reason=reason)
    return ImportOut(created=done.created, changed=done.changed, unchanged=done.unchanged, notes=read.notes)
