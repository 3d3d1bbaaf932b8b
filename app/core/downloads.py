"""Sending a kept file to a browser or a script: streamed from where it is, as an attachment unless said otherwise."""

from contextlib import ExitStack

from flask import Response, request

from app.core.files import Kept


def send_kept(found: Kept, *, name: str, content_type: str = "", as_attachment: bool = True) -> Response:
    """Send a file's bytes; who has them already is told so.

    Args:
        found: The file.
        name: What it is called on the reader's disk: ours, not a person's.
        content_type: Where the stored one would not do.
        as_attachment: False to show it in the page.

    Raises:
        Problem: It cannot be read; nothing was sent.
    """
    if found.sha256 and request.if_none_match.contains(found.sha256):
        response = Response(status=304)
    else:
        stack = ExitStack()
        response = Response(stack.enter_context(found.opening()))
        response.call_on_close(stack.close)
        response.content_length = found.size_bytes
        response.content_type = content_type or found.content_type
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.set("Content-Disposition", "attachment" if as_attachment else "inline", filename=name)
    if found.sha256:
        response.set_etag(found.sha256)
    return response
