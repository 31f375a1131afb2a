"""What is read of a file, or why it is refused, as a line of an expected file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from seedspec.media.facts import MediaError


def said(read: Callable[[], Any]) -> str:
    try:
        return str(read())
    except MediaError as error:
        return f"refused: {error}"
