"""The default limits of sockets, and the cap of one worker."""

from collections.abc import Iterator

import pytest
import socketio

from app.core.embedded.ports import find_free_port
from tests.realtime.ear import Ear, cookie_of
from tests.realtime.wire import RawSocket
from tests.services import Services
from tests.site import Site, wait_for
from tests.stage import Stage
from tests.world import Person

CAP = 8


@pytest.fixture(scope="module")
def strict(live_stage: Stage, services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One worker with the default limits of sockets, room for eight, and counters of its own."""
    port = find_free_port()
    own = {name: value for name, value in live_stage.environment.items() if not name.startswith("LIMIT_SOCKET")}
    own |= {"PORT": str(port), "WEB_WORKERS": "1", "SOCKET_LIMIT": str(CAP), "REDIS_URL": services.worker_redis_url(15)}
    own |= {"LIMIT_SOCKETS": "5/60s", "LIMIT_SOCKET_MESSAGES": "10/60s", "LIMIT_SOCKET_MESSAGES_IP": "20/60s"}
    site = Site(f"http://127.0.0.1:{port}", own, tmp_path_factory.mktemp("strict"))
    site.start("web", "gunicorn", "-c", "gunicorn.conf.py", "tests.realtime.lantern_wsgi:app")
    site.wait_until_ready()
    yield site
    site.stop()


def test_the_defaults_are_those_of_the_contract() -> None:
    from app.limits.table import DEFAULTS

    table = {limit.name: (limit.amount, limit.window_s) for limit in DEFAULTS}
    assert table["sockets"] == (5, 60)
    assert table["socket_session"] == (60, 60)
    assert table["socket_messages"] == (10, 60)
    assert table["socket_messages_ip"] == (20, 60)


def test_who_sends_more_than_ten_messages_is_closed(strict: Site, ada: Person) -> None:
    ear = Ear(strict.url, cookie=cookie_of(ada), topics=["lanterns"]).open()
    for number in range(10):
        ear.client.emit("hello", {"n": number})
    assert not ear.is_closed.wait(0.5)
    ear.client.emit("hello", {"n": 11})
    assert ear.is_closed.wait(3)
    assert ear.of("bye") == [{"reason": "too-many-messages"}]


def test_a_worker_takes_no_more_sockets_than_it_can_hold(strict: Site, ada: Person) -> None:
    ears: list[Ear] = []

    def is_full() -> bool:
        """Fill up; a socket that another test closed may take a moment to go."""
        try:
            ears.append(Ear(strict.url, cookie=cookie_of(ada), topics=[]).open())
        except socketio.exceptions.ConnectionError:
            return False
        return len(ears) == CAP

    wait_for(is_full, say=lambda: len(ears))
    with RawSocket(strict.url, {"Cookie": cookie_of(ada)}) as raw:
        assert raw.status == 503
        assert "retry-after" in raw.head
    for ear in ears:
        ear.close()

    def has_room() -> bool:
        with RawSocket(strict.url, {"Cookie": cookie_of(ada)}) as raw:
            return raw.status == 101

    wait_for(has_room)


def test_strangers_get_five_handshakes_a_minute_and_keep_nobody_else_out(strict: Site, ada: Person) -> None:
    for _ in range(5):
        with pytest.raises(socketio.exceptions.ConnectionError):
            Ear(strict.url, token="qd_nobody").open()
    with RawSocket(strict.url) as raw:
        assert raw.status == 429
    with RawSocket(strict.url, {"Cookie": cookie_of(ada)}) as raw:
        assert raw.status == 101, "somebody signed in at the same address"
