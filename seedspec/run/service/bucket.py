"""A bucket of one's own instead of the files API: what is put there, and how it is signed; the door to obstore.

A file is called by its digest, so that it is put there once, whoever runs. The service reads it by a signed address,
which is a secret: it stands in requests alone. Credentials are found by obstore's own means, in the environment.
"""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from seedspec.project.credentials import BadSettings
from seedspec.run.engine.messages import Reply, Stored, Trouble, Upload
from seedspec.run.service.file_stream import PIECE, FileStream, NotSent, name_of, sending
from seedspec.run.service.responses import clean, safe_url

SIGNED = timedelta(hours=48)
"""How long a signed address is good; S3 and GCS sign for 7 days at most."""

USABLE = timedelta(minutes=15)
"""How long it is given to new tasks; then another is signed, so that each task has nearly all of `SIGNED`."""

MOST_SECONDS = 600.0
_SLOWEST = 64 * 1024
_AT_ONCE = 8 * PIECE

_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}
_URL = re.compile(r"(s3|gs|az)://([A-Za-z0-9][A-Za-z0-9._-]{1,62})((?:/[A-Za-z0-9_=@+-][A-Za-z0-9._=@+-]*)*)/?")
_CODE = re.compile(r"<Code>\s*([A-Za-z0-9.]{1,60})\s*</Code>")
_ELSEWHERE = re.compile(r"169\.254\.|latest/api/token|computeMetadata|oauth2/token|identity")
"""What a machine of a cloud is asked when the environment has no credentials."""
_STATUS = re.compile(r"status code: ([0-9]{3})")


class Bucket:
    """A place for files, by a URL such as `s3://bucket/prefix`. `local` says that the API is on this machine.

    Raises BadSettings for what is no such URL, without the extra that this needs, without credentials, and for a
    bucket that is not reached over https, unless the API is on this machine too.
    """

    def __init__(self, url: str, *, local: bool) -> None:
        found = _URL.fullmatch(url)
        if found is None:
            raise BadSettings(f"`--assets` is `{clean(url)}`; expected s3://BUCKET/PREFIX, gs://… or az://…")
        try:
            import obstore
            from obstore.store import from_url
        except ImportError:
            raise BadSettings("`--assets` needs one more package: pip install 'seedspec[assets]'") from None
        self._url, self._scheme, self._name, self._local = url, found[1], found[2], local
        self._prefix = f"{found[3]}/".lstrip("/")
        self._door: Any = obstore
        try:
            self._store: Any = from_url(  # the prefix stands in the keys: not every version signs it otherwise
                f"{self._scheme}://{self._name}",
                client_options={"allow_http": local, "connect_timeout": "5s", "timeout": "120s"},
                retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=15)},
            )
            probe = self._door.sign(self._store, "GET", "seedspec", SIGNED)
        except Exception as error:
            raise BadSettings(f"`--assets {url}`: {self._unready(error)}", 5) from None
        if not safe_url(probe, local=local):
            origin = clean("/".join(probe.split("/")[:3]))
            raise BadSettings(f"`--assets {url}`: its files are at `{origin}`; the service reads https addresses alone")

    async def stored(self, call: Upload, path: Path) -> Reply:
        """A signed address for a file, which is put there first when it is not there yet.

        Raises NotSent for a file that is not what its digest says.
        """
        key = self._prefix + name_of(call.path, call.sha256)
        try:
            size = path.stat().st_size
        except OSError as error:
            raise NotSent(f"`{call.path}` cannot be read: {(error.strerror or str(error)).lower()}") from None
        try:
            async with asyncio.timeout(MOST_SECONDS + size / _SLOWEST):
                there = not call.again and await self._has(key, size)
                if not there:
                    with sending(path, call.path, call.sha256) as file:
                        await self._put(key, file)
                url = await self._door.sign_async(self._store, "GET", key, SIGNED)
        except NotSent:
            raise
        except TimeoutError:
            return Trouble(f"`{self._url}` did not take `{call.path}` in time")
        except Exception as error:
            return self._trouble(error)
        if not safe_url(url, local=self._local):
            return Trouble(f"`{self._url}`: its signed address is one that the service cannot read", stop=True)
        return Stored(url, size, SIGNED.total_seconds(), usable=USABLE.total_seconds(), reused=there)

    async def _has(self, key: str, size: int) -> bool:
        """Whether a file is there, whole. Without leave to look, which a bucket need not give, it is not."""
        try:
            meta = await self._door.head_async(self._store, key)
        except (FileNotFoundError, self._door.exceptions.PermissionDeniedError):
            return False
        return bool(meta["size"] == size)

    async def _put(self, key: str, file: FileStream) -> None:
        """Small ones whole, large ones in parts that count only when the last one is there."""
        large = file.size > _AT_ONCE
        await self._door.put_async(
            self._store,
            key,
            file.pieces() if large else file.read(),
            attributes={"Content-Type": file.kind},
            use_multipart=large,
            chunk_size=_AT_ONCE,
            max_concurrency=2,
        )

    def _unready(self, error: Exception) -> str:
        said = _CODE.search(str(error))
        if said is None and _ELSEWHERE.search(str(error)):
            return f"no credentials; set {_CREDENTIALS[self._scheme]}"
        return said[1] if said else clean(str(error).splitlines()[0])

    def _trouble(self, error: Exception) -> Trouble:
        """What a bucket's refusal means; its own words may hold addresses, so that only codes of it are told."""
        text, kinds = str(error), self._door.exceptions
        code, status = _CODE.search(text), _STATUS.search(text)
        word = code[1] if code else f"HTTP {status[1]}" if status else type(error).__name__
        if isinstance(error, (kinds.PermissionDeniedError, kinds.UnauthenticatedError)):
            return Trouble(f"`{self._url}` does not take these credentials: {word}", stop=True)
        if isinstance(error, FileNotFoundError):
            return Trouble(f"there is no bucket `{self._name}`: {word}", stop=True)
        if status and status[1].startswith("3"):
            return Trouble(f"`{self._url}` is in another region: {word}; set AWS_REGION", stop=True)
        final = bool(status and status[1].startswith("4") and status[1] not in ("408", "409", "425", "429"))
        return Trouble(f"`{self._url}`: {word}", final=final)
