"""requests behind a breaker: mount it on the addresses of one service.

    session = requests.Session()
    session.mount("https://api.example.com/", GuardedAdapter("external-api"))

A call is one exchange, the body included unless it is streamed. Failures are those of `answers` and every
exception of the connection (refused, timed out, broken off); an address that cannot be meant counts for nothing.
Slow is the time until the body has arrived, or with `stream=True` until the head has.
"""

from typing import Any

import requests
from requests.adapters import HTTPAdapter

from app.breakers.adapters.answers import judge
from app.breakers.registry import breaker


class GuardedAdapter(HTTPAdapter):
    """A transport adapter that asks a breaker first.

    Args:
        name: The breaker's.
        options: HTTPAdapter's own, such as `pool_maxsize`.
    """

    __attrs__ = [*HTTPAdapter.__attrs__, "name"]  # noqa: RUF012 (requests' own: what a pickled session keeps)

    def __init__(self, name: str, **options: Any) -> None:  # Any: HTTPAdapter's
        self.name = name
        super().__init__(**options)

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:  # Any: as above
        """Send a request.

        Raises:
            CallNotPermitted: The breaker is open; nothing was sent.
        """
        one = breaker(self.name)
        permit = one.acquire()
        try:
            response = super().send(request, *args, **options)
            if not (options.get("stream") or args[:1] == (True,)):
                _ = response.content  # it may break off halfway; Session would read it right after
        except BaseException as error:
            if isinstance(error, ValueError):  # InvalidURL and its kin: the service was not asked
                one.release(permit)
            else:
                one.fail(permit, error)
            raise
        failure = judge(response.status_code, response.headers)
        if failure is None:
            one.succeed(permit)
        else:
            one.fail(permit, failure)
        return response
