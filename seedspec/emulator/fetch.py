"""What the service does with a medium's address, for addresses of this machine: a bucket that a test or a user runs."""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
from pathlib import Path

from seedspec.emulator.refusal import Refusal
from seedspec.emulator.shelf import MOST_BYTES
from seedspec.project.atomic import replacement

_SECONDS = 20


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def fetch_file(url: str, folder: Path) -> Path:
    """The file behind an http address of loopback, in a folder; Refusal when it cannot be had. Blocks."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
    path = folder / hashlib.sha256(url.partition("?")[0].encode()).hexdigest()  # one copy, however often it is signed
    try:
        folder.mkdir(exist_ok=True)
        size = 0
        with (
            opener.open(url, timeout=_SECONDS) as answer,
            replacement(path, shared=True) as part,
            part.open("wb") as file,
        ):
            while chunk := answer.read(1 << 20):
                size += len(chunk)
                if size > MOST_BYTES:
                    raise Refusal(400, "invalid_media_url", f"{url}: more than {MOST_BYTES} bytes")
                file.write(chunk)
    except urllib.error.HTTPError as error:
        raise Refusal(400, "invalid_media_url", f"{url}: HTTP {error.code}") from error
    except (OSError, ValueError) as error:
        raise Refusal(400, "invalid_media_url", f"{url}: it cannot be fetched") from error
    return path
