"""The job that measures one video of a bucket: it needs an address alone, so any machine can carry it out."""

from __future__ import annotations

import http.client
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from seedspec.measures.values import Measured
from seedspec.media.facts import MediaError
from seedspec.project.credentials import is_loopback
from seedspec.project.measuring import NotThere, Reference, measure
from seedspec.text.value import valueclass

_MOST = 2 * 1024**3
"""Bytes of a video."""
_QUIET = 60.0
"""Seconds without a byte after which the bucket is given up."""
_PIECE = 1024 * 1024


@valueclass(frozen=True, slots=True)
class Picture:
    """A picture that a video should begin with, as its bytes, their sha256 and the ending of its name."""

    content: bytes
    sha256: str
    suffix: str


def measure_at(url: str, sha256: str, picture: Picture | None = None) -> Measured:
    """The measures of the video at a signed address; its bytes are hashed on the way. Raises what `measure` raises.

    The address is all that a worker gets: no key, no prompt, no storyboard, no lock.
    """
    with tempfile.TemporaryDirectory(prefix="seedspec-") as folder:
        video = Path(folder, "video.mp4")
        _download(url, video)
        reference = None
        if picture is not None:
            path = Path(folder, f"picture{picture.suffix}")
            path.write_bytes(picture.content)
            reference = Reference(str(path), picture.sha256)
        return measure(str(video), sha256, reference)


def _download(url: str, path: Path) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise MediaError("its address in the bucket is neither https nor on this machine")
    size = 0
    try:
        with _OPENER.open(url, timeout=_QUIET) as reply, path.open("wb") as file:
            while piece := reply.read(_PIECE):
                size += len(piece)
                if size > _MOST:
                    raise MediaError(f"it has more than {_MOST:,} bytes")
                file.write(piece)
            if reply.length:  # a read of some bytes alone does not tell that the rest did not come
                raise http.client.IncompleteRead(b"", reply.length)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 404:
            raise NotThere("it is not in the bucket") from None
        raise MediaError(f"the bucket answers {error.code}") from None
    except (OSError, http.client.HTTPException) as error:  # its words may hold the address, which is a secret
        raise MediaError(f"the bucket did not answer: {type(error).__name__}") from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A signed address leads to the file itself; where else it would lead, nobody has agreed to."""

    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)
