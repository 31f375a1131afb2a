"""HTTP/1.1 straight to a server, for httpx: one connection after another, without a pool to look through.

A connection of its own for each request costs half of what it does with the pool, its locks and its cancel scopes.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import getproxies

import h11
import httpx

_MOST_HEAD = 100 * 1024
"""Bytes of an answer's status and headers."""

_AHEAD = 256 * 1024
"""Bytes that are taken from a connection before somebody reads them."""

_IDLE = 5.0
"""Seconds after which a connection is not used again: a server closes it at about that time."""

_EYEBALLS = 0.25
"""Seconds that one address of a name is tried alone, before the next is tried beside it."""


def transport(trust: ssl.SSLContext, *, keep: bool, env: bool) -> Direct | None:
    """The way to servers; None where the environment (`env`: it counts) names proxies, which httpx knows how to ask."""
    return None if env and getproxies() else Direct(trust, keep=keep)


class Direct(httpx.AsyncBaseTransport):
    """Exchanges with servers, each on a new connection; with `keep` on the last one, where it leads there and is free.

    A connection is only kept whose last exchange was read to its end. Raises what httpx does: ConnectError and
    ConnectTimeout before a byte of the request is sent, and nothing of those after it.
    """

    def __init__(self, trust: ssl.SSLContext, *, keep: bool) -> None:
        trust.set_alpn_protocols(["http/1.1"])
        self._trust, self._keep = trust, keep
        self._free: tuple[tuple[Any, ...], float, _Connection] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url, seconds = request.url, request.extensions.get("timeout", {})
        place = (url.scheme, url.raw_host, url.port)
        connection = self._take(place) or await _connect(request, self._trust, seconds.get("connect"))
        try:
            with _as_httpx(httpx.WriteTimeout, httpx.WriteError):
                await connection.send(request, seconds.get("write"))
            with _as_httpx(httpx.ReadTimeout, httpx.ReadError):
                while isinstance(event := await connection.next(seconds.get("read")), h11.InformationalResponse):
                    pass
            assert isinstance(event, h11.Response)
        except BaseException:
            connection.close()
            raise
        return httpx.Response(
            event.status_code,
            headers=event.headers.raw_items(),
            stream=_Body(self, place, connection, seconds.get("read")),
            extensions={"reason_phrase": event.reason},
        )

    def _take(self, place: tuple[Any, ...]) -> _Connection | None:
        """The free connection, if it leads there and nothing has come over it since."""
        free, self._free = self._free, None
        if free is None:
            return None
        there, since, connection = free
        if there == place and connection.silent and asyncio.get_running_loop().time() - since < _IDLE:
            return connection
        connection.close()
        return None

    def give_back(self, place: tuple[Any, ...], connection: _Connection) -> None:
        """An exchange is over, or is broken off."""
        if not (self._keep and connection.renew()):
            connection.close()
            return
        if self._free is not None:
            self._free[2].close()
        self._free = place, asyncio.get_running_loop().time(), connection

    async def aclose(self) -> None:
        if self._free is not None:
            self._free[2].close()
            self._free = None
            await asyncio.sleep(0)  # it is closed at the loop's next step


class _Connection(asyncio.Protocol):
    """A connection to a server; h11 keeps what came of its answer and was not read yet."""

    def __init__(self) -> None:
        self._http = h11.Connection(h11.CLIENT, _MOST_HEAD)
        self._wire: Any = None
        self._ahead = 0
        self._ended, self._error = False, None  # type: bool, Exception | None
        self._full = False
        self._news: asyncio.Future[None] | None = None

    # --- what the loop tells ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire = transport

    def data_received(self, data: bytes) -> None:
        self._http.receive_data(data)
        self._ahead += len(data)
        if self._ahead > _AHEAD:
            self._wire.pause_reading()
        self._tell()

    def eof_received(self) -> None:
        self._ended = True
        self._tell()

    def connection_lost(self, error: Exception | None) -> None:
        self._ended, self._error = True, error
        self._tell()

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        self._tell()

    def _tell(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    async def _wait(self, seconds: float | None) -> None:
        self._news = asyncio.get_running_loop().create_future()
        if seconds is None:
            await self._news
        else:
            async with asyncio.timeout(seconds):
                await self._news

    # --- before anything is sent ---

    def get_extra_info(self, name: str) -> Any:
        """As httpcore says it: `server_addr` is what this is connected to."""
        return self._wire.get_extra_info("peername" if name == "server_addr" else name)

    async def aclose(self) -> None:
        self.close()

    async def encrypt(self, trust: ssl.SSLContext, host: str) -> None:
        loop = asyncio.get_running_loop()
        self._wire = await loop.start_tls(self._wire, self, trust, server_hostname=host)

    # --- an exchange ---

    async def send(self, request: httpx.Request, seconds: float | None) -> None:
        """A request, as far as the server takes it: one that ends the connection early may have answered all the same.

        Its head goes with the first piece of its body. Raises OSError, TimeoutError and httpx.LocalProtocolError.
        """
        url = request.url
        data = self._packed(h11.Request(method=request.method, target=url.raw_path, headers=request.headers.raw))
        assert isinstance(request.stream, httpx.AsyncByteStream)
        async for piece in request.stream:
            self._wire.write(data + self._packed(h11.Data(data=piece)))
            data = b""
            while self._full and not self._ended:
                await self._wait(seconds)
            if self._ended:
                return
        if data := data + self._packed(h11.EndOfMessage()):
            self._wire.write(data)

    def _packed(self, event: Any) -> bytes:
        return self._http.send(event) or b""

    async def next(self, seconds: float | None) -> Any:
        """What comes next of the answer. Raises OSError, TimeoutError and httpx.RemoteProtocolError."""
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._ended:
                if self._error is not None:
                    raise self._error
                if self._http.their_state is h11.SEND_RESPONSE:
                    raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
                self._http.receive_data(b"")
                continue
            if self._ahead > _AHEAD:
                self._wire.resume_reading()
            self._ahead = 0
            await self._wait(seconds)
        return event

    # --- between two ---

    def renew(self) -> bool:
        """Makes it ready for another exchange; False where the one before has not ended well, or the server ends it."""
        if self._ended or (self._http.our_state, self._http.their_state) != (h11.DONE, h11.DONE):
            return False
        self._http.start_next_cycle()
        self._wire.resume_reading()
        self._ahead = len(self._http.trailing_data[0])
        return True

    @property
    def silent(self) -> bool:
        """Whether nothing has come that nobody asked for, not even an end."""
        return not self._ended and not self._ahead

    def close(self) -> None:
        self._wire.abort()  # there is nothing left to send, and no farewell is waited for


class _Body(httpx.AsyncByteStream):
    """The body of an answer, as it comes."""

    def __init__(self, way: Direct, place: tuple[Any, ...], connection: _Connection, seconds: float | None) -> None:
        self._way, self._place, self._seconds = way, place, seconds
        self._connection: _Connection | None = connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        assert self._connection is not None
        with _as_httpx(httpx.ReadTimeout, httpx.ReadError):
            while isinstance(event := await self._connection.next(self._seconds), h11.Data):
                yield bytes(event.data)

    async def aclose(self) -> None:
        if self._connection is not None:
            self._way.give_back(self._place, self._connection)
            self._connection = None


async def _connect(request: httpx.Request, trust: ssl.SSLContext, seconds: float | None) -> _Connection:
    """A connection to the server of a request. What is asked to trace it hears of it before anything is sent over it,
    as httpcore does that; the hello of TLS is something.
    """
    url, loop, trace = request.url, asyncio.get_running_loop(), request.extensions.get("trace")
    host, tls = url.raw_host.decode("ascii"), url.scheme == "https"
    if not tls and url.scheme != "http":
        raise httpx.UnsupportedProtocol(f"`{url.scheme}` is no protocol that is spoken here")
    with _as_httpx(httpx.ConnectTimeout, httpx.ConnectError):
        async with asyncio.timeout(seconds):
            port = url.port or (443 if tls else 80)
            _, made = await loop.create_connection(_Connection, host, port, happy_eyeballs_delay=_EYEBALLS)
        try:
            if trace is not None:
                await trace("connection.connect_tcp.complete", {"return_value": made})
            if tls:
                async with asyncio.timeout(seconds):
                    await made.encrypt(trust, host)
        except BaseException:
            made.close()
            raise
    return made


@contextmanager
def _as_httpx(slow: type[httpx.TimeoutException], broken: type[httpx.NetworkError]) -> Iterator[None]:
    """Errors as httpx has them."""
    try:
        yield
    except TimeoutError as error:
        raise slow(str(error)) from error
    except OSError as error:
        raise broken(error.strerror or str(error)) from error
    except UnicodeError as error:  # of a name that no server can have
        raise broken(str(error)) from error
    except h11.RemoteProtocolError as error:
        raise httpx.RemoteProtocolError(str(error)) from error
    except h11.LocalProtocolError as error:
        raise httpx.LocalProtocolError(str(error)) from error
