"""The job that measures one video: it needs the files alone, so any process that has them can carry it out."""

from __future__ import annotations

import hashlib

from seedspec.measures.values import Measured, measures_of
from seedspec.media.facts import MediaError
from seedspec.media.reader import open_regular, signals
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Reference:
    """A picture that a video should begin with: a file, and the sha256 of its bytes."""

    path: str
    sha256: str


class NotThere(MediaError):
    """The bucket has no such video."""


class OtherVideo(MediaError):
    """The file is not the video that was saved."""


def measure(path: str, sha256: str, reference: Reference | None = None) -> Measured:
    """The measures of a video, by one decode of it; its bytes are hashed before.

    It needs nothing but the files, so it may be carried out in any process of a machine that has them. Raises
    MediaError; OtherVideo where the bytes are not those of `sha256`; MediaMissing without the libraries.
    """
    try:
        file, size = open_regular(path)
        with file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                raise OtherVideo("it is not the video that was saved: its SHA-256 is another one")
            found = signals(file, size, reference.path if reference is not None else None)
    except OSError as error:
        raise MediaError(f"cannot be read: {(error.strerror or type(error).__name__).lower()}") from error
    return measures_of(sha256, found, reference.sha256 if reference is not None else None)
