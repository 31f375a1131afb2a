"""Where a local file's address comes from: what an earlier run remembers, a bucket of one's own, or the files API."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import field, replace
from pathlib import Path
from typing import Protocol

from seedspec.project.saved_video import NotRead, check_inside
from seedspec.run.engine.messages import Reply, Stored, Trouble, Upload
from seedspec.run.service.file_stream import FileStream, NotSent, sending
from seedspec.run.service.upload_cache import UploadCache
from seedspec.text.value import valueclass

OTHERWISE = "a URL, or `--assets`, may do instead"


class Shelf(Protocol):
    """Where saved videos stand already."""

    async def address(self, call: Upload, base: Path) -> Stored | None: ...


class Shop(Protocol):
    """A place of one's own for files, by their digests."""

    async def stored(self, call: Upload, path: Path) -> Reply: ...


@valueclass(frozen=True, slots=True)
class Uploads:
    """How a run's files get addresses. Without a memory nothing is reused; a bucket needs none.

    A saved video has an address in the bucket of the renders, if there is one, and goes nowhere else.
    """

    memory: UploadCache | None = None
    bucket: Shop | None = None
    renders: Shelf | None = None
    _given: dict[str, str] = field(default_factory=dict)

    async def reply(self, call: Upload, base: Path, send: Callable[[FileStream], Awaitable[Reply]]) -> Reply:
        """The address of a file, sent only when there is no other way; of a file that has changed nothing is sent."""
        try:
            if self.renders is not None and (found := await self.renders.address(call, base)) is not None:
                self._given[found.url] = call.path
                return found
            path = check_inside(base, call.path)
            if self.bucket is not None:
                reply = await self.bucket.stored(call, path)
            else:
                reply = await self._reuse_or_send(call, path, send)
        except (NotRead, NotSent) as error:
            return Trouble(str(error), final=True)
        if isinstance(reply, Stored):
            self._given[reply.url] = call.path
        return reply

    def hide_addresses(self, said: bytes) -> bytes:
        """What a service says, with the names of files for their addresses: whoever has an address has the file."""
        if b"://" in said or b":\\/" in said:
            known = self.memory.addresses() if self.memory is not None else {}
            for url, name in {**known, **self._given}.items():
                shown = json.dumps(f"`{name}`")[1:-1].encode()
                for form in (url, url.replace("/", "\\/")):
                    said = said.replace(form.encode(), shown)
        return said

    async def _reuse_or_send(self, call: Upload, path: Path, send: Callable[[FileStream], Awaitable[Reply]]) -> Reply:
        memory = self.memory
        if memory is not None and call.again:
            memory.forget(call.sha256)
        elif memory is not None and (known := memory.find(call.sha256)) is not None:
            return known
        with sending(path, call.path, call.sha256) as file:
            reply = await send(file)
        if isinstance(reply, Stored) and memory is not None:
            memory.keep(call.sha256, reply)
        if isinstance(reply, Trouble) and reply.final and not reply.stop:
            return replace(reply, reason=f"{reply.reason}; {OTHERWISE}")
        return reply
