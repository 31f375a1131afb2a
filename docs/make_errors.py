"""Writes errors.md: a section a code, with the shortest case that shows it and what `seedspec check` says of it.

python docs/make_errors.py
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.cells import cell_len, set_cell_size

from seedspec.report.diagnostics import visible

HERE = Path(__file__).parent
PAGE = HERE / "errors.md"
CASES = HERE.parent / "tests" / "cases" / "errors"
FINDING = re.compile(r"^(?:\S.*?: )?(error|warning|hint): .* \[([a-z0-9-]+)\]$")
WIDEST = 140
LONGEST = 40
MOST_SHOWN = 3

HEAD = """\
# Errors

Every code that `seedspec check` can give, with a storyboard that brings it about and what is said about it. The page is
made from the project's own test cases, so that example and output are real. Where a case shows more than one code, the
output here is cut to the one of its section.

An *error* stops everything, a *warning* fails `seedspec check --strict` alone, a *hint* never fails.

"""
ELSEWHERE = {
    "body-too-large": "The whole request is larger than the service takes: 64 MB, in practice a prompt of that size.",
    "cannot-read": "A storyboard that was named is not there, or cannot be read.",
    "media-fps-varies": (
        "A warning: a video whose frame rate is within the limits on average and not from second to second, as phones "
        "record it. Which rate the service judges by is not known; a copy of constant rate is safe."
    ),
    "media-not-checked": (
        "A warning: a local file was found and not looked at, because the media libraries are missing "
        "(`pip install 'seedspec[media]'`); or, with `--probe-urls`, an address could not be looked at: its server did "
        "not answer, or the bounds of the probe were reached."
    ),
    "media-remote": (
        "With `--probe-urls`: an address gives nothing that can be used. Its server answers with an error or a page, "
        "the link leads into a private network, or the file is damaged or of another kind."
    ),
    "media-spelling": (
        "A local file is found on this disk, and is spelled otherwise there: in letter case, or in the form of its "
        "accents. A colleague's machine or CI does not find it. Write it as the disk has it; `check` says how."
    ),
    "too-large": "A storyboard of more than 8 MB.",
    "upstream-size-unknown": (
        "A shot continues one whose `aspect_ratio` is `adaptive`, and some of the sizes that the service may choose "
        "are outside the rules for reference videos: give that shot a ratio that is inside."
    ),
}


@dataclass(frozen=True)
class Shown:
    """A case that shows a code: the findings of this code, and how many others stand in the way."""

    case: Path
    text: str
    findings: tuple[str, ...]
    severity: str
    others: int

    @property
    def rank(self) -> tuple[int, int, str]:
        return (self.others, len(self.text.splitlines()), self.case.name)


def findings(said: str) -> Iterator[tuple[str, str, str]]:
    """The findings of an output, each with its severity, its code and all of its lines."""
    block: list[str] = []
    head: re.Match[str] | None = None
    for line in said.splitlines():
        if (match := FINDING.match(line)) is not None:
            if head is not None:
                yield head[1], head[2], "\n".join(block)
            head, block = match, [line]
        else:
            block.append(line)
    if head is not None:
        yield head[1], head[2], "\n".join(block)


def shown() -> dict[str, Shown]:
    """For each code the case that shows it best: with the fewest other findings, then the shortest."""
    best: dict[str, Shown] = {}
    for case in sorted(CASES.iterdir()):
        raw = (case / "storyboard.yaml").read_bytes()
        found = list(findings((case / "expected.txt").read_text(encoding="utf-8")))
        text = raw.decode("utf-8", errors="replace")
        for severity, code in dict.fromkeys((s, c) for s, c, _ in found):
            mine = tuple(block for _, c, block in found if c == code)
            one = Shown(case, text, mine, severity, len(found) - len(mine))
            if code not in best or one.rank < best[code].rank:
                best[code] = one
    return best


def made() -> str:
    """The whole page."""
    best = shown()
    codes = sorted({*best, *ELSEWHERE})
    index = ", ".join(f"[`{code}`](#{code})" for code in codes)
    parts = [HEAD, *(f"{line}\n" for line in textwrap.wrap(index, 120, break_on_hyphens=False))]
    for code in codes:
        parts += ["\n", section(code, best[code]) if code in best else f"## {code}\n\n{ELSEWHERE[code]}\n"]
    return "".join(parts)


def section(code: str, one: Shown) -> str:
    lines = [_plain(line) for line in re.split(r"\r\n|\r|\n", one.text.rstrip("\r\n"))]
    cut = [*lines[:LONGEST], *(["…"] if len(lines) > LONGEST else [])]
    more = len(one.findings) - MOST_SHOWN
    said = list(one.findings[:MOST_SHOWN])
    said += [f"… and {more} more"] if more > 0 else []
    aside = sorted(p.relative_to(one.case).as_posix() for p in one.case.rglob("*") if p.is_file())
    beside = [f"`{name}`" for name in aside if name not in ("storyboard.yaml", "expected.txt")]
    note = f"Beside it: {', '.join(beside)}.\n\n" if beside else ""
    body = "\n".join(_cut(line) for line in cut)
    kind = "" if one.severity == "error" else f"A {one.severity}.\n\n"
    return f"## {code}\n\n{kind}~~~yaml\n{body}\n~~~\n\n{note}~~~text\n" + "\n".join(said) + "\n~~~\n"


def _plain(line: str) -> str:
    return visible(line.replace("\t", "→   "))


def _cut(line: str) -> str:
    return line if cell_len(line) <= WIDEST else set_cell_size(line, WIDEST - 1).rstrip() + "…"


if __name__ == "__main__":
    PAGE.write_text(made(), encoding="utf-8")
