"""/api/openapi.json, and the page that lists every problem code."""

import json

from flask import Flask, Response

from app.core.access import PUBLIC, allow
from app.core.openapi import document


def init_api_docs(app: Flask) -> None:
    """Serve the document, made once at the first request."""
    made: dict[str, str] = {}

    @app.get("/api/openapi.json")
    @allow(PUBLIC, session=False)
    def show_openapi() -> Response:
        if "text" not in made:
            made["text"] = json.dumps(document(app))
        return Response(made["text"], mimetype="application/json")
