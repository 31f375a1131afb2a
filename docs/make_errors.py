"""Writes errors.md, and the data of `seedspec explain`: what each code means, the shortest case that shows it, and what
`seedspec check` says of it.

python docs/make_errors.py
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.cells import cell_len, set_cell_size

from seedspec.report.diagnostics import visible

HERE = Path(__file__).parent
PAGE = HERE / "errors.md"
DATA = HERE.parent / "seedspec" / "report" / "codes.json"
SENTENCES = HERE / "codes.yaml"
CASES = HERE.parent / "tests" / "cases" / "errors"
FINDING = re.compile(r"^(?:\S.*?: )?(error|warning|hint): .* \[([a-z0-9-]+)\]$")
WIDEST = 140
LONGEST = 40
MOST_SHOWN = 3

HEAD = """\
# Errors

Every code that seedspec gives, with what it means and what to do. A storyboard that brings it about and what is said
about it come from the project's own test cases, so that example and output are real. Where a case shows more than one
code, the output here is cut to the one of its section. `seedspec explain CODE` shows a section in the terminal.

An *error* stops everything, a *warning* fails `seedspec check --strict` alone, a *hint* never fails.

"""


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


def codes() -> dict[str, dict[str, Any]]:
    """What is told of each code, in the order of the alphabet. Exits for a code without its sentences."""
    sentences, best = yaml.safe_load(SENTENCES.read_text(encoding="utf-8")), shown()
    if lacking := sorted(best.keys() - sentences.keys()):
        raise SystemExit(
            f"{SENTENCES}: no sentences for {', '.join(lacking)}; write what each `means` and what to `do`"
        )
    if bare := [code for code in sentences if code not in best and "severity" not in sentences[code]]:
        raise SystemExit(f"{SENTENCES}: no case shows {', '.join(bare)}; write a case, or how severe each is")
    return {code: _told(sentences[code], best.get(code)) for code in sorted(sentences)}


def _told(sentences: dict[str, str], one: Shown | None) -> dict[str, Any]:
    means = {"means": sentences["means"], "do": sentences["do"]}
    if one is None:
        return {"severity": sentences["severity"], **means}
    return {"severity": one.severity, **means, "storyboard": example(one), "beside": beside(one), "says": said(one)}


def data() -> str:
    """The same for `seedspec explain`."""
    return json.dumps(codes(), ensure_ascii=False, indent=1) + "\n"


def made() -> str:
    """The whole page."""
    told = codes()
    index = ", ".join(f"[`{code}`](#{code})" for code in told)
    parts = [HEAD, *(f"{line}\n" for line in textwrap.wrap(index, 120, break_on_hyphens=False))]
    for code, about in told.items():
        parts += ["\n", section(code, about)]
    return "".join(parts)


def section(code: str, about: dict[str, Any]) -> str:
    kind = {"error": "An error", "warning": "A warning", "hint": "A hint"}[about["severity"]]
    words = textwrap.wrap(f"*{kind}.* {about['means']}", 120, break_on_hyphens=False)
    words += ["", *textwrap.wrap(f"*To do:* {about['do']}", 120, break_on_hyphens=False)]
    out = f"## {code}\n\n" + "\n".join(words) + "\n"
    if "storyboard" not in about:
        return out
    files = ", ".join(f"`{name}`" for name in about["beside"])
    note = f"Beside it: {files}.\n\n" if files else ""
    return f"{out}\n~~~yaml\n{about['storyboard']}\n~~~\n\n{note}~~~text\n{about['says']}\n~~~\n"


def example(one: Shown) -> str:
    """The case's storyboard, as far as it is shown."""
    lines = [_plain(line) for line in re.split(r"\r\n|\r|\n", one.text.rstrip("\r\n"))]
    return "\n".join(_cut(line) for line in (*lines[:LONGEST], *(["…"] if len(lines) > LONGEST else [])))


def said(one: Shown) -> str:
    """The findings of its code, as far as they are shown."""
    more = len(one.findings) - MOST_SHOWN
    return "\n".join((*one.findings[:MOST_SHOWN], *([f"… and {more} more"] if more > 0 else [])))


def beside(one: Shown) -> list[str]:
    """The files of the case that the storyboard reads."""
    aside = sorted(p.relative_to(one.case).as_posix() for p in one.case.rglob("*") if p.is_file())
    return [name for name in aside if name not in ("storyboard.yaml", "expected.txt")]


def _plain(line: str) -> str:
    return visible(line.replace("\t", "→   "))


def _cut(line: str) -> str:
    return line if cell_len(line) <= WIDEST else set_cell_size(line, WIDEST - 1).rstrip() + "…"


if __name__ == "__main__":
    PAGE.write_text(made(), encoding="utf-8")
    DATA.write_text(data(), encoding="utf-8")
