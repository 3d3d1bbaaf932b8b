"""Bodies in chunks as gunicorn reads them, without a gunicorn."""

from types import SimpleNamespace
from typing import Any

from gunicorn.config import Config
from gunicorn.http.body import Body, ChunkedReader
from gunicorn.http.message import Message
from gunicorn.http.unreader import IterUnreader


def chunked(sent: bytes) -> dict[str, Any]:
    """Return what gunicorn hands on for a body as it came over the wire, after which the sender hung up."""
    unreader, config = IterUnreader(iter([sent])), Config()
    request = SimpleNamespace(limit_request_field_size=8190, max_buffer_headers=65536)
    request.parse_headers = lambda data, from_trailer: Message.parse_headers(reader, data, from_trailer)
    reader = Message.__new__(Message)
    reader.cfg, reader.unreader, reader.headers, reader.trailers = config, unreader, [], []
    reader.limit_request_fields, reader.limit_request_field_size = 100, 8190
    reader.peer_addr, reader.remote_addr, reader.scheme = ("127.0.0.1", 1), ("127.0.0.1", 1), "http"
    body = Body(ChunkedReader(request, unreader))
    return {"wsgi.input": body, "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
