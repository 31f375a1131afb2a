"""Addresses on the web, opened without the key or a cookie: result links, and media that a storyboard names.

Redirects are followed a few times. Every address on the way is checked by its name and, before a byte of the request
is sent, by what it was in fact connected to.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin, urlsplit
from urllib.request import getproxies

import httpx

from seedspec import __version__
from seedspec.catalog.addresses import is_private
from seedspec.project.credentials import BadSettings, is_loopback
from seedspec.run.service.lanes import ONE, Lanes
from seedspec.run.service.responses import clean, safe_url
from seedspec.text.value import valueclass

MOST_REDIRECTS = 3
_RANGE = re.compile(r"bytes ([0-9]{1,15})-([0-9]{1,15})/([0-9]{1,15}|\*)")


@valueclass(frozen=True, slots=True)
class Deadlines:
    """Seconds for a whole exchange, and for one silent moment within it."""

    create: float = 90.0
    read: float = 30.0
    upload: float = 600.0
    download: float = 1800.0
    connect: float = 10.0
    silence: float = 60.0


class BadAddress(Exception):
    """A link that is not followed, now or later."""


def describe_final(error: BaseException) -> str:
    """Why another try would end in the same way, and what to do; "" when a server may be in order a little later."""
    if isinstance(error, BadAddress):
        return str(error)
    unread = isinstance(error, httpx.RemoteProtocolError) and "location header" in str(error)  # httpx reads it first
    if unread or isinstance(error, (httpx.InvalidURL, httpx.UnsupportedProtocol)):
        return "the link leads to an address that cannot be read"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"the certificate of its server is not trusted ({clean(cause.verify_message, 80)}): "
                "SSL_CERT_FILE may name one that is"
            )
        cause = cause.__cause__ or cause.__context__
    return ""


class Unreachable(Exception):
    """An address that gave nothing to look at. `final` says that another try would be answered in the same way.

    `read` counts the bytes that came all the same.
    """

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final
        self.read = 0


@valueclass(frozen=True, slots=True)
class Piece:
    """A part of what an address holds: the bytes from `start` on, of `total` (None: it does not say).

    `ranged` is whether the part that was asked for is given; `ended` whether the answer was read to its end. `type` is
    what the server calls the content.
    """

    start: int
    content: bytes
    total: int | None
    ranged: bool
    ended: bool
    type: str


@valueclass(frozen=False, slots=True)
class Web:
    """Clients that have no key to give away. `local` allows addresses that name this machine, also over plain http.

    Raises what making a client raises.
    """

    trust: ssl.SSLContext
    deadlines: Deadlines
    local: bool
    _lanes: Lanes = field(init=False)

    def __post_init__(self) -> None:
        self._lanes = Lanes(self._client)
        self._lanes.open()

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            headers={"User-Agent": f"seedspec/{__version__}", "Accept-Encoding": "identity"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            limits=ONE,
            timeout=httpx.Timeout(self.deadlines.silence, connect=self.deadlines.connect),
            follow_redirects=False,
            http2=False,
            verify=self.trust,
            trust_env=not self.local,
        )

    async def aclose(self) -> None:
        await self._lanes.aclose()

    @asynccontextmanager
    async def open_link(self, url: str, headers: Mapping[str, str] | None = None) -> AsyncIterator[httpx.Response]:
        """The answer at the end of a link, its body unread. Raises BadAddress, and what httpx raises."""
        for _ in range(MOST_REDIRECTS + 1):
            if not safe_url(url, local=self.local):
                raise BadAddress("the link leads to an address that is not followed")
            here = self.local and is_loopback(urlsplit(url).hostname or "")
            checks = {} if here else {"trace": _only_public}
            async with (
                self._lanes.lane() as client,
                client.stream("GET", url, headers=headers, extensions=checks) as response,
            ):
                if not response.is_redirect:
                    yield response
                    return
                url = _behind(url, response.headers.get("location", ""))
        raise BadAddress(f"more than {MOST_REDIRECTS} redirects")

    async def piece(self, url: str, start: int, length: int | None, *, most: int, seconds: float) -> Piece:
        """`length` bytes of what an address holds (None: all), in bounded time; never more than `most` bytes are read.

        Raises Unreachable, whose message is one line that quotes no address.
        """
        headers = {} if length is None else {"Range": f"bytes={start}-{start + length - 1}"}
        body = bytearray()
        try:
            try:
                async with asyncio.timeout(seconds), self.open_link(url, headers) as response:
                    return await _piece(response, start, length, body, most)
            except BadAddress as error:
                raise Unreachable(f"cannot be fetched: {error}", final=True) from None
            except TimeoutError:
                raise Unreachable(f"its server did not answer within {seconds:.3g} s") from None
            except httpx.RemoteProtocolError as error:
                raise Unreachable(f"its server broke off: {describe_error(error)}") from None
            except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, ValueError) as error:
                raise Unreachable(f"its server cannot be reached: {describe_error(error)}") from None
        except Unreachable as error:
            error.read = len(body)
            raise


def _behind(url: str, location: str) -> str:
    """Where a redirect leads. Raises BadAddress."""
    try:
        found = urljoin(url, location)
        httpx.URL(found)
    except (ValueError, httpx.InvalidURL):
        raise BadAddress("the link leads to an address that cannot be read") from None
    return found


async def _piece(response: httpx.Response, start: int, length: int | None, body: bytearray, most: int) -> Piece:
    """Reads an answer into `body`, as far as it is wanted."""
    status, headers = response.status_code, response.headers
    if status == 416:
        raise Unreachable("is empty, or shorter than its server said", final=True)
    if status not in (200, 206):
        passing = status >= 500 or status in (408, 425, 429)
        raise Unreachable(f"cannot be fetched: its server answers HTTP {status}", final=not passing)
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise Unreachable("its server sends it compressed, which was not asked for")
    total, announced = size(headers.get("content-length", "")), None
    if status == 206:
        found = _RANGE.fullmatch(headers.get("content-range", "").strip())
        if length is None or found is None or int(found[1]) != start or not start <= int(found[2]) < start + length:
            raise Unreachable("cannot be fetched: its server sends another part than was asked for", final=True)
        announced, total = int(found[2]) - start + 1, size(found[3])
    kind = clean(headers.get("content-type", "").split(";")[0].strip().lower(), 60)
    if status == 200 and total is not None and total > most:
        return Piece(0, b"", total, False, False, kind)
    ended = True
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > most:
            ended = False
            break
    if ended and announced is not None and len(body) != announced:
        raise Unreachable("cannot be fetched: its server announces another length than it sends", final=True)
    return Piece(start if announced else 0, bytes(body[:most]), total, status == 206, ended, kind)


def size(text: str) -> int | None:
    """A number of bytes that a header gives; None for anything else."""
    return int(text) if re.fullmatch("[0-9]{1,15}", text) else None


@contextmanager
def environment(*, tls: bool = True) -> Iterator[ssl.SSLContext]:
    """The certificates that are trusted (SSL_CERT_FILE and SSL_CERT_DIR count), to make clients with.

    Without `tls` none is, so that whatever is asked over TLS all the same is not trusted: loading them takes 30 ms.
    Raises BadSettings for what the environment names and no client can be made with.
    """
    try:
        yield httpx.create_ssl_context(trust_env=True) if tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    except (OSError, ValueError, ImportError) as error:
        raise BadSettings(f"certificates or proxies of the environment: {describe_error(error)}") from None


async def _only_public(event: str, info: Mapping[str, Any]) -> None:
    """Closes a connection that was made to a private network or to this machine, before anything is sent over it."""
    if event != "connection.connect_tcp.complete":
        return
    stream = info["return_value"]
    peer = stream.get_extra_info("server_addr")
    if not peer or (is_private(str(peer[0])) and (str(peer[0]), int(peer[1])) not in await _proxies()):
        await stream.aclose()
        raise BadAddress("the link leads into a private network")


async def _proxies() -> set[tuple[str, int]]:
    """The addresses of the proxies that the environment names: they may be private ones.

    What a proxy connects to cannot be seen from here; that a link leads to no private place is then known of the
    words of its address alone, and the rest is the proxy's to forbid.
    """
    found: set[tuple[str, int]] = set()
    for scheme, proxy in getproxies().items():
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        if scheme == "no" or not parts.hostname:
            continue
        with suppress(OSError, ValueError):
            port = parts.port or {"https": 443, "socks5": 1080}.get(parts.scheme, 80)
            known = await asyncio.get_running_loop().getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
            found |= {(str(address[0]), port) for *_, address in known}
    return found


def describe_error(error: BaseException) -> str:
    """An error's own words without what it may carry of the request; its kind where it has none."""
    if isinstance(error, httpx.LocalProtocolError):
        return "the request could not be formed"  # its words may quote a header
    if isinstance(error, OSError):
        return (error.strerror or type(error).__name__).lower()
    return clean(str(error) or type(error).__name__, 200)
