"""A server that speaks clamd's protocol as clamd does: INSTREAM, VERSION, its limit, its words for each outcome."""

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
LIMIT = 25 << 20  # clamd's StreamMaxLength


class Handler(socketserver.StreamRequestHandler):
    """One connection, one command."""

    def handle(self) -> None:
        command = bytearray()
        while not command.endswith(b"\0"):
            command += self.rfile.read(1)
        if command == b"zVERSION\0":
            self.wfile.write(b"ClamAV 1.4.3/27800/Sun Nov 22 09:00:00 2026\0")
        elif command == b"zINSTREAM\0":
            self.wfile.write(self.verdict() + b"\0")
        else:
            self.wfile.write(b"UNKNOWN COMMAND\0")

    def verdict(self) -> bytes:
        """Read the pieces and answer as clamd does."""
        content = bytearray()
        while True:
            (length,) = struct.unpack("!I", self.rfile.read(4))
            if not length:
                break
            content += self.rfile.read(length)
            if len(content) > LIMIT:
                return b"INSTREAM size limit exceeded. ERROR"
        return b"stream: Win.Test.EICAR_HDB-1 FOUND" if EICAR in content else b"stream: OK"


class Server(socketserver.ThreadingTCPServer):
    """On a free port of this machine."""

    allow_reuse_address, daemon_threads = True, True


@contextmanager
def running_clamd() -> Iterator[str]:
    """Start one and give its address."""
    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"tcp://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
