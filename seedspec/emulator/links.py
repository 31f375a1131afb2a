"""The addresses of the files that an emulator hosts: made, signed, and read again."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import parse_qs, quote, urlsplit

from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class ResultLink:
    """A link to a task's clip. The generation counts the fresh links that a task was given after a refused one."""

    task: str
    generation: int
    expires: int


@valueclass(frozen=True, slots=True)
class UploadLink:
    """A link to an uploaded file."""

    file_id: str


def result_url(origin: str, link: ResultLink, *, secret: bytes) -> str:
    token = f"{link.generation}-{_sign(secret, f'{link.task}/{link.generation}')[:20]}"
    path = f"/r/{link.task}/{token}.mp4"
    return f"{origin}{path}?expires={link.expires}&signature={_sign(secret, f'{path}?{link.expires}')}"


def upload_url(origin: str, link: UploadLink, name: str) -> str:
    return f"{origin}/f/{link.file_id}/{quote(name)}"


def read(url: str, *, secret: bytes) -> ResultLink | UploadLink | None:
    """What a link of this emulator stands for; None for any other address, or one with a wrong signature.

    The port does not matter: an emulator that was started again listens on another one.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    steps = parts.path.split("/")
    if len(steps) == 4 and steps[1] == "f":
        return UploadLink(steps[2])
    if len(steps) != 4 or steps[1] != "r":
        return None
    query = parse_qs(parts.query)
    expires, signature = query.get("expires", [""])[0], query.get("signature", [""])[0]
    generation = steps[3].partition("-")[0]
    if not (expires.isascii() and expires.isdecimal() and generation.isascii() and generation.isdecimal()):
        return None
    if not hmac.compare_digest(signature.encode(), _sign(secret, f"{parts.path}?{expires}").encode()):
        return None
    return ResultLink(steps[2], int(generation), int(expires))


def _sign(secret: bytes, text: str) -> str:
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
