"""A Socket.IO client that writes down what it hears."""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import socketio

from tests.site import wait_for
from tests.world import Person


def cookie_of(person: Person) -> str:
    """Return the session cookie of somebody's browser, as a header."""
    found = person.client.get_cookie("qd")
    assert found is not None
    return f"qd={found.value}"


def hear_in_order(client: socketio.Client) -> None:
    """Handle messages in the reading thread: the library starts a thread for each, and they overtake each other."""
    trigger = client.eio._trigger_event

    def run(event: str, *args: Any, **how: Any) -> Any:  # Any: the library is untyped
        is_event = event == "message" and str(args[0]).startswith("2")
        return trigger(event, *args, **(how | {"run_async": False} if is_event else how))

    client.eio._trigger_event = run


class Ear:
    """One socket of somebody.

    Attributes:
        heard: (event, data, monotonic time), in order.
        refused: What a refused handshake said.
    """

    def __init__(self, url: str, *, token: str | None = None, cookie: str | None = None, **hello: Any) -> None:
        self.url, self.cookie = url, cookie
        self.hello = hello | ({"token": token} if token else {})
        self.heard: list[tuple[str, Any, float]] = []
        self.refused: Any = None
        self.is_closed = threading.Event()
        self.client = socketio.Client(reconnection=False)
        hear_in_order(self.client)
        self.client.on("*", lambda event, data=None: self.heard.append((event, data, time.monotonic())))
        self.client.on("connect_error", self._note_refusal)
        self.client.on("disconnect", lambda *_: self.is_closed.set())

    def _note_refusal(self, data: Any = None) -> None:
        self.refused = data

    def open(self) -> Self:
        """Connect and wait until the server said what position it starts from."""
        headers = {"Cookie": self.cookie} if self.cookie else {}
        self.client.connect(self.url, headers=headers, auth=self.hello, transports=["websocket"], wait_timeout=5)
        wait_for(lambda: self.of("ready"), say=self.told)
        return self

    def of(self, event: str) -> list[Any]:
        """Return the data of every event of a name."""
        return [data for name, data, _ in self.heard if name == event]

    def events(self, topic_prefix: str) -> list[dict[str, Any]]:
        """Return the facts heard whose type begins with a prefix, in order."""
        return [data for name, data, _ in self.heard if name.startswith(topic_prefix)]

    def rows(self) -> dict[str, int]:
        """Return row id to newest version pushed."""
        found: dict[str, int] = {}
        for message in self.of("rows"):
            for row in message["rows"]:
                found[row["id"]] = max(row["version"], found.get(row["id"], 0))
        return found

    def wait(self, condition: Callable[[], object], limit_s: float = 5) -> None:
        """Wait until something was heard."""
        wait_for(condition, limit_s=limit_s, say=self.told)

    def told(self) -> str:
        """Return the last things heard, shortened, for a failure's message."""
        return "\n".join(f"{name} {str(data)[:200]}" for name, data, _ in self.heard[-10:])

    def close(self) -> None:
        """Hang up."""
        self.client.disconnect()

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
