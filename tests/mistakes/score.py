"""How well mistakes are told: `python tests/mistakes/score.py [--family F] [--failed] [--cases FOLDER]` prints shares.

A collection is a folder of YAML files, one a family; each is a list of cases:

- `id`: a name, once in its family.
- `board`: the whole storyboard. `⟨U+00A0⟩` stands for the character of that number, where the eye could not tell it.
- `newlines: crlf` and `encoding`: how the file is written, where it is not with line feeds in UTF-8.
- `files`: further files that stand beside the storyboard, path to text. The media of `MEDIA` are there always.
- `line`: the line at fault, or a list of lines of which each is right.
- `cause`: regular expressions, of which the finding's message must hold one: what a person must be told.
- `remedy`: the same for the message and its notes together: what the author should write.
- `severity`: `error`, or `warning`, for which an error is as good.
- `most`: how many errors and warnings there may be in all, 1 when it is not given.
- `silent: true`: nothing of it was found when the case was written, and a video would have been bought.

The family `fine` has storyboards that are unusual and right: nothing may be found in them.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "media"))
import made  # noqa: E402

from seedspec import api  # noqa: E402
from seedspec.text.visible import visible  # noqa: E402

MEASURES = ("line", "cause", "remedy", "alone")
"""What is asked of each case; `alone` is that one mistake gave no cascade of findings."""

FINE = "fine"
MEDIA = ("assets/hero.png", "assets/bottle.png", "assets/walk.mp4", "assets/theme.mp3")
EXAMPLE = HERE.parents[1] / "examples" / "fruit-tea"

_LONG_LIST = re.compile(r"`[^`]+`(?:(?:, | or |, or )`[^`]+`){5,}(?: or \d+ more)?")
"""Six words or more of which a person still has to choose are no remedy."""

_CHARACTER = re.compile(r"⟨U\+([0-9A-F]{4,6})⟩")


@dataclass(frozen=True)
class Case:
    """A storyboard with one mistake, and what must be said of it."""

    family: str
    id: str
    board: str
    lines: tuple[int, ...] = ()
    cause: tuple[str, ...] = ()
    remedy: tuple[str, ...] = ()
    severity: str = "error"
    most: int = 1
    silent: bool = False
    newlines: str = "lf"
    encoding: str = "utf-8"
    files: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.family}/{self.id}"

    @property
    def raw(self) -> bytes:
        """The bytes of the storyboard's file."""
        text = _CHARACTER.sub(lambda found: chr(int(found[1], 16)), self.board)
        return text.replace("\n", "\r\n" if self.newlines == "crlf" else "\n").encode(self.encoding)


@dataclass(frozen=True)
class Score:
    """What was found for a case, and which measures hold."""

    case: Case
    found: tuple[api.Diagnostic, ...]
    held: frozenset[str]
    fault: str = ""
    """What was raised in place of an answer; no case may raise anything."""

    @property
    def whole(self) -> bool:
        return self.held.issuperset(MEASURES)

    def __str__(self) -> str:
        """The case that falls short, as a person reads it: what was expected and what was found."""
        case = self.case
        lacks = ", ".join(m for m in MEASURES if m not in self.held)
        said = [f"    {line}" for d in self.found for line in _told(d)] or [f"    {self.fault or 'nothing'}"]
        if case.family == FINE:
            return "\n".join([f"{case}: found", *said])
        wanted = f"  {case.severity} at line {' or '.join(map(str, case.lines))}"
        expected = [f"    cause   {' | '.join(case.cause)}", f"    remedy  {' | '.join(case.remedy)}"]
        return "\n".join([f"{case}: lacks {lacks}", wanted, *expected, "  found", *said])


def cases_of(folder: Path) -> list[Case]:
    """The cases of a collection, by file and by their order in it. Raises ValueError for one that is not whole."""
    cases = [_case(path.stem, given) for path in sorted(folder.glob("*.yaml")) for given in _read(path)]
    names = [str(case) for case in cases]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"two cases have one id: {', '.join(twice)}")
    return cases


def scored(cases: Iterable[Case]) -> Iterator[Score]:
    """Checks each storyboard in a folder of its own, below one that has no project around it."""
    with tempfile.TemporaryDirectory() as name:
        media = _media(Path(name, "media"))
        for number, case in enumerate(cases):
            folder = shutil.copytree(media, Path(name, str(number)))
            _write(folder, case)
            yield _score(case, folder / "storyboard.yaml")
            shutil.rmtree(folder)


def table(scores: Iterable[Score]) -> str:
    """The shares by family, and of all but `fine`, whose storyboards have no mistake."""
    families: dict[str, list[Score]] = {}
    for score in scores:
        families.setdefault(score.case.family, []).append(score)
    heads = ("family", "cases", *MEASURES, "all four")
    rows = [(name, *_shares(of)) for name, of in families.items()]
    if mistakes := [s for name, of in families.items() if name != FINE for s in of]:
        rows.append(("all mistakes", *_shares(mistakes)))
    return "".join(f"{row[0]:<18}" + "".join(f"{cell:>10}" for cell in row[1:]) + "\n" for row in [heads, *rows])


def _shares(scores: list[Score]) -> list[str]:
    held = [sum(measure in s.held for s in scores) for measure in MEASURES]
    return [str(len(scores)), *(f"{n / len(scores):.0%}" for n in [*held, sum(s.whole for s in scores)])]


def _score(case: Case, storyboard: Path) -> Score:
    try:
        checked = api.check(storyboard)
    except Exception as fault:  # whatever it is, the other cases are still to be scored
        return Score(case, (), frozenset(), f"raised {fault!r}")
    found = tuple(d for d in checked if case.family == FINE or d.severity in ("error", "warning"))
    return Score(case, found, _held(case, found))


def _held(case: Case, found: tuple[api.Diagnostic, ...]) -> frozenset[str]:
    """The measures that the finding which fits best holds; none where nothing of that severity was found."""
    if case.family == FINE:
        return frozenset() if found else frozenset(MEASURES)
    strong = [d for d in found if case.severity == "warning" or d.severity == "error"]
    if not strong:
        return frozenset()
    best = max((_held_by(case, d) for d in strong), key=len)
    return best | {"alone"} if len(found) <= case.most else best


def _held_by(case: Case, found: api.Diagnostic) -> frozenset[str]:
    told = [found.message, *(note.message for note in found.notes)]
    holds = {
        "line": found.span is not None and found.span.place[0] in case.lines,
        "cause": _says(case.cause, [found.message]),
        "remedy": _says(case.remedy, [_LONG_LIST.sub("…", text) for text in told]),
    }
    return frozenset(measure for measure, held in holds.items() if held)


def _says(patterns: Iterable[str], texts: list[str]) -> bool:
    """Whether a pattern stands in the texts as they are, or as they are shown, where hidden characters have numbers."""
    everything = "\n".join([*texts, *map(visible, texts)])
    return any(re.search(pattern, everything, re.IGNORECASE) for pattern in patterns)


def _told(found: api.Diagnostic) -> list[str]:
    place = f"{found.span.place[0]}: " if found.span is not None else ""
    return [f"{place}{found.severity}: {visible(found.message)}", *(f"  = {visible(n.message)}" for n in found.notes)]


def _read(path: Path) -> list[dict[str, Any]]:
    given = yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    if not isinstance(given, list):
        raise ValueError(f"{path}: found no list of cases")
    return given


def _case(family: str, given: dict[str, Any]) -> Case:
    plain = {k: v for k, v in given.items() if k not in ("line", "cause", "remedy", "files")}
    line = given.get("line", [])
    case = Case(
        family=family,
        lines=tuple(line if isinstance(line, list) else [line]),
        cause=tuple(given.get("cause", [])),
        remedy=tuple(given.get("remedy", [])),
        files=tuple(given.get("files", {}).items()),
        **plain,
    )
    if family != FINE and not (case.lines and case.cause and case.remedy):
        raise ValueError(f"{case}: expected a line, a cause and a remedy")
    return case


def _write(folder: Path, case: Case) -> None:
    for name, text in case.files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "storyboard.yaml").write_bytes(case.raw)


def _media(folder: Path) -> Path:
    """A folder with the media that every case finds beside its storyboard."""
    (folder / "assets").mkdir(parents=True)
    for name in MEDIA[1:]:
        shutil.copy(EXAMPLE / name, folder / name)
    made.image(folder / MEDIA[0], 640, 640)
    return folder


def main() -> None:
    """The command; with --failed also each case that falls short, with what was found for it."""
    parser = argparse.ArgumentParser(description="How well the mistakes of a collection are told.")
    parser.add_argument("--family", help="cases of this family alone")
    parser.add_argument("--failed", action="store_true", help="show each case that falls short")
    parser.add_argument("--cases", type=Path, default=HERE, help="folder of the collection")
    given = parser.parse_args()
    cases = [c for c in cases_of(given.cases) if given.family in (None, c.family)]
    if not cases:
        parser.error(f"no cases of {given.family!r} in {given.cases}" if given.family else f"no cases in {given.cases}")
    with tempfile.TemporaryDirectory() as caches:
        os.environ["XDG_CACHE_HOME"] = caches
        scores = list(scored(cases))
    if given.failed:
        print("\n\n".join(str(s) for s in scores if not s.whole) + "\n")
    print(table(scores), end="")


if __name__ == "__main__":
    main()
