"""Where the JSON of flags hangs, and what its routes share."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from flask import Blueprint, Response, request

from app.core.api import contract

api_bp = Blueprint("flags_api", __name__, url_prefix="/api/degradation")
TAG = "Feature flags"
Declare = Callable[..., Callable[[Callable[..., Any]], Callable[..., Response]]]
reading: Declare = partial(contract, scope="flags:read", installation=True, tag=TAG)
writing: Declare = partial(contract, scope="flags:write", installation=True, tag=TAG)


def takes(size_bytes: int) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Let a route take a larger body than the others."""

    def decorate(view: Callable[..., Response]) -> Callable[..., Response]:
        @wraps(view)
        def run(**path: Any) -> Response:  # Any: parts of the address
            request.max_content_length = size_bytes
            return view(**path)

        return run

    return decorate
