"""Files in a bucket by their names: opened by a URL, put, read, signed; the door to obstore.

Credentials are found by obstore's own means, in the environment. What a bucket says in its own words may hold signed
addresses: of its refusals only codes are told.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

from seedspec.project.credentials import BadSettings, is_loopback
from seedspec.run.engine.messages import Trouble
from seedspec.text.value import valueclass
from seedspec.text.visible import one_line

PART = 8 * 1024 * 1024
"""Bytes of a file that memory holds at once; a larger one goes up in parts, which count only when all are there."""

_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}
_URL = re.compile(r"(s3|gs|az)://([A-Za-z0-9][A-Za-z0-9._-]{1,62})((?:/[A-Za-z0-9_=@+-][A-Za-z0-9._=@+-]*)*)/?")
_CODE = re.compile(r"<Code>\s*([A-Za-z0-9.]{1,60})\s*</Code>")
_ELSEWHERE = re.compile(r"169\.254\.|latest/api/token|computeMetadata|oauth2/token|identity")
"""What a machine of a cloud is asked when the environment has no credentials."""
_BYTES = {"Content-Type": "application/octet-stream"}
_NO_BUCKET = ("NoSuchBucket", "ContainerNotFound")
_STATUS = re.compile(r"status code: ([0-9]{3})")
_KIND = re.compile(r"\bHttpError \{\s*kind: ([A-Za-z]+)")
_KINDS = {"Timeout": "no answer in time", "Connect": "no connection"}
_QUERY = re.compile(r"(https?:[\\/]++[^\s?#\"'<>]*+)([?#][^\s\"'<>]*+)?", re.IGNORECASE)


class Content(Protocol):
    """A file that goes up: its size and media type, and its bytes whole or piece by piece."""

    @property
    def size(self) -> int: ...
    @property
    def kind(self) -> str: ...

    def read(self, most: int = -1) -> bytes: ...
    def pieces(self) -> Iterator[bytes]: ...


@valueclass(frozen=True, slots=True)
class Small:
    """Content that is in memory."""

    content: bytes
    kind: str = "application/octet-stream"

    @property
    def size(self) -> int:
        return len(self.content)

    def read(self, most: int = -1) -> bytes:
        return self.content

    def pieces(self) -> Iterator[bytes]:
        yield self.content


class Objects:
    """A bucket, by a URL such as `s3://bucket/prefix`; names of files stand below the prefix.

    `option` is what the user gave the URL by, for messages, and `extra` is what it needs installed. `local` allows a
    bucket without https, on this machine. No request takes longer than `seconds`, and `trying` bounds its repetitions.

    Raises BadSettings for what is no such URL, without the extra that this needs, and without credentials.
    """

    def __init__(
        self, url: str, option: str, *, local: bool, extra: str = "assets", seconds: int = 120, trying: int = 15
    ) -> None:
        found = _URL.fullmatch(url)
        if found is None:
            raise BadSettings(f"`{option}` is `{_clean(url)}`; expected s3://BUCKET/PREFIX, gs://… or az://…")
        try:
            import obstore
            from obstore.store import from_url
        except ImportError:
            raise BadSettings(f"`{option}` needs one more package: pip install 'seedspec[{extra}]'") from None
        self.url, self.scheme, self.bucket = url, found[1], found[2]
        self._prefix = f"{found[3]}/".lstrip("/")
        self._door: Any = obstore
        try:
            self._store: Any = from_url(  # the prefix stands in the keys: not every version signs it otherwise
                f"{self.scheme}://{self.bucket}",
                client_options={"allow_http": local, "connect_timeout": "5s", "timeout": f"{seconds}s"},
                retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=trying)},
            )
            self.example = str(self._door.sign(self._store, "GET", self._prefix + "seedspec", timedelta(hours=1)))
        except Exception as error:
            raise BadSettings(f"`{option} {url}`: {self._unready(error)}", 5) from None
        if local and self.example.startswith("http:") and not is_loopback(urlsplit(self.example).hostname or ""):
            raise BadSettings(f"`{option} {url}` goes to {self.origin}; expected https, or a server on this machine")

    @property
    def origin(self) -> str:
        """Where files are read, as a browser names it: scheme, host and port."""
        return "/".join(self.example.split("/")[:3])

    @property
    def variables(self) -> str:
        """The variables of the environment that credentials for it come from, in words."""
        return _CREDENTIALS[self.scheme]

    def key(self, name: str) -> str:
        """What a file is called in the bucket."""
        return self._prefix + name

    async def size(self, name: str) -> int | None:
        """The bytes of a file; None where it is not there, also for who has no leave to look, as a bucket may have it.

        Raises what obstore raises, as all of these do; `trouble` says what it means.
        """
        try:
            return int((await self._door.head_async(self._store, self._prefix + name))["size"])
        except (FileNotFoundError, self._door.exceptions.PermissionDeniedError):
            return None

    async def put(self, name: str, content: Content) -> None:
        """Puts a file there, in place of one that has the name. A large one is there only when all its parts are."""
        large = content.size > PART
        await self._door.put_async(
            self._store,
            self._prefix + name,
            content.pieces() if large else content.read(PART),
            attributes={"Content-Type": content.kind},
            use_multipart=large,
            chunk_size=PART,
            max_concurrency=2,
        )

    async def create(self, name: str, content: Content) -> bool:
        """Puts a file there unless the name is taken; False says that it is.

        One of several parts cannot be asked to give way: look first, and put under this name the same bytes always.
        """
        if content.size > PART:
            await self.put(name, content)
            return True
        given = {"attributes": {"Content-Type": content.kind}, "mode": "create", "use_multipart": False}
        try:
            await self._door.put_async(self._store, self._prefix + name, content.read(PART), **given)
        except self._door.exceptions.AlreadyExistsError:
            return False
        return True

    async def pieces(self, name: str) -> AsyncIterator[bytes]:
        """The bytes of a file as they arrive."""
        found = await self._door.get_async(self._store, self._prefix + name)
        async for piece in found.stream(min_chunk_size=1 << 20):
            yield bytes(piece)

    async def written(self, name: str) -> datetime:
        """When a file was put there, by the bucket's clock."""
        found: datetime = (await self._door.head_async(self._store, self._prefix + name))["last_modified"]
        return found

    async def remove(self, name: str) -> None:
        await self._door.delete_async(self._store, self._prefix + name)

    async def sign(self, name: str, life: timedelta) -> str:
        """An address by which whoever has it reads a file, for so long; S3 and GCS sign for 7 days at most."""
        return str(await self._door.sign_async(self._store, "GET", self._prefix + name, life))

    def sign_now(self, name: str, life: timedelta) -> str:
        """`sign`, for a caller without an event loop."""
        return str(self._door.sign(self._store, "GET", self._prefix + name, life))

    def size_now(self, name: str) -> int | None:
        """`size`, for a caller without an event loop."""
        try:
            return int(self._door.head(self._store, self._prefix + name)["size"])
        except FileNotFoundError:
            return None

    def read_now(self, name: str, most: int) -> bytes | None:
        """A small file, for a caller without an event loop; None where it is not to be had, or has more bytes."""
        try:
            found = self._door.get(self._store, self._prefix + name)
            return bytes(found.bytes()) if found.meta["size"] <= most else None
        except Exception:
            return None

    def read_tagged(self, name: str) -> tuple[bytes, str] | None:
        """A small file whole, with its tag; None where none is. This and what follows may be called by any thread."""
        try:
            found = self._door.get(self._store, self._prefix + name)
            return bytes(found.bytes()), _tag_of(found.meta)
        except FileNotFoundError as error:
            if self._lacks_bucket(error):
                raise
            return None

    def create_tagged(self, name: str, *content: bytes) -> str | None:
        """Puts a small file there, whole or in pieces, and gives its tag; None where the name is taken.

        It is repeated when an answer is lost. None is therefore also what a file gets that it has put there itself,
        and what a bucket says to two at the same time, of which neither may have put anything there.
        """
        try:
            made = self._door.put(
                self._store, self._prefix + name, iter(content), attributes=_BYTES, mode="create", use_multipart=False
            )
            return _tag_of(made)
        except self._door.exceptions.AlreadyExistsError:
            return None

    def replace_tagged(self, name: str, content: bytes, tag: str) -> str | None:
        """Puts a small file in the place of the one with this tag and gives the new tag; None where there is no such
        one. It is repeated as `create_tagged` is."""
        e_tag, _, version = tag.partition(" ")
        mode = {"e_tag": e_tag, "version": version} if version else {"e_tag": e_tag}  # no key for what is not known
        try:
            made = self._door.put(
                self._store, self._prefix + name, content, attributes=_BYTES, mode=mode, use_multipart=False
            )
            return _tag_of(made)
        except (self._door.exceptions.PreconditionError, self._door.exceptions.AlreadyExistsError):
            return None
        except FileNotFoundError as error:
            if self._lacks_bucket(error):
                raise
            return None

    def list_tagged(self, prefix: str) -> Iterator[tuple[str, str, datetime]]:
        """Name, tag and time of each file below a prefix that ends in `/`, in the order that the bucket has."""
        for some in self._door.list(self._store, self._prefix + prefix, chunk_size=1000):
            for found in some:
                yield str(found["path"]).removeprefix(self._prefix), _tag_of(found), found["last_modified"]

    def _lacks_bucket(self, error: Exception) -> bool:
        code = _CODE.search(str(error))
        return code is not None and code[1] in _NO_BUCKET

    def trouble(self, error: Exception, *, reading: bool = False) -> Trouble:
        """What a bucket's refusal means; of one to a reader `missing` may say that the file is not there."""
        text, kinds = str(error), self._door.exceptions
        code, status = _CODE.search(text), _STATUS.search(text)
        word = code[1] if code else f"HTTP {status[1]}" if status else _silence(error)
        if reading and isinstance(error, kinds.PermissionDeniedError) and word in ("AccessDenied", "HTTP 403"):
            denied = f"`{self.url}` does not give it: it is not there, or these credentials may not read it ({word})"
            return Trouble(denied, final=True, missing=True)
        if isinstance(error, (kinds.PermissionDeniedError, kinds.UnauthenticatedError)):
            return Trouble(f"`{self.url}` does not take these credentials: {word}", stop=True)
        if isinstance(error, FileNotFoundError):
            if reading and word not in _NO_BUCKET:
                return Trouble(f"it is not in `{self.url}`", final=True, missing=True)
            return Trouble(f"there is no bucket `{self.bucket}`: {word}", stop=True)
        if status and status[1].startswith("3"):
            return Trouble(f"`{self.url}` is in another region: {word}; set AWS_REGION", stop=True)
        if _ELSEWHERE.search(text):
            return Trouble(f"`{self.url}`: {self._unready(error)}", stop=True)
        final = bool(status and status[1].startswith("4") and status[1] not in ("408", "409", "425", "429"))
        return Trouble(f"`{self.url}`: {word}", final=final)

    def _unready(self, error: Exception) -> str:
        said = _CODE.search(str(error))
        if said is None and _ELSEWHERE.search(str(error)):
            return f"no credentials; set {_CREDENTIALS[self.scheme]}"
        return said[1] if said else _clean(str(error).splitlines()[0])


def _silence(error: Exception) -> str:
    """Why there is no answer of a server, by what obstore says of its last try."""
    kind = _KIND.search(str(error))
    return _KINDS.get(kind[1], "the connection was cut") if kind else type(error).__name__


def _tag_of(meta: Any) -> str:
    """A file's tag, and the version that some buckets need besides it; of a listing the tag alone."""
    return " ".join(str(meta[key]) for key in ("e_tag", "version") if meta.get(key))


def _clean(text: str) -> str:
    """Text on one line, without what an address may carry as a secret."""
    return one_line(_QUERY.sub(lambda m: f"{m[1]}?…" if m[2] else m[1], text), 300)
