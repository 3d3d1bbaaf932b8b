"""httpx behind a breaker: a transport around a transport, synchronous or not.

    client = httpx.Client(transport=GuardedTransport("external-api", httpx.HTTPTransport()))

A call ends when its body is read or closed. Failures are those of `answers` and every exception of the
transport, also one that breaks the body off; slow is the time until the body is read. What is sent in a wrong
protocol counts for nothing. A body that nobody closes keeps its permit until the probe's lease ends.
"""

from collections.abc import AsyncIterator, Iterator
from typing import cast

import httpx

from app.breakers.adapters.answers import judge
from app.breakers.breaker import Breaker
from app.breakers.door import Permit
from app.breakers.registry import breaker


class Exchange:
    """One guarded call from its request to the end of its body."""

    def __init__(self, name: str) -> None:
        self.breaker: Breaker = breaker(name)
        self.permit: Permit = self.breaker.acquire()

    def fail(self, error: BaseException) -> None:
        """The call raised."""
        if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
            self.breaker.release(self.permit)
        else:
            self.breaker.fail(self.permit, error)

    def judge(self, response: httpx.Response) -> None:
        """The head is here; a failure is one at once, a success waits for its body."""
        failure = judge(response.status_code, response.headers)
        if failure is not None:
            self.breaker.fail(self.permit, failure)

    def succeed(self) -> None:
        """The body is here."""
        self.breaker.succeed(self.permit)


class GuardedTransport(httpx.BaseTransport):
    """A transport that asks a breaker first."""

    def __init__(self, name: str, inner: httpx.BaseTransport | None = None) -> None:
        self.name, self.inner = name, inner or httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request.

        Raises:
            CallNotPermitted: The breaker is open; nothing was sent.
        """
        exchange = Exchange(self.name)
        try:
            response = self.inner.handle_request(request)
        except BaseException as error:
            exchange.fail(error)
            raise
        exchange.judge(response)
        response.stream = _Body(cast("httpx.SyncByteStream", response.stream), exchange)
        return response

    def close(self) -> None:
        """Close the transport inside."""
        self.inner.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, inner: httpx.SyncByteStream, exchange: Exchange) -> None:
        self.inner, self.exchange = inner, exchange

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self.inner
        except BaseException as error:
            self.exchange.fail(error)
            raise

    def close(self) -> None:
        self.inner.close()
        self.exchange.succeed()


class AsyncGuardedTransport(httpx.AsyncBaseTransport):
    """The same for `httpx.AsyncClient`."""

    def __init__(self, name: str, inner: httpx.AsyncBaseTransport | None = None) -> None:
        self.name, self.inner = name, inner or httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request. Raises as `GuardedTransport`."""
        exchange = Exchange(self.name)
        try:
            response = await self.inner.handle_async_request(request)
        except BaseException as error:
            exchange.fail(error)
            raise
        exchange.judge(response)
        response.stream = _AsyncBody(cast("httpx.AsyncByteStream", response.stream), exchange)
        return response

    async def aclose(self) -> None:
        """Close the transport inside."""
        await self.inner.aclose()


class _AsyncBody(httpx.AsyncByteStream):
    def __init__(self, inner: httpx.AsyncByteStream, exchange: Exchange) -> None:
        self.inner, self.exchange = inner, exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self.inner:
                yield chunk
        except BaseException as error:
            self.exchange.fail(error)
            raise

    async def aclose(self) -> None:
        await self.inner.aclose()
        self.exchange.succeed()
