"""The bucket of the saved videos: each is there by its digest, put there once, and found again by any clone.

The digest that the lock has is the address: `PREFIX/<sha256>.mp4`, with the poster as `.webp` beside it. The place of
measures is `.json`. A signed address is a secret: it stands in requests alone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from seedspec.project.files import read_file
from seedspec.project.posters import poster_of
from seedspec.project.saved_video import NotRead, check_inside
from seedspec.run.engine.messages import Archive, InBucket, Kept, Recall, Reply, Stored, Trouble, Upload
from seedspec.run.service.bucket import open_bucket, signed
from seedspec.run.service.file_stream import NotSent, sending
from seedspec.run.store.downloads import Downloads, NotWhole, Part
from seedspec.run.store.objects import Objects, Small

OPTION = "--renders"
_LOOK = 20.0
"""Seconds for an answer that has no video in it."""
_MOST, _SLOWEST = 60.0, 64 * 1024
_REST = 60.0
"""Seconds in which a bucket that did not answer is not asked for an address."""


class RenderBucket:
    """The bucket at a URL. `saved` are the digests of the lock: a file of another one is no render.

    Raises what `bucket.opened` raises.
    """

    def __init__(self, url: str, saved: Iterable[str] = (), *, local: bool) -> None:
        self._objects, self._local, self._saved = open_bucket(url, OPTION, local=local), local, set(saved)
        self._rests = 0.0

    @property
    def objects(self) -> Objects:
        return self._objects

    async def archive(self, call: Archive, base: Path) -> Reply:
        """Puts a saved video there, with its poster, unless it is there."""
        self._saved.add(call.sha256)
        try:
            path = check_inside(base, call.path)
            reply = await self._put(call.sha256, path, call.path)
            if isinstance(reply, InBucket) and not reply.reused:
                await self._put_poster(call.sha256, path)
            return reply
        except (NotRead, NotSent) as error:
            return Trouble(str(error), final=True)
        except OSError as error:
            return Trouble(f"`{call.path}` cannot be read: {(error.strerror or str(error)).lower()}", final=True)

    async def _put(self, sha256: str, path: Path, shown: str) -> InBucket | Trouble:
        name, size, objects = f"{sha256}.mp4", path.stat().st_size, self._objects
        try:
            async with asyncio.timeout(_LOOK):
                there = await objects.size(name)
            if there is None:
                async with asyncio.timeout(_MOST + size / _SLOWEST):
                    with sending(path, shown, sha256) as file:
                        if await objects.create(name, file):
                            return InBucket(size)
                    there = await objects.size(name)  # another run was faster, or the bucket says so and is wrong
        except NotSent:
            raise
        except TimeoutError:
            return Trouble(f"`{objects.url}` did not answer in time")
        except Exception as error:
            return objects.trouble(error)
        if there is None:
            return Trouble(f"`{objects.url}` says that `{name}` is there, and that it is not")
        if there != size:
            what = f"`{name}` in the bucket has {there:,} bytes and is not this video, which has {size:,}"
            return Trouble(f"{what}: delete it there, and the next run puts the video up", final=True)
        return InBucket(size, reused=True)

    async def _put_poster(self, sha256: str, video: Path) -> None:
        """A poster is made again where there is none: that it could not be put is no fault."""
        path = poster_of(video)
        with suppress(Exception):
            async with asyncio.timeout(_LOOK):
                await self._objects.create(f"{sha256}.webp", Small(read_file(path), "image/webp"))

    async def recall(self, call: Recall, part: Part, saves: Downloads) -> Kept | Trouble:
        """A video from there, its digest proved while it arrives. Raises OSError and BadPlace."""
        objects, name = self._objects, f"{call.sha256}.mp4"
        try:
            async with asyncio.timeout(_MOST + call.most / _SLOWEST) as deadline:
                end, loop = deadline.when(), asyncio.get_running_loop()
                deadline.reschedule(loop.time() + _LOOK)  # until the first bytes, and from each piece to the next
                async for piece in objects.pieces(name):
                    await asyncio.to_thread(part.write, piece)
                    deadline.reschedule(min(loop.time() + _LOOK, end or 0.0))
                    if part.bytes > call.most:
                        return _other(name, f"it has more than {call.most:,} bytes")
        except TimeoutError:
            return Trouble(f"`{objects.url}` did not answer in time")
        except OSError as error:
            if not isinstance(error, FileNotFoundError):
                raise
            return objects.trouble(error, reading=True)
        except Exception as error:
            return objects.trouble(error, reading=True)
        try:
            return await asyncio.to_thread(saves.restore, part, call.job, call.sha256)
        except NotWhole as error:
            return _other(name, str(error))

    async def address(self, call: Upload, base: Path) -> Stored | None:
        """A signed address of a saved video for a request that continues it; None where it is to be had otherwise.

        It is put there first where it can be. One that the service could not read is not signed again.
        """
        if call.again or call.sha256 not in self._saved or time.monotonic() < self._rests:
            return None
        try:
            async with asyncio.timeout(_LOOK):
                size = await self._objects.size(f"{call.sha256}.mp4")
            if size is None:
                reply = await self._put(call.sha256, check_inside(base, call.path), call.path)
                size = reply.bytes if isinstance(reply, InBucket) else None
            elif (base / call.path).is_file() and (base / call.path).stat().st_size != size:
                return None
            if size is not None:
                found = await signed(self._objects, f"{call.sha256}.mp4", size, local=self._local, reused=True)
                return found if isinstance(found, Stored) else None
        except (NotRead, NotSent, FileNotFoundError):
            return None
        except Exception:
            pass
        self._rests = time.monotonic() + _REST
        return None


def _other(name: str, why: str) -> Trouble:
    return Trouble(f"`{name}` in the bucket is not used: {why}", final=True)
