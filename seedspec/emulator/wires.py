"""The connections of a server, so that a fault can cut one: the server's own interface has no way to do that."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol


class Wires:
    """The open connections by the client's address. Used on one event loop."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], asyncio.Transport] = {}

    def protocol(self) -> type[H11Protocol]:
        """A protocol class for uvicorn that enters its connections here."""
        open_ = self._open

        class Wired(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                self._peer = transport.get_extra_info("peername")
                open_[self._peer] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                open_.pop(self._peer, None)
                super().connection_lost(exc)

        return Wired

    async def cut(self, request: Request) -> None:
        """Reset the connection of a request; nothing that is sent on it afterwards leaves."""
        self._transport(request).abort()
        await asyncio.sleep(0)  # the loop tells the server that the connection is lost

    async def finish(self, request: Request) -> None:
        """Close the connection of a request after what was already sent has left."""
        self._transport(request).close()
        await asyncio.sleep(0)

    def _transport(self, request: Request) -> asyncio.Transport:
        client: Any = request.scope["client"]
        return self._open[tuple(client)]
