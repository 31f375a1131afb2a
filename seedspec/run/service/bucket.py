"""A bucket of one's own instead of the files API: what is put there, and how it is signed.

A file is called by its digest, so that it is put there once, whoever runs. The service reads it by a signed address,
which is a secret: it stands in requests alone.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from seedspec.project.credentials import BadSettings
from seedspec.run.engine.messages import Reply, Stored, Trouble, Upload
from seedspec.run.service.file_stream import NotSent, name_of, sending
from seedspec.run.service.responses import clean, safe_url
from seedspec.run.store.objects import Objects

SIGNED = timedelta(hours=48)
"""How long a signed address is good; S3 and GCS sign for 7 days at most."""

USABLE = timedelta(minutes=15)
"""How long it is given to new tasks; then another is signed, so that each task has nearly all of `SIGNED`."""

MOST_SECONDS = 600.0
_SLOWEST = 64 * 1024


def open_bucket(url: str, option: str, *, local: bool) -> Objects:
    """A bucket that the service can read by signed addresses. `local` says that the API is on this machine.

    Raises what `Objects` raises, and BadSettings for a bucket that is not reached over https, unless the API is on
    this machine too.
    """
    objects = Objects(url, option, local=local)
    if not safe_url(objects.example, local=local):
        origin = clean(objects.origin)
        raise BadSettings(f"`{option} {url}`: its files are at `{origin}`; the service reads https addresses alone")
    return objects


class Bucket:
    """A place for files, by a URL such as `s3://bucket/prefix`. Raises what `opened` raises."""

    def __init__(self, url: str, *, local: bool) -> None:
        self._objects, self._local = open_bucket(url, "--assets", local=local), local

    async def stored(self, call: Upload, path: Path) -> Reply:
        """A signed address for a file, which is put there first when it is not there yet.

        Raises NotSent for a file that is not what its digest says.
        """
        name, objects = name_of(call.path, call.sha256), self._objects
        try:
            size = path.stat().st_size
        except OSError as error:
            raise NotSent(f"`{call.path}` cannot be read: {(error.strerror or str(error)).lower()}") from None
        try:
            async with asyncio.timeout(MOST_SECONDS + size / _SLOWEST):
                there = not call.again and await objects.size(name) == size
                if not there:
                    with sending(path, call.path, call.sha256) as file:
                        await objects.put(name, file)
                return await signed(objects, name, size, local=self._local, reused=there)
        except NotSent:
            raise
        except TimeoutError:
            return Trouble(f"`{objects.url}` did not take `{call.path}` in time")
        except Exception as error:
            return objects.trouble(error)


async def signed(objects: Objects, name: str, size: int, *, local: bool, reused: bool) -> Stored | Trouble:
    """A signed address of a file that is there. Raises what obstore raises."""
    url = await objects.sign(name, SIGNED)
    if not safe_url(url, local=local):
        return Trouble(f"`{objects.url}`: its signed address is one that the service cannot read", stop=True)
    return Stored(url, size, SIGNED.total_seconds(), usable=USABLE.total_seconds(), reused=reused)
