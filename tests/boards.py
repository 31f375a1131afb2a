"""Storyboards for tests: compiled from a text without a disk, and made at random with what is known of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from seedspec.catalog.media_facts import MediaFacts
from seedspec.compiler.entry import Entry
from seedspec.compiler.references.context import Inputs
from seedspec.compiler.references.limits import MediaFile
from seedspec.compiler.request.expand import expand
from seedspec.compiler.storyboard.profile import with_profile
from seedspec.compiler.storyboard.reader import storyboard_of
from seedspec.project import sources
from seedspec.text.diagnostic import Diagnostic, Problems
from seedspec.text.yaml import parse, source_of

CATALOG = sources.catalog()
MODEL = "seedance-2.0-reference-to-video"
FILES = {"assets/hero.png": "1" * 64, "assets/walk.mp4": "2" * 64}
INCLUDED = {
    "words.j2": "{% macro sky(x) %}a {{ x }} sky{% endmacro %}",
    "broken.j2": "{% if %}",
    "self.j2": "{% include 'self.j2' %}",
}


def look(target: str, kind: str) -> MediaFile | str:
    return MediaFile(target, FILES[target], MediaFacts(bytes=1000)) if target in FILES else "does not exist"


@dataclass(frozen=True)
class Compiled:
    entries: tuple[Entry, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def ok(self) -> bool:
        return not any(d.severity == "error" for d in self.diagnostics)


def compiled(raw: str | bytes, profile: str = "") -> Compiled:
    """A storyboard's entries and findings; two local images exist, and three files to include."""
    problems = Problems()
    entries: tuple[Entry, ...] = ()
    source = source_of("storyboard.yaml", raw if isinstance(raw, bytes) else raw.encode("utf-8", "replace"), problems)
    node = parse(source, problems) if source else None
    board = storyboard_of(node, CATALOG, "storyboard", problems) if node else None
    if board is not None:
        entries = tuple(expand(with_profile(board, profile), Inputs(look, INCLUDED.get), problems).entries())
    return Compiled(entries, tuple(problems))


def written(board: Mapping[str, Any], comment: str = "") -> str:
    """A board as YAML: JSON values, one top-level key a line."""
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in board.items()]
    return "".join(f"{comment}{line}\n" for line in lines)


WORDS = st.text(st.sampled_from("abcdefghij ,.!?茶雨é😀'\"#:&*-"), min_size=1, max_size=12)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True).filter(
    lambda n: (
        n not in {"label", "shot", "take", "ref", "prompt", "duration", "quality", "range", "dict", "loop"}
        and n
        not in {"if", "is", "in", "or", "and", "not", "for", "else", "elif", "set", "true", "false", "none", "self"}
        and n not in {"hero", "walk", "theme", "brand", "cycler", "joiner", "with", "call", "import", "from", "block"}
    )
)
LABELS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,6}", fullmatch=True)
REFERENCES = {
    "hero": {"image": "assets/hero.png"},
    "bottle": {"image": "https://cdn.example.com/bottle.webp"},
    "walk": {"video": "https://cdn.example.com/walk.mp4", "seconds": 4},
    "theme": {"audio": "https://cdn.example.com/theme.mp3", "seconds": 6},
}


@st.composite
def boards(draw: st.DrawFn) -> dict[str, Any]:
    """A storyboard that compiles, but for file names that may clash: mapping axes, shots, references, takes."""
    axes = {}
    for name in draw(st.lists(NAMES, max_size=3, unique=True)):
        labels = draw(st.lists(LABELS, min_size=1, max_size=3, unique=True))
        axes[name] = {label: {"words": draw(WORDS)} for label in labels}
    if axes and draw(st.booleans()):
        first = next(iter(axes.values()))
        for value in first.values():
            value["duration"] = draw(st.integers(4, 15))
    shots = []
    for id_ in draw(st.lists(NAMES, min_size=1, max_size=3, unique=True)):
        only = draw(st.none() | st.lists(st.sampled_from(sorted(axes)), unique=True)) if axes else None
        kept = [a for a in axes if only is None or a in only]
        pieces = ["{{ ref('hero') }}"]
        for _ in range(draw(st.integers(0, 4))):
            piece = draw(st.sampled_from(["text", "ref", "axis", "if", "brand"]))
            if piece == "text":
                pieces.append("the tea is cold.")
            elif piece == "ref":
                pieces.append(f"{{{{ ref('{draw(st.sampled_from(sorted(REFERENCES)))}') }}}}")
            elif piece == "brand":
                pieces.append("{{ brand }}")
            elif kept:
                axis = draw(st.sampled_from(kept))
                inner = "{{ ref('bottle') }}" if piece == "if" else "so"
                pieces.append(f"{{% if {axis}.words|length > 5 %}}{inner}{{% endif %}} {{{{ {axis}.words }}}}")
        shot: dict[str, Any] = {"id": id_, "prompt": " ".join(pieces), "takes": draw(st.integers(1, 3))}
        if only is not None:
            shot["matrix"] = {"only": only}
        if draw(st.booleans()):
            shot["quality"] = draw(st.sampled_from(["480p", "720p"]))
        shots.append(shot)
    board: dict[str, Any] = {
        "seedspec": 1,
        "model": MODEL,
        "vars": {"brand": draw(WORDS)},
        "references": REFERENCES,
        "matrix": {"axes": axes},
        "shots": shots,
    }
    if draw(st.booleans()):
        board["defaults"] = {
            "aspect_ratio": draw(st.sampled_from(["16:9", "9:16", "adaptive"])),
            "generate_audio": False,
        }
    return board
