"""What becomes of a source, whole: each remark and the storyboard, or the fault."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from seedspec.project.importing.reading import Wish, import_bytes
from seedspec.project.importing.values import ImportFault

NOWHERE = Path("/nowhere")
Source = tuple[str, str | bytes] | tuple[str, str | bytes, Wish]


def outcome(suffix: str, raw: str | bytes, wish: Wish | None = None) -> str:
    data = raw.encode() if isinstance(raw, str) else raw
    try:
        made = import_bytes(f"s{suffix}", data, suffix, NOWHERE, wish or Wish())
    except ImportFault as told:
        return f"! {told}\n"
    return "".join(f"{line}\n" for line in (*(f"> {line}" for line in made.remarks), made.text.partition("\n")[2]))


def outcomes(sources: Mapping[str, Source]) -> str:
    """One text of them all, for a file of expected ones."""
    return "\n".join(f"=== {title}\n{outcome(*source)}" for title, source in sources.items())
