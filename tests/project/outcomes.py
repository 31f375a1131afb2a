"""What becomes of a source, whole: each remark and the storyboard, or the fault. Files in `sources/` have both.

A case of such a file is `=== title: .csv --map KEY=COLUMN --as rows`, the source, a line `=>`, and what becomes of it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seedspec.project.importing.reading import Wish, import_bytes
from seedspec.project.importing.values import ImportFault

NOWHERE = Path("/nowhere")
Source = tuple[str, str | bytes] | tuple[str, str | bytes, Wish]
_CASE = re.compile(r"^=== (.+): (\.\w+)(.*)\n((?:.*\n)*?)=>\n", re.MULTILINE)


def outcome(suffix: str, raw: str | bytes, wish: Wish | None = None) -> str:
    data = raw.encode() if isinstance(raw, str) else raw
    try:
        made = import_bytes(f"s{suffix}", data, suffix, NOWHERE, wish or Wish())
    except ImportFault as told:
        return f"! {told}\n"
    return "".join(f"{line}\n" for line in (*(f"> {line}" for line in made.remarks), made.text.partition("\n")[2]))


def outcomes(sources: Mapping[str, Source]) -> str:
    """One text of what becomes of them all."""
    return "\n".join(f"=== {title}\n{outcome(*source)}" for title, source in sources.items())


def with_outcomes(cases: str) -> str:
    """A file of cases with what becomes of each now. The last line end of a JSON document is none of it."""
    made = []
    for m in _CASE.finditer(cases):
        source = m[4].removesuffix("\n") if m[2] == ".json" else m[4]
        made.append(f"{m[0]}{outcome(m[2], source, _wish(m[3]))}")
    return "\n".join(made)


def _wish(options: str) -> Wish:
    words = shlex.split(options)
    pairs = list(zip(words[::2], words[1::2], strict=True))
    form: Any = next((value for key, value in pairs if key == "--as"), "")
    return Wish(tuple(value for key, value in pairs if key == "--map"), form)
