"""The OpenAPI 3.1 document, made from the contracts of the registered routes."""

import re
from types import UnionType
from typing import Any, get_args

from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.core.api import Contract
from app.core.errors import CATALOGUE

_CONVERTER = re.compile(r"<(?:(?P<kind>\w+)(?:\([^)]*\))?:)?(?P<name>\w+)>")
_REF = "#/components/schemas/{model}"
PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["title", "status", "code", "requestId"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "enum": []},
        "requestId": {"type": "string"},
    },
}
# What the protocol of flags says instead of a Problem, once it knows what was asked.
OFREP_ERROR = {
    "type": "object",
    "required": ["errorCode", "errorDetails"],
    "properties": {"errorCode": {"type": "string"}, "errorDetails": {"type": "string"}},
}
COMMON_STATUSES = ("400", "401", "403", "404", "405", "409", "413", "415", "422", "429", "503")


def contracts(app: Flask) -> dict[tuple[str, str], tuple[str, Contract, str]]:
    """Return {(method, rule): (endpoint, contract, first docstring line)} of every JSON route."""
    found = {}
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        declared: Contract | None = getattr(view, "__contract__", None)
        if declared is None:
            continue
        summary = (view.__doc__ or "").strip().split("\n")[0]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            found[method, rule.rule] = (rule.endpoint, declared, summary)
    return found


def document(app: Flask) -> dict[str, Any]:
    """Return the whole document."""
    routes = contracts(app)
    models: dict[tuple[type[BaseModel], str], None] = {}
    for _, declared, _ in routes.values():
        for model in (declared.body, declared.query):
            if model is not None:
                models[model, "validation"] = None
        for answer in declared.returns.values():
            models |= dict.fromkeys((shape, "serialization") for shape in shapes(answer))
    refs, definitions = models_json_schema(list(models), by_alias=True, ref_template=_REF)  # type: ignore[arg-type]
    schemas = dict(definitions.get("$defs", {}))
    schemas["Problem"] = {**PROBLEM_SCHEMA, "properties": {**PROBLEM_SCHEMA["properties"]}}  # type: ignore[dict-item]
    schemas["Problem"]["properties"]["code"] = {"type": "string", "enum": sorted(CATALOGUE)}
    paths: dict[str, Any] = {}
    for (method, rule), (endpoint, declared, summary) in sorted(routes.items()):
        path = _CONVERTER.sub(lambda match: "{" + match["name"] + "}", rule)
        paths.setdefault(path, {})[method.lower()] = operation(endpoint, declared, summary, rule, refs, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Quarterdeck",
            "version": app.config["SETTINGS"].release,
            "description": "Every act of the console, for scripts.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "flask tokens create --user EMAIL"}
            },
        },
        "security": [{"token": []}],
    }


def shapes(answer: type[BaseModel] | UnionType | None) -> tuple[type[BaseModel], ...]:
    """Return the shapes of an answer: none, one, or one for each who may ask."""
    if answer is None:
        return ()
    return get_args(answer) if isinstance(answer, UnionType) else (answer,)


def operation(
    endpoint: str, declared: Contract, summary: str, rule: str, refs: Any, schemas: dict[str, Any]
) -> dict[str, Any]:
    """Return the operation object of one route."""
    responses: dict[str, Any] = {}
    for status, answer in declared.returns.items():
        responses[str(status)] = {"description": "Done" if status < 300 else "Answer"}  # noqa: PLR2004
        found = [refs[shape, "serialization"] for shape in shapes(answer)]
        if found:
            schema = found[0] if len(found) == 1 else {"anyOf": found}
            responses[str(status)]["content"] = {"application/json": {"schema": schema}}
    problem: dict[str, Any] = {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}}
    if rule.startswith("/ofrep/"):
        problem["application/json"] = {"schema": OFREP_ERROR}
    extra = {str(problem_class.status) for problem_class in declared.problems}
    for status_text in sorted({*COMMON_STATUSES, *extra}):
        responses.setdefault(status_text, {"description": "Problem", "content": problem})
    made: dict[str, Any] = {
        "operationId": endpoint.replace(".", "_"),
        "summary": summary,
        "tags": [declared.tag or endpoint.partition(".")[0]],
        "parameters": parameters(declared, rule, refs, schemas),
        "responses": responses,
    }
    if declared.scope == "public":
        made["security"] = []
    if declared.body is not None:
        made["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": refs[declared.body, "validation"]}},
        }
    return made


def parameters(declared: Contract, rule: str, refs: Any, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    """Return path and query parameters."""
    listed: list[dict[str, Any]] = [
        {
            "name": match["name"],
            "in": "path",
            "required": True,
            "schema": {"type": "integer", "minimum": 0}
            if match["kind"] == "int"
            else {"type": "string", "minLength": 1},
        }
        for match in _CONVERTER.finditer(rule)
    ]
    if declared.query is not None:
        schema = schemas[refs[declared.query, "validation"]["$ref"].removeprefix(_REF.format(model=""))]
        listed += [
            {"name": name, "in": "query", "required": name in schema.get("required", []), "schema": inner}
            for name, inner in schema.get("properties", {}).items()
        ]
    return listed
