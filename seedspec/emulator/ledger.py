"""The emulator's memory on disk: one folder, held by one process, with a ledger that only grows."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from seedspec.project.files import check_no_link, read_file

_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
_MOST = 1024 * 1024 * 1024


class LedgerError(Exception):
    """The folder is held by another emulator, or its ledger cannot be read; the message is one line."""


class Ledger:
    """Lines of JSON that are on disk before `keep` returns. Lines kept at the same time share one sync."""

    def __init__(self, folder: Path) -> None:
        """Open the folder, making it when there is none. Raises LedgerError when another process holds it."""
        self._check_no_links(folder)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("uploads", "results"):
            (folder / name).mkdir(mode=0o700, exist_ok=True)
        self.folder = folder
        self._hold = FileLock(folder / "held.lock")
        try:
            self._hold.acquire(timeout=0)
        except Timeout as error:
            raise LedgerError(f"another emulator holds {folder}") from error
        try:
            for torn in folder.glob("*/.*.new"):
                torn.unlink()
            self._path = folder / "ledger.jsonl"
            self.found = tuple(self._read())
            self.secret = self._secret()
            self._file = open(os.open(self._path, _APPEND, 0o600), "ab", buffering=0)  # noqa: SIM115
            for own in (self._path, folder / "secret"):
                own.chmod(0o600)  # prompts, and what signs links: of an earlier version, readable for all
        except BaseException:
            self._hold.release()
            raise
        self._length = self._file.tell()
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    def _read(self) -> Iterator[dict[str, Any]]:
        """The lines that are there. A torn last line is cut off; anything else that is no line is an error."""
        if not self._path.exists():
            return
        try:
            content = read_file(self._path, _MOST)
        except OSError as error:
            raise LedgerError(f"{self._path} {error.strerror}") from error
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(self._path, whole)
        for number, line in enumerate(content[:whole].splitlines(), 1):
            try:
                found = json.loads(line)
            except ValueError as error:
                raise LedgerError(f"{self._path}:{number}: not a line of JSON") from error
            if not isinstance(found, dict) or "event" not in found:
                raise LedgerError(f"{self._path}:{number}: not a ledger line")
            yield found

    def _secret(self) -> bytes:
        """What links are signed with; it stays the same for a folder."""
        path = self.folder / "secret"
        if not path.exists():
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
                file.write(secrets.token_hex(32))
        try:
            return read_file(path, 4096)
        except OSError as error:
            raise LedgerError(f"{path} {error.strerror}") from error

    @staticmethod
    def _check_no_links(folder: Path) -> None:
        """A folder that came with a repository may hold links, and what is written there would go where they lead."""
        for name in ("held.lock", "ledger.jsonl", "secret", "uploads", "results"):
            try:
                check_no_link(folder / name)
            except OSError as error:
                raise LedgerError(f"{error.filename} {error.strerror}") from error

    async def keep(self, event: str, fields: Mapping[str, Any]) -> None:
        """Append a line; returns when it is on disk. OSError when it cannot be; the ledger is then as before."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = json.dumps({"at": at, "event": event, **fields}, ensure_ascii=False).encode() + b"\n"
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((line, future))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        await asyncio.shield(future)

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                await asyncio.to_thread(self._append, b"".join(line for line, _ in batch))
            except OSError as error:
                for _, future in batch:
                    future.set_exception(OSError(error.errno, error.strerror))
            else:
                for _, future in batch:
                    future.set_result(None)

    def _append(self, lines: bytes) -> None:
        try:
            rest = memoryview(lines)
            while rest:
                rest = rest[self._file.write(rest) :]
            os.fsync(self._file.fileno())
        except OSError:
            os.truncate(self._path, self._length)
            raise
        self._length += len(lines)

    async def flush(self) -> None:
        """Returns when all lines kept so far are on disk."""
        if self._writer is not None:
            await asyncio.shield(self._writer)

    def release(self) -> None:
        """Let the folder go; nothing may be kept afterwards."""
        self._file.close()
        self._hold.release()
