"""/api/openapi.json, and /docs/problems: the page every problem document points at."""

import json
import re
from dataclasses import dataclass
from itertools import groupby

from flask import Flask, Response

from app.core.access import PUBLIC, allow
from app.core.errors import CATALOGUE, Problem
from app.core.openapi import document
from app.core.outbox import camel
from app.core.web import page

_FIELD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Entry:
    """One problem as the page explains it.

    Attributes:
        title: What is wrong, in pieces: (text, whether it stands for a value).
        advice: What to do, in such pieces; empty when the title says it all.
        fields: What the document holds beside the common members.
    """

    code: str
    status: int
    title: list[tuple[str, bool]]
    advice: list[tuple[str, bool]]
    fields: list[str]


def entry_of(problem: type[Problem]) -> Entry:
    """Explain one class of Problem, its values left open."""
    head, _, rest = " ".join((problem.__doc__ or "").split()).partition(". ")
    names = [camel(name) for name in getattr(problem, "__dataclass_fields__", {})]
    return Entry(problem.code, problem.status, pieces(head.rstrip(".") + "."), pieces(rest), names)


def pieces(text: str) -> list[tuple[str, bool]]:
    """Cut a text at its `{field}`s."""
    return [(part, bool(n % 2)) for n, part in enumerate(_FIELD.split(text)) if part]


def problems_by_status() -> list[tuple[int, list[Entry]]]:
    """Return every problem there is, by status and then by code."""
    entries = sorted((entry_of(problem) for problem in CATALOGUE.values()), key=lambda one: (one.status, one.code))
    return [(status, list(found)) for status, found in groupby(entries, key=lambda one: one.status)]


def init_api_docs(app: Flask) -> None:
    """Serve both, the document made once at the first request."""
    made: dict[str, str] = {}

    @app.get("/api/openapi.json")
    @allow(PUBLIC, session=False)
    def show_openapi() -> Response:
        if "text" not in made:
            made["text"] = json.dumps(document(app))
        return Response(made["text"], mimetype="application/json")

    @app.get("/docs/problems")
    @allow(PUBLIC)
    def show_problems() -> Response:
        return page("docs/problems.html", groups=problems_by_status())
