"""What may be written where the cursor stands: keys, values, labels, names inside of templates, and files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path as FilePath
from typing import Any, Literal, NamedTuple

from seedspec.catalog.model import Model
from seedspec.catalog.slot import KINDS
from seedspec.compiler.entry import MODEL
from seedspec.compiler.prompt.uses import filter_names
from seedspec.compiler.references.limits import kind_of_suffix
from seedspec.compiler.storyboard.types import RESERVED
from seedspec.editor.cursor import TemplateCursor, YamlCursor, template_at, yaml_at
from seedspec.editor.rules import Rule, rules_at, words_of
from seedspec.editor.snapshot import Snapshot
from seedspec.editor.symbols import Occurrence, occurrences
from seedspec.report.plan import as_yaml
from seedspec.text.node import Map, Path, Scalar, Sequence
from seedspec.text.source import Source

Kind = Literal["key", "value", "name", "file", "word"]
_STATEMENTS = ("if", "elif", "else", "endif", "for", "endfor", "set", "include", "import", "from")
_MOST_FILES = 200
_TEMPLATES = (".txt", ".j2", ".jinja", ".jinja2", ".md", ".prompt")


class Proposal(NamedTuple):
    """What to write from `start` to `end` of the text, and what it is."""

    text: str
    kind: Kind
    start: int
    end: int
    detail: str = ""
    words: str = ""
    write: str = ""


def complete(snapshot: Snapshot, source: Source, offset: int) -> list[Proposal]:
    """The proposals for a text that may be newer than what is known of the storyboard, and broken."""
    template = template_at(source.text, offset)
    if template is not None:
        return list(
            _in_template(snapshot, template, offset, _symbols(snapshot, snapshot.root), _shot_at(snapshot, offset))
        )
    cursor = yaml_at(source, offset)
    return [] if cursor is None else list(_in_yaml(snapshot, cursor))


def _symbols(snapshot: Snapshot, root: Map) -> list[Occurrence]:
    found = occurrences(root, snapshot.catalog.field_names | {MODEL}, snapshot.read)
    return [o for o in found if o.declares]


def _shot_at(snapshot: Snapshot, offset: int) -> str:
    """The shot that an offset most likely belongs to, by the last text that was checked."""
    shots = snapshot.root.get("shots")
    ids = [s.get("id") for s in shots.items if isinstance(s, Map)] if isinstance(shots, Sequence) else []
    before = [i for i in ids if isinstance(i, Scalar) and i.span.start <= offset]
    return before[-1].text if before else ""


def _in_template(
    snapshot: Snapshot, at: TemplateCursor, offset: int, known: list[Occurrence], shot: str
) -> Iterator[Proposal]:
    """Names of the scope, keys behind a dot, labels in a comparison, references in `ref('…')`, filters, files."""

    def named(kind: str) -> Iterator[str]:
        return (o.symbol.name for o in known if o.symbol.kind == kind and o.symbol.shot in ("", shot))

    def propose(names: Iterable[str], word: str, kind: Kind = "name", detail: str = "") -> Iterator[Proposal]:
        yield from (Proposal(n, kind, offset - len(word), offset, detail) for n in dict.fromkeys(names))

    code = at.code
    if m := re.search(r"\bref\(\s*['\"]([\w-]*)\Z", code):
        yield from propose(named("reference"), m[1], detail="reference")
    elif m := re.search(r"\b(?:include|import|from|extends)\s+['\"]([^'\"]*)\Z", code):
        names = (name for name in _files(snapshot) if name.endswith(_TEMPLATES))
        yield from (Proposal(n, "file", offset - len(m[1]), offset) for n in names)
    elif m := re.search(r"(?:\blabel\.)?\b(\w+)\s*(?:==|!=|\bin\s*[\[(](?:[^\])]*,)?)\s*['\"]([\w.:-]*)\Z", code):
        labels = (o.symbol.name for o in known if o.symbol.kind == "label" and o.symbol.axis == m[1])
        yield from propose(labels, m[2], detail=f"label of {m[1]}")
    elif m := re.search(r"\blabel\.(\w*)\Z", code):
        yield from propose(named("axis"), m[1], detail="axis")
    elif m := re.search(r"\b(\w+)\.(\w*)\Z", code):
        yield from propose(_keys_of(known, m[1]), m[2], detail=f"of {m[1]}")
    elif re.search(r"['\"][^'\"]*\Z", code) and (code.count("'") % 2 or code.count('"') % 2):
        return
    elif m := re.search(r"\|\s*(\w*)\Z", code):
        yield from propose(filter_names(), m[1], "word", "filter")
    elif m := re.search(r"(\w*)\Z", code):
        if at.mark == "{%" and not code.strip().removesuffix(m[1]):
            yield from propose(_STATEMENTS, m[1], "word", "statement")
            return
        yield from propose(named("axis"), m[1], detail="axis")
        yield from propose(named("var"), m[1], detail="var")
        yield from propose(RESERVED, m[1], "word")


def _keys_of(known: Iterable[Occurrence], name: str) -> Iterator[str]:
    """The keys that values of a var or an axis have."""
    if name == "shot":
        yield "id"
    for one in known:
        symbol = one.symbol
        of_var = symbol.kind == "var" and symbol.name == name
        of_axis = symbol.kind == "label" and symbol.axis == name
        if (of_var or of_axis) and isinstance(one.node, Map):
            yield from one.node.pairs


def _in_yaml(snapshot: Snapshot, at: YamlCursor) -> Iterator[Proposal]:
    known = _symbols(snapshot, at.root)
    path, shot = at.path, _shot_of(at.root, at.path)
    if at.kind == "key":
        yield from _keys(snapshot, at, known, path, shot)
        return
    found = list(_values(snapshot, at, known, shot))
    yield from found
    if not found or path[-1:] == ("when",):  # a mapping may begin here
        yield from _keys(snapshot, at, known, path, shot)


def _keys(snapshot: Snapshot, at: YamlCursor, known: list[Occurrence], path: Path, shot: str) -> Iterator[Proposal]:
    end = "" if at.has_colon else ": "
    if _is_pattern(path):
        axes = [o for o in known if o.symbol.kind == "axis" and o.symbol.shot in ("", shot)]
        names = [o.symbol.name for o in axes]
        for one in axes:
            rows = one.node.items if isinstance(one.node, Sequence) else ()
            columns = (c for row in rows if isinstance(row, Map) for c in row.pairs if c != "id")
            names += [f"{one.symbol.name}.{column}" for column in columns]
        names += ["prompt"] if shot and any(o.symbol == ("label", o.symbol.name, shot, "prompt") for o in known) else []
        for name in dict.fromkeys(names):
            if name not in at.beside:
                yield Proposal(name, "name", at.start, at.end, "axis", write=name + end)
        return
    document = snapshot.catalog.storyboard_for(snapshot.text).document
    if path[-1:] == ("axes",):
        fields = sorted(snapshot.catalog.field_names | {MODEL})
        yield from (
            Proposal(f, "key", at.start, at.end, "sets this field", write=f + end) for f in fields if f not in at.beside
        )
        return
    for rule in rules_at(document, path):
        for name, own in rule.get("properties", {}).items():
            if name not in at.beside and not (isinstance(own, dict) and own.get("deprecated")):
                words = next((w for r in rules_at(document, (*path, name)) if (w := words_of(r))), "")
                yield Proposal(name, "key", at.start, at.end, "", words, name + end)


def _values(snapshot: Snapshot, at: YamlCursor, known: list[Occurrence], shot: str) -> Iterator[Proposal]:
    path = at.path
    keys = [step for step in path if isinstance(step, str)]
    last = keys[-1] if keys else ""

    def names(kind: str, *, axis: str | None = None) -> Iterator[str]:
        for one in known:
            s = one.symbol
            if s.kind == kind and (s.shot in ("", shot) or kind == "shot") and (axis is None or s.axis == axis):
                yield s.name

    def propose(found: Iterable[str], detail: str, kind: Kind = "value") -> Iterator[Proposal]:
        yield from (Proposal(n, kind, at.start, at.end, detail) for n in dict.fromkeys(found))

    above = path[:-2] if path and isinstance(path[-1], int) else path[:-1]
    if last and _is_pattern(above):
        axis, dot, column = last.partition(".")
        if dot:
            rows = (
                o.node for o in known if o.symbol.kind == "label" and o.symbol.axis == axis and isinstance(o.node, Map)
            )
            cells = (row.get(column) for row in rows)
            yield from propose((c.text for c in cells if isinstance(c, Scalar)), f"value of {last}")
        else:
            yield from propose(names("label", axis=axis), f"label of {axis}")
    elif last == "only":
        yield from propose((o.symbol.name for o in known if o.symbol.kind == "axis" and not o.symbol.shot), "axis")
    elif last == "attach":
        yield from propose(names("reference"), "reference")
    elif last == MODEL:
        for model in snapshot.catalog.models.values():
            if not model.dates.are_over(snapshot.catalog.today):
                yield Proposal(model.id, "value", at.start, at.end, model.provider.document["title"])
    elif len(keys) > 2 and keys[-3] == "references":
        if last == "shot":
            yield from propose((n for n in names("shot") if n != shot), "shot")
        elif last in KINDS:
            found = (f for f in _files(snapshot) if kind_of_suffix(os.path.splitext(f)[1].lower()) == last)
            yield from propose(found, last, "file")
        elif last == "as":
            yield from propose((s for m in _models(snapshot) for s in m.slots), "slot of the model")
        elif last == "frame":
            yield from propose(("first", "last"), "picture of the video")
        elif last == "take":
            yield from propose(("pick",), "the take that people chose")
    else:
        yield from propose(_field_values(snapshot, at, last), last)


def _field_values(snapshot: Snapshot, at: YamlCursor, last: str) -> Iterator[str]:
    """The values that a field may have, by the models of the storyboard, else by the schema of the format."""
    if last in snapshot.catalog.field_names:
        found = [value for model in _models(snapshot) for value in _model_values(model, last)]
        if found:
            yield from map(as_yaml, found)
            return
    for rule in rules_at(snapshot.catalog.storyboard.document, at.path):
        yield from map(as_yaml, _list_values(rule))


def _model_values(model: Model, name: str) -> Iterator[Any]:
    """The values of a model's field, in the storyboard's own words."""
    field = model.means.names.get(name, "")
    for value in _list_values(model.schema.document["properties"].get(field, {})):
        yield model.means.read({field: value}, name) if name in model.means else value


def _list_values(rule: Rule) -> Iterator[Any]:
    types = rule.get("type", ())
    if "enum" in rule:
        yield from rule["enum"]
    elif "const" in rule:
        yield rule["const"]
    elif types == "boolean" or ("boolean" in types and "string" not in types):
        yield from (True, False)
    else:
        yield from (d for d in (rule.get("default"),) if d is not None)
        yield from rule.get("examples", ())


def _models(snapshot: Snapshot) -> list[Model]:
    models = list(snapshot.board.models) if snapshot.board is not None else []
    usual = snapshot.catalog.usual
    return models or ([usual] if usual is not None else [])


def _is_pattern(path: Path) -> bool:
    """Whether the keys at a path are axes: of `when` and `at`, and of rows of `exclude` and `include`."""
    if path[-1:] in (("when",), ("at",)):
        return True
    return len(path) > 1 and isinstance(path[-1], int) and path[-2] in ("exclude", "include")


def _shot_of(root: Map, path: Path) -> str:
    shots = root.get("shots")
    if len(path) < 2 or path[0] != "shots" or not isinstance(shots, Sequence) or not isinstance(path[1], int):
        return ""
    shot = shots.items[path[1]]
    own = shot.get("id") if isinstance(shot, Map) else None
    return own.text if isinstance(own, Scalar) else ""


def _files(snapshot: Snapshot) -> Iterator[str]:
    """Files below the storyboard's folder, as they are written in it; hidden ones and links are left out."""
    if snapshot.unsaved:
        return
    base, looked = os.path.realpath(snapshot.folder), 0
    for place, folders, names in os.walk(base):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in sorted(names):
            if (looked := looked + 1) > 10 * _MOST_FILES:
                return
            if not name.startswith("."):
                yield (FilePath(place) / name).relative_to(base).as_posix()
