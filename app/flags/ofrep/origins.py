"""Which other sites' pages may ask: those OFREP_ORIGINS names, with a token and never with our cookie."""

from flask import Blueprint, Flask, Response, make_response, request

ASKED = "Authorization, X-API-Key, Content-Type, If-None-Match, Last-Event-ID"
KEPT_S = 600


def allow_origins(app: Flask, bp: Blueprint, origins: list[str]) -> None:
    """Answer preflights and mark answers for the named origins; without any, browsers refuse other sites' pages.

    Call it before the access table is asked: a preflight carries no credential.
    """

    def is_allowed() -> bool:
        return request.headers.get("Origin") in origins

    def answer_preflight() -> Response | None:
        if request.method != "OPTIONS" or request.blueprint != bp.name or not is_allowed():
            return None
        response = make_response("", 204)
        response.headers["Access-Control-Allow-Methods"] = "GET, POST"
        response.headers["Access-Control-Allow-Headers"] = ASKED
        response.headers["Access-Control-Max-Age"] = str(KEPT_S)
        return response

    def mark(response: Response) -> Response:
        if request.blueprint == bp.name and is_allowed():
            response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
            response.headers["Access-Control-Expose-Headers"] = "ETag, Retry-After"
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
            response.vary.add("Origin")
        return response

    if origins:
        app.before_request(answer_preflight)
        app.after_request(mark)
