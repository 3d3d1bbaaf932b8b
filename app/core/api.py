"""The JSON contract of a route: what it takes, what it answers, which Problems it knows.

`@contract` checks the Content-Type (415), parses the body (400 malformed, 422 invalid, input never
echoed), runs the view once per Idempotency-Key, and answers by alias. `app/core/openapi.py` reads the
same declarations, so the document cannot drift from the behaviour.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, wraps
from types import UnionType
from typing import Any, TypeVar

import orjson
from flask import Response, current_app, make_response, request
from pydantic import BaseModel, ValidationError

from app.core.access import allow
from app.core.errors import InvalidInput, MalformedBody, Problem, UnsupportedMediaType
from app.core.idempotency import once
from app.core.sentences import explain

JSON = "application/json"
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Contract:
    """What one JSON route promises."""

    scope: str
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    returns: Mapping[int, type[BaseModel] | UnionType | None] = field(default_factory=dict)
    problems: tuple[type[Problem], ...] = ()
    tag: str = ""
    any_company: bool = False
    raw: bool = False


def contract(
    *,
    scope: str,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    returns: Mapping[int, type[BaseModel] | UnionType | None] | None = None,
    problems: list[type[Problem]] | None = None,
    tag: str = "",
    any_company: bool = False,
    raw: bool = False,
    session: bool = True,
    secret: bool = False,
    installation: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """Declare a JSON route. The view gets `body=` and `query=` parsed and returns a model or (model, status).

    Args:
        scope: The permission needed; `public` or `self` as in the access table.
        body: Shape of the JSON body; None when the route takes none.
        query: Shape of the query string.
        returns: Answer shape by status, or several shapes (`A | B`); the first is the default status.
        problems: The Problems it raises beyond the common ones.
        tag: Heading in the document.
        any_company: A platform admin may call it without a company.
        raw: The view answers with its own Response (a stream, a file); it is documented but not built here.
        session: False for routes that never load a session.
        secret: The answer holds a secret, so it is not stored and an Idempotency-Key is not honoured.
        installation: It is about what belongs to no tenant; see app/core/access.py.
    """
    declared = Contract(scope, body, query, returns or {200: None}, tuple(problems or ()), tag, any_company, raw)
    default_status = next(iter(declared.returns))

    def decorate(view: Callable[..., Any]) -> Callable[..., Response]:
        @wraps(view)
        def run(**path: Any) -> Response:
            if body is not None:
                path["body"] = parse_body(body)
            if query is not None:
                path["query"] = parse_query(query)
            result = view(**path)
            if isinstance(result, Response):
                return result
            answer, status = result if isinstance(result, tuple) else (result, default_status)
            return json_answer(answer, status)

        acting = run if secret or (raw and body is None) else once(run)

        @wraps(view)
        def guarded(**path: Any) -> Response:
            return make_response(acting(**path) if request.method not in {"GET", "HEAD"} else run(**path))

        allow(scope, any_company=any_company, session=session, installation=installation)(guarded)
        guarded.__contract__ = declared  # type: ignore[attr-defined]
        return guarded

    return decorate


def json_answer(answer: BaseModel | dict[str, Any] | list[Any] | None, status: int = 200) -> Response:
    """Return a model (by alias), a dict as it is, or an empty answer."""
    if answer is None:
        return make_response("", 204 if status == 200 else status)  # noqa: PLR2004
    if isinstance(answer, BaseModel):
        return Response(answer.model_dump_json(by_alias=True), status, mimetype=JSON)
    return Response(pack(answer), status, mimetype=JSON)


def pack(answer: dict[str, Any] | list[Any]) -> bytes | str:
    """Return JSON, fields in the order they stand in; Flask's own writer takes what orjson will not, such as huge numbers."""
    try:
        return orjson.dumps(answer, option=orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS)
    except TypeError:
        return current_app.json.dumps(answer)


def parse_body(shape: type[Model]) -> Model:
    """Return the JSON body as `shape`; none at all counts as `{}` where every field may be left out.

    Raises:
        UnsupportedMediaType: It is not JSON.
        MalformedBody: It is not readable JSON.
        InvalidInput: It is JSON of another shape, or none where not everything may be left out together.
    """
    sent = request.get_data()
    is_left_out = not sent and not any(field.is_required() for field in shape.model_fields.values())
    if not is_left_out and request.mimetype != JSON:
        raise UnsupportedMediaType(expected=JSON)
    try:
        return shape.model_validate_json(b"{}" if is_left_out else sent)
    except ValidationError as error:
        raise problem_of(error) from None
    except RecursionError:
        raise MalformedBody(reason="It is nested too deeply.") from None


def parse_query(shape: type[Model]) -> Model:
    """Return the query string as `shape`; empty values count as absent.

    Raises:
        InvalidInput: A parameter cannot be used.
    """
    names = names_of(shape)
    values = {key: value for key, value in request.args.items() if value != "" and (key in names or key != "companyId")}
    try:
        return shape.model_validate(values)
    except ValidationError as error:
        raise problem_of(error) from None


@cache
def names_of(shape: type[BaseModel]) -> frozenset[str]:
    """Return what its fields may be called: by name and by alias."""
    return frozenset(name for pair in ((k, f.alias or k) for k, f in shape.model_fields.items()) for name in pair)


def parse_form(shape: type[Model]) -> Model:
    """Return the form fields as `shape`, for page acts; empty values count as absent.

    Raises:
        InvalidInput: A field cannot be used.
    """
    ours = {"csrf_token", "idempotency_key"}
    values = {key: value for key, value in request.form.items() if value != "" and key not in ours}
    try:
        return shape.model_validate(values)
    except ValidationError as error:
        raise problem_of(error) from None


def problem_of(error: ValidationError) -> Problem:
    """Return the Problem of a Pydantic error, without what was sent: it may be a password."""
    found = error.errors(include_url=False, include_input=False)
    if found and found[0]["type"] == "json_invalid":
        return MalformedBody(reason=found[0]["msg"].removeprefix("Invalid JSON: ").capitalize() + ".")
    return InvalidInput(errors=[{"field": dotted(item["loc"]), "message": explain(item)} for item in found])


def dotted(location: tuple[int | str, ...]) -> str:
    """("lines", 0, "sku") -> lines.0.sku; the name of a value itself, ("args", "", "[key]") -> args. with its dot."""
    return ".".join(str(part) for part in location if part != "[key]") or "body"
