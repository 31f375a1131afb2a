"""Changes of files as a unified diff for people: what a mend has written, or would write."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import groupby

from seedspec.catalog.signed_url import mask_signature
from seedspec.text.visible import visible

_AROUND = 3
"""Unchanged lines that are shown before and behind a change."""
_NO_END = "\\ No newline at end of file"

_Stretch = tuple[int, int, int, int]
"""Lines that differ: from and to in the old text, from and to in the new one."""


def unified_diff(path: str, before: bytes, after: bytes, *, color: bool = False) -> list[str]:
    """The difference of two texts in the usual form; nothing where there is none.

    Lines are shown as messages show them: without the characters that steer a terminal, and without the signatures of
    addresses. So it is for reading; a file that has neither can be patched with it.
    """
    old, new = _lines(before), _lines(after)
    stretches = list(_stretches(old, new))
    if not stretches:
        return []

    def paint(line: str, code: str) -> str:
        return f"\x1b[{code}m{line}\x1b[0m" if color else line

    out = [paint(f"--- {visible(path)}", "1"), paint(f"+++ {visible(path)}", "1")]
    for hunk in _hunks(stretches):
        start, stop = max(0, hunk[0][0] - _AROUND), min(len(old), hunk[-1][1] + _AROUND)
        begin, end = max(0, hunk[0][2] - _AROUND), min(len(new), hunk[-1][3] + _AROUND)
        out.append(paint(f"@@ -{_range(start, stop)} +{_range(begin, end)} @@", "36"))
        at = start
        for a, b, c, d in hunk:
            out += [shown for line in old[at:a] for shown in _show(" ", line)]
            out += [paint(shown, "31") for line in old[a:b] for shown in _show("-", line)]
            out += [paint(shown, "32") for line in new[c:d] for shown in _show("+", line)]
            at = b
        out += [shown for line in old[at:stop] for shown in _show(" ", line)]
    return out


def _lines(text: bytes) -> list[str]:
    """Lines with their ends. Line ends are alike here: edits change none."""
    said = text.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    lines = [f"{line}\n" for line in said.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _stretches(old: list[str], new: list[str]) -> Iterator[_Stretch]:
    """The lines that differ. As many lines as before are compared one by one, which is quick for any number."""
    if len(old) == len(new):
        differ = [at for at, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
        for _, run in groupby(enumerate(differ), lambda pair: pair[1] - pair[0]):
            listed = [at for _, at in run]
            yield listed[0], listed[-1] + 1, listed[0], listed[-1] + 1
    else:
        for what, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes():
            if what != "equal":
                yield a, b, c, d


def _hunks(stretches: list[_Stretch]) -> Iterator[list[_Stretch]]:
    """Changes near to each other are shown together."""
    hunk: list[_Stretch] = []
    for stretch in stretches:
        if hunk and stretch[0] - hunk[-1][1] > 2 * _AROUND:
            yield hunk
            hunk = []
        hunk.append(stretch)
    yield hunk


def _range(start: int, stop: int) -> str:
    return str(stop) if stop - start == 1 else f"{start + 1 if stop > start else start},{stop - start}"


def _show(sign: str, line: str) -> Iterator[str]:
    yield sign + "\t".join(map(visible, mask_signature(line.removesuffix("\n")).split("\t")))
    if not line.endswith("\n"):
        yield _NO_END
