"""Names of others made valid: ids of shots, labels of rows, names of references and columns; each is unique."""

from __future__ import annotations

import re
import unicodedata

_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "œ": "oe", "đ": "d", "ł": "l", "Ł": "L", "ı": "i"})
_LONGEST = 400
MOST, MOST_ID = 40, 60
"""Characters of a label, and of a shot's id."""


class Names:
    """Names that are given out, none of them twice, by letter case neither: files are named after them."""

    def __init__(self, *taken: str, most: int = MOST) -> None:
        self._most = most
        self._taken = {t.casefold() for t in taken}
        self._next: dict[str, int] = {}

    def unique(self, name: str, joint: str = "-") -> str:
        made, stem = name, f"{name[: self._most - 5]}{joint}"
        while made.casefold() in self._taken:
            number = self._next.get(stem, 2)
            made, self._next[stem] = f"{stem}{number}", number + 1
        self._taken.add(made.casefold())
        return made


def label(text: str, stem: str, number: int, most: int = MOST) -> tuple[str, bool]:
    """A label made of a text, and whether letters of the text are lost in it: `AD 001` is `AD-001`, `镜头1` is `s1`."""
    plain = _plain(text[:_LONGEST])
    kept = re.sub(r"[^A-Za-z0-9._-]+", "-", plain)
    kept = re.sub(r"-*([._-])[._-]*", r"\1", kept).strip("._-")
    lost = bool(re.search(r"[^\W\d_]", re.sub(r"[A-Za-z]", "", plain)))
    if not kept:
        kept = f"{stem}{number}"
    elif lost and not re.search("[A-Za-z]", kept):
        kept = f"{stem}{kept}"
    return kept[:most].strip("._-"), lost


def name(text: str, stem: str, number: int) -> str:
    """A name that templates can read, made of a text: letters, digits and `_`, no digit first."""
    kept = re.sub(r"_+", "_", re.sub(r"[^A-Za-z0-9]+", "_", _plain(text[:_LONGEST]))).strip("_")
    if not re.match("[A-Za-z]", kept):
        kept = f"{stem}_{kept or number}"
    return kept[:30].strip("_")


def _plain(text: str) -> str:
    flat = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).translate(_LETTERS))
    return "".join(c for c in flat if not unicodedata.combining(c)).strip()
