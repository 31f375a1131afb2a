"""The page as one HTML text: template, style, script and data put together, each allowed by its hash alone."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from typing import Any

from seedspec.report.page.content import Media

STYLES = ("base.css", "controls.css", "grid.css", "stage.css", "ballot.css", "films.css", "table.css", "touch.css")
SCRIPTS = (
    "base.js", "takes.js", "films.js", "measures.js", "words.js", "marks.js", "pairs.js", "save.js", "seen.js",
    "screen.js", "reel.js", "clock.js", "stage.js", "transport.js", "card.js", "filters.js", "tile.js", "grid.js",
    "compare.js", "watch.js", "blind.js", "ending.js", "table.js", "results.js", "address.js", "keys.js", "main.js",
)  # fmt: skip
"""In the order in which they are joined to one script."""

_MARK = re.compile(r"<!--(\w+)-->")


def parts(content: Mapping[str, Any], posters: Iterable[str], blocks: Iterable[tuple[str, bytes]], media: Media,
          origin: str = "", until: str = "") -> Iterator[str]:  # fmt: skip
    """The page in pieces, so that many videos need not be in memory at once. The same input gives the same text.

    `posters` are data URLs by the number of the take; `blocks` are videos under the names that takes have as source.
    With `media` signed the videos are at `origin`, a scheme with host and port, until the time that `until` says.
    """
    style, script = read(*STYLES), f'(() => {{\n"use strict";\n{read(*SCRIPTS)}}})();\n'
    policy = {
        "default-src": "'none'",
        "script-src": hash_of(script),
        "style-src": hash_of(style),
        "img-src": "data:",
        "media-src": {"link": "'self' file:", "signed": origin}.get(media, "blob:"),
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    said = {
        "policy": "; ".join(f"{k} {v}" for k, v in policy.items()),
        "title": escape(f"{content['name']} · review"),
        "style": style,
        "until": f"<p>The videos can be watched until {escape(until)}.</p>" if until else "",
        "content": as_json(content),
        "posters": as_json(list(posters)),
        "script": script,
    }
    template = read("page.html")
    at = 0
    for mark in _MARK.finditer(template):
        yield template[at : mark.start()]
        if mark[1] == "blocks":
            for name, video in blocks:
                yield f'<script type="text/plain" id="{name}">{base64.b64encode(video).decode()}</script>\n'
        else:
            yield said[mark[1]]
        at = mark.end()
    yield template[at:]


def as_json(value: Any) -> str:
    """JSON that is safe inside a script element: no `<`, and no line separator that is none in HTML."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode("utf-8", "replace").decode()


def data_url(picture: bytes) -> str:
    return f"data:image/webp;base64,{base64.b64encode(picture).decode()}" if picture else ""


def read(*names: str) -> str:
    """Files of the page, one behind the other."""
    folder = files("seedspec.report.page") / "browser"
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


def hash_of(text: str) -> str:
    """What allows a script or a style in a content policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def escape(text: str) -> str:
    """A text as it stands in an element, or in an attribute in double quotes; what is no Unicode becomes `?`."""
    return html.escape(text.encode("utf-8", "replace").decode())
