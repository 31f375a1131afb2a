"""Connections to one place, each with a client of its own: a pool of one has nothing to look through."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import field

import httpx

from seedspec.text.value import valueclass

CONNECTIONS = 16
"""At one time to one place. What finds none free waits for its turn here, never inside httpx."""

ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1)
"""What the client of a lane may have: httpx's pool looks at each of its connections, twice, for every request."""


@valueclass(frozen=False, slots=True)
class Lanes:
    """Clients that `make` made, as many as are in use at one time; the one that came back last is taken first."""

    make: Callable[[], httpx.AsyncClient]
    _idle: list[httpx.AsyncClient] = field(default_factory=list)
    _turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONNECTIONS))

    def open(self) -> None:
        """The first client stands. Raises what making one raises, before anything is asked of it."""
        self._idle.append(self.make())

    @asynccontextmanager
    async def lane(self) -> AsyncIterator[httpx.AsyncClient]:
        """A client whose connection nobody else uses until the block ends."""
        async with self._turn:
            client = self._idle.pop() if self._idle else self.make()
            try:
                yield client
            finally:
                self._idle.append(client)

    async def aclose(self) -> None:
        """Closes the connections; nothing is under way on them any more."""
        while self._idle:
            await self._idle.pop().aclose()
