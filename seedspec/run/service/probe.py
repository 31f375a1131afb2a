"""Remote media looked at before anything is bought: as many bytes as tell their facts, all of them where a digest is.

Everything is bounded: addresses, requests, bytes, seconds. What a server does is never an exception, it is a finding.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from seedspec.catalog.media_facts import MediaFacts
from seedspec.catalog.slot import Kind, Slot
from seedspec.compiler.references.limits import MediaFile, Remote
from seedspec.compiler.storyboard.types import Storyboard
from seedspec.media.facts import MediaError
from seedspec.media.reader import facts_of
from seedspec.project.credentials import is_loopback, origins_of
from seedspec.project.sources import asset_of
from seedspec.run.service.loop_thread import run
from seedspec.run.service.public_web import Deadlines, Piece, Unreachable, Web, environment
from seedspec.run.service.responses import safe_url
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Bounds:
    """What one probe may take: of a storyboard `addresses` and `bytes`, `at_once` at a time; of each address the rest.

    `read` is the most bytes for its facts alone, in at most `requests`; `seconds` bounds those, `whole_seconds` the
    reading of all of it, which a digest needs.
    """

    addresses: int = 100
    at_once: int = 8
    bytes: int = 512 * 1024 * 1024
    read: int = 8 * 1024 * 1024
    first: int = 64 * 1024
    requests: int = 16
    seconds: float = 20.0
    whole_seconds: float = 120.0


def probe_of_environment(wanted: Iterable[Remote], board: Storyboard) -> Mapping[Remote, MediaFile | str]:
    """As `probe`, for the models of a storyboard; addresses that name this machine are looked at where its service is
    here, too.
    """
    rules = {kind: rule for model in reversed(board.models) for kind, rule in model.media.items()}
    return probe(wanted, rules, local=origins_of(board.provider.document, os.environ).local)


def probe(
    wanted: Iterable[Remote], rules: Mapping[Kind, Slot], *, local: bool, bounds: Bounds | None = None
) -> Mapping[Remote, MediaFile | str]:
    """What is behind each address: its facts, or a sentence about why it is no medium that can be used.

    `rules` say how many bytes a medium of each kind may have. Without the key and without cookies, over https to public
    addresses alone; with `local` also to addresses that name this machine. Raises BadSettings for an environment that
    allows no connection.
    """
    most = {kind: rule.bytes for kind, rule in rules.items()}
    return run(lambda: _all(list(wanted), most, local, bounds or Bounds()))


async def _all(
    wanted: list[Remote], most: Mapping[Kind, int | None], local: bool, bounds: Bounds
) -> dict[Remote, MediaFile | str]:
    with environment() as trust:
        web = Web(trust, Deadlines(connect=bounds.seconds / 2, silence=bounds.seconds), local)
    probes = Probes(web, bounds, most, local, asyncio.Semaphore(bounds.at_once))
    try:
        answers = await asyncio.gather(*(probes.one(w) for w in wanted[: bounds.addresses]))
    finally:
        await web.aclose()
    found = dict(zip(wanted, answers, strict=False))
    for left in wanted[bounds.addresses :]:
        found[left] = _describe_unchecked(left, f"only {bounds.addresses} addresses of a storyboard are probed")
    return found


@valueclass(frozen=False, slots=True)
class Probes:
    """Probes under way, and the bytes that they have read together."""

    web: Web
    bounds: Bounds
    most: Mapping[Kind, int | None]
    local: bool
    turn: asyncio.Semaphore
    read: int = 0

    async def one(self, wanted: Remote) -> MediaFile | str:
        """One address, when its turn has come."""
        parts = urlsplit(wanted.url)
        here = self.local and is_loopback(parts.hostname or "")
        if parts.scheme != "https" and not here:
            return _describe_unchecked(wanted, "only https addresses are probed")
        if not safe_url(wanted.url, local=self.local):
            what = "holds a user's name" if "@" in parts.netloc else "leads into a private network"
            return f"{what}; the service fetches only what is public"
        async with self.turn:
            try:
                return await (self._whole(wanted) if wanted.sha256 else self._facts(wanted))
            except Unreachable as error:
                return str(error) if error.final else _describe_unchecked(wanted, str(error))

    async def _piece(self, wanted: Remote, start: int, length: int | None, most: int, seconds: float) -> Piece:
        if self.read + most > self.bounds.bytes:
            raise Unreachable(f"{self.bounds.bytes:,} bytes were read for this storyboard, and no more are")
        self.read += most
        read = 0
        try:
            piece = await self.web.piece(wanted.url, start, length, most=most, seconds=seconds)
            read = len(piece.content)
        except Unreachable as error:
            read = error.read
            raise
        finally:
            self.read -= most - read
        return piece

    async def _whole(self, wanted: Remote) -> MediaFile | str:
        """All of it, to compare its digest; what is larger than its kind may be is not read to the end."""
        most = self.most.get(wanted.kind) or self.bounds.bytes // 4
        piece = await self._piece(wanted, 0, None, most, self.bounds.whole_seconds)
        if piece.total is not None and piece.total > most:
            return _describe_unchecked(wanted, f"of more than {most:,} bytes no digest is made", piece.total)
        if not piece.ended:
            return f"holds more than {most:,} bytes, the most of {_A[wanted.kind]}"
        return self._asset(wanted, io.BytesIO(piece.content), piece, len(piece.content), digest=True)

    async def _facts(self, wanted: Remote) -> MediaFile | str:
        """As many pieces as its facts need: the readers say which bytes they miss, and begin again with them."""
        bounds, loop = self.bounds, asyncio.get_running_loop()
        until = loop.time() + bounds.seconds
        piece = await self._piece(wanted, 0, bounds.first, bounds.read, bounds.seconds)
        if not piece.ranged:
            if not piece.ended:
                why = f"its server sends no part alone, and more than {bounds.read:,} bytes of it are not read"
                return _describe_unchecked(wanted, why, piece.total)
            return self._asset(wanted, io.BytesIO(piece.content), piece, len(piece.content))
        if piece.total is None:
            return _describe_unchecked(wanted, "its server does not say how many bytes it has")
        file, step = Pieces(piece.total), bounds.first
        file.add(piece)
        for number in range(bounds.requests):
            file.missing = None
            reader = io.BufferedReader(file)
            found = self._asset(wanted, reader, piece, piece.total)
            reader.detach()
            if file.missing is None:
                return found
            start, length = file.missing
            step *= 2
            length = min(max(length, step), piece.total - start)
            left = until - loop.time()
            if file.held + length > bounds.read or left <= 0 or number + 1 == bounds.requests:
                break
            more = await self._piece(wanted, start, length, length, left)
            if not more.ranged or more.total != piece.total:
                return "changed while it was read, or its server is at odds with itself"
            file.add(more)
        why = f"{file.held:,} bytes of it, in {bounds.requests} requests or {bounds.seconds:g} s, do not tell its facts"
        return _describe_unchecked(wanted, why, piece.total)

    def _asset(self, wanted: Remote, file: BinaryIO, piece: Piece, size: int, digest: bool = False) -> MediaFile | str:
        """What the readers make of the bytes that are there."""
        sha256 = hashlib.sha256(piece.content).hexdigest() if digest else ""
        if not size:
            return "is empty"
        try:
            return asset_of(lambda: facts_of(file, size, whole=digest), wanted.url, wanted.kind, sha256, size)
        except MediaError as error:
            if piece.type.startswith("text/") or piece.type in ("application/json", "application/xml"):
                return f"answers with {piece.type}; expected {_A[wanted.kind]}"
            return f"cannot be used: {error}"


_A = {"image": "an image", "video": "a video", "audio": "a sound"}


def _describe_unchecked(wanted: Remote, why: str, size: int | None = None) -> MediaFile:
    pinned = "; its digest is not verified either" if wanted.sha256 else ""
    return MediaFile(wanted.url, "", MediaFacts(bytes=size), unchecked=why + pinned)


class Pieces(io.RawIOBase):
    """A file of which some parts are there. Where another is read it seems to end, and `missing` says what that was."""

    def __init__(self, size: int) -> None:
        self._size, self._at = size, 0
        self._parts: list[tuple[int, bytes]] = []
        self.held = 0
        self.missing: tuple[int, int] | None = None

    def add(self, piece: Piece) -> None:
        self._parts.append((piece.start, piece.content))
        self.held += len(piece.content)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, begin + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, into: Any) -> int:
        room = memoryview(into)
        if self._at >= self._size or not len(room):
            return 0
        for start, content in self._parts:
            if start <= self._at < start + len(content):
                found = content[self._at - start : self._at - start + len(room)]
                room[: len(found)] = found
                self._at += len(found)
                return len(found)
        self.missing = self.missing or (self._at, len(room))
        return 0  # an error raised here, the library of videos would print
