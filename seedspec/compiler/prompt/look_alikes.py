"""Characters that look like those of the template language: curly quotes, full-width signs, braces with spaces."""

from __future__ import annotations

import re
import unicodedata

from seedspec.compiler.prompt.complaint import Complaint, Finding, short
from seedspec.compiler.prompt.errors import Change
from seedspec.compiler.prompt.regions import Region, regions_of

_QUOTES = dict.fromkeys("“”„‟«»″＂", '"') | dict.fromkeys("‘’‚‛‹›′´`＇", "'")
_SIGNS = {
    "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-", "×": "*", "÷": "/", "≠": "!=", "≤": "<=", "≥": ">=",
    "，": ",", "、": ",", "。": ".", "；": ";", "…": "...", "【": "[", "】": "]", "「": "'", "」": "'",
}  # fmt: skip


def look_alike(text: str, complaint: Complaint, region: Region, _: list[Region]) -> Finding | None:
    """Characters that look like those of the template language: curly quotes, full-width signs, invisible ones."""
    found = [i for i in region.code(text) if _find_sign(text[i]) is not None]
    first = next((i for i in found if i >= complaint.at), None)
    if first is None or not complaint.said.startswith(("unexpected char", "Invalid character")):
        return None
    if text[first] != text[complaint.at] and not _find_sign(text[complaint.at]):
        return None
    quotes = [i for i in found if text[i] in _QUOTES]
    meant = {i: _find_sign(text[i]) or "" for i in found}
    certain = len(quotes) % 2 == 0
    if quotes:  # an apostrophe serves in every style of YAML, unless the words hold one
        inner = "".join(text[a + 1 : b] for a, b in zip(quotes[::2], quotes[1::2], strict=False))
        certain = certain and not ("'" in inner or '"' in inner or "\\" in inner)
        meant |= dict.fromkeys(quotes, "'")
    c, wanted = text[first], meant[first]
    changes = tuple(Change(i, i + 1, meant[i]) for i in found) if certain else ()
    if text[first] in _QUOTES:
        return Finding(first, first + 1, f"found the quote `{c}`; expected a straight one, `'`", (), changes)
    if not wanted.strip():
        message = f"found the invisible character U+{ord(c):04X}; delete it"
        return Finding(first, first + 1, message, (), changes)
    width = "the full-width " if unicodedata.east_asian_width(c) in "FW" else ""
    doubled = c * 2 if text.startswith(c * 2, first) else c
    said = f"found {width}`{doubled}`; expected `{wanted * len(doubled)}`"
    return Finding(first, first + len(doubled), said, (), changes)


def _find_sign(c: str) -> str | None:
    """The sign of the template language that a character is taken for; None for all others."""
    if c.isascii() or c.isspace():
        return None
    if c in _QUOTES:
        return _QUOTES[c]
    if c in _SIGNS:
        return _SIGNS[c]
    if unicodedata.category(c) in ("Cf", "Cc"):
        return ""
    plain = unicodedata.normalize("NFKC", c)
    return plain if len(plain) == 1 and plain.isascii() else None


def find_leftover(text: str) -> Finding | None:
    """What looks like template code in a text that can be read, and is sent as it stands."""
    if m := re.search(r"[｛{]\s*｛|｛\s*[｛%]", text):
        return Finding(m.start(), m.end(), f"found `{m[0]}`; expected `{{{{`", ("full-width braces are text",))
    if m := re.search(r"\{\s\{\s*[\w.]+(?:\([^()]*\))?\s*\}\s\}", text):
        return Finding(m.start(), m.end(), f"found `{short(m[0])}`; expected `{{{{` and `}}}}` without spaces inside")
    if m := re.search(r"[｛{]\s*％[^{}｛｝\n]{0,80}", text):
        note = ("a full-width `％` is text; a tag is written `{% if … %}`",)
        return Finding(m.start(), m.start() + 2, f"found `{m[0][:2]}`; expected `{{%`", note)
    if "}}}" in text:
        for region in regions_of(text):
            outer = text[: region.start]
            if region.mark == "{{" and text.startswith("}", region.end) and outer.count("{") == outer.count("}"):
                return Finding(
                    region.end, region.end + 1, "found `}` right behind `}}`", ("it is sent as text; delete it",)
                )
    return None


def left_names(text: str, found: Finding) -> list[str]:
    """The names that code of such a kind means, from where it begins to the end of the text."""
    return re.findall(r"[A-Za-z_]\w*", text[found.start :])
