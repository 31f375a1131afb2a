"""Going to where a name is declared or used, and giving it another name wherever it stands in the storyboard."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from seedspec.compiler.storyboard.types import LABEL, LABEL_FORM, RESERVED
from seedspec.editor.snapshot import Snapshot, root_of
from seedspec.editor.symbols import Occurrence, Symbol, occurrences
from seedspec.text.source import Source, Span

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
_FORMS = {
    "axis": (_NAME, "letters, digits and _, at most 40, not beginning with a digit"),
    "var": (_NAME, "letters, digits and _, at most 40, not beginning with a digit"),
    "reference": (_NAME, "letters, digits and _, at most 40, not beginning with a digit"),
    "shot": (_ID, "letters a to z and A to Z, digits and . _ -, at most 60, beginning with a letter or digit"),
    "label": (LABEL, LABEL_FORM),
}


class Refused(Exception):
    """A name cannot be given; the message is one line for a person."""


def all_of(snapshot: Snapshot) -> list[Occurrence]:
    """Every place of every symbol of a storyboard."""
    return occurrences(snapshot.root, snapshot.catalog.field_names | {"model"}, snapshot.read)


def at(found: Iterable[Occurrence], source: Source, offset: int) -> Occurrence | None:
    """The symbol that stands at an offset of a file, or ends there; the shortest one."""
    here = [o for o in found if o.span.source.path == source.path and o.span.start <= offset <= o.span.end]
    return min(here, key=lambda o: o.span.end - o.span.start, default=None)


def declarations(found: Iterable[Occurrence], symbol: Symbol) -> list[Occurrence]:
    """Where a symbol is declared; more than once only by mistake."""
    return [o for o in found if o.symbol == symbol and o.declares]


def places(found: Iterable[Occurrence], symbol: Symbol, *, declared: bool) -> list[Occurrence]:
    """Everywhere that a symbol is named."""
    return [o for o in found if o.symbol == symbol and (declared or not o.declares)]


def rename(snapshot: Snapshot, found: Sequence[Occurrence], symbol: Symbol, name: str) -> tuple[list[Span], list[Span]]:
    """The places of the storyboard that a new name goes to, and those in included files, which keep the old one.

    Another storyboard may include such a file, so that a person has to change it. Raises Refused.
    """
    if symbol.kind not in _FORMS:
        raise Refused("this has no name that could be changed here")
    form, said = _FORMS[symbol.kind]
    if not form.fullmatch(name):
        raise Refused(f"`{name[:60]}` is no name for this {symbol.kind}; expected {said}")
    if not declarations(found, symbol):
        raise Refused(f"`{symbol.name}` is not declared, so that there is nothing to rename")
    if symbol.kind in ("axis", "var") and name in RESERVED:
        raise Refused(f"`{name}` has a meaning of its own in templates; choose another name")
    if symbol.kind == "axis":
        _check_fields(snapshot, symbol, name)
    taken = _find_taken_names(found, symbol)
    if name != symbol.name and name in taken:
        raise Refused(f"`{name}` is there already; choose another name")
    everywhere = places(found, symbol, declared=True)
    own = [o.span for o in everywhere if o.span.source.path == snapshot.source.path]
    _check_written(snapshot, symbol, name, own)
    return own, [o.span for o in everywhere if o.span.source.path != snapshot.source.path]


def _check_fields(snapshot: Snapshot, symbol: Symbol, name: str) -> None:
    """An axis named like a request field sets that field: what is bought would be another thing."""
    fields = snapshot.catalog.field_names | {"model", "prompt"}
    for one in (symbol.name, name):
        if one in fields:
            raise Refused(f"an axis named `{one}` sets the request field of that name; renaming would change requests")


def _find_taken_names(found: Iterable[Occurrence], symbol: Symbol) -> set[str]:
    """The names that another thing has where this one is named."""
    kinds = ("axis", "var") if symbol.kind in ("axis", "var") else (symbol.kind,)
    declared = [o.symbol for o in found if o.declares and o.symbol.kind in kinds and o.symbol != symbol]
    if symbol.kind == "label":
        declared = [s for s in declared if (s.axis, s.shot) == (symbol.axis, symbol.shot)]
    elif symbol.shot:
        declared = [s for s in declared if s.shot in ("", symbol.shot)]
    return {s.name for s in declared}


def _check_written(snapshot: Snapshot, symbol: Symbol, name: str, spans: Sequence[Span]) -> None:
    """Whether the new name would be read again at each of its places: YAML has characters of its own."""
    text, shift, wanted = snapshot.source.text, 0, set[int]()
    for span in sorted(spans, key=lambda s: s.start):
        text = text[: span.start + shift] + name + text[span.end + shift :]
        wanted.add(span.start + shift)
        shift += len(name) - (span.end - span.start)
    new = symbol._replace(name=name)
    source = Source(snapshot.source.path, text)
    again = occurrences(root_of(source), snapshot.catalog.field_names | {"model"}, snapshot.read)
    if wanted - {o.span.start for o in again if o.symbol == new and o.span.source.path == source.path}:
        raise Refused(f"`{name}` cannot be written everywhere that `{symbol.name}` stands; choose another name")
