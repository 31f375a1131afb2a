"""What an editor shows of the name or the key under the pointer, as Markdown: what it stands for, and what it costs."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from seedspec.catalog.model import Model
from seedspec.catalog.signed_url import mask_signature
from seedspec.catalog.slot import Kind, a_kind
from seedspec.compiler.entry import MODEL, Entry
from seedspec.compiler.references.limits import MediaFile, is_url
from seedspec.editor import navigation
from seedspec.editor.lenses import price_of
from seedspec.editor.rules import Place, rules_at, words_of
from seedspec.editor.snapshot import Snapshot
from seedspec.editor.symbols import Occurrence, Symbol
from seedspec.media.facts import MediaError
from seedspec.media.reader import thumbnail
from seedspec.project import sources
from seedspec.project.reading import Reading
from seedspec.report.models import field_limits
from seedspec.report.money import dollars
from seedspec.report.plan import as_yaml
from seedspec.text.node import Map, Node, Scalar
from seedspec.text.node import Sequence as Items
from seedspec.text.source import Source, Span
from seedspec.text.visible import visible

_SIDE = 160
"""Pixels of a thumbnail, which goes into the text itself: nothing is written for it."""
_MOST_PROMPTS, _MOST_ENTRIES = 3, 12


class Hover(NamedTuple):
    """Markdown about a stretch of a file."""

    span: Span
    text: str


def hover(snapshot: Snapshot, source: Source, offset: int) -> Hover | None:
    """What is known of what stands at an offset of the storyboard, or of a file that it includes."""
    found = navigation.all_of(snapshot)
    here = navigation.at(found, source, offset)
    if here is not None and (said := _symbol(snapshot, found, here.symbol)):
        return Hover(here.span, "\n\n".join(said))
    if source.path != snapshot.source.path:
        return None
    place = Place(snapshot.root, offset)
    if not place.path:
        return None
    said = list(_field(snapshot, place)) or list(_prompt(snapshot, place)) or list(_model(snapshot, place))
    return Hover(place.node.span, "\n\n".join(said)) if said else None


def _symbol(snapshot: Snapshot, found: Sequence[Occurrence], symbol: Symbol) -> list[str]:
    node = next((o.node for o in navigation.declarations(found, symbol)), None)
    if node is None:
        return []
    if symbol.kind == "shot":
        entries = [e for e in snapshot.checked.entries if e.shot == symbol.name]
        return [f"shot `{symbol.name}`{_sum(entries)}", *_entries(entries), *_prompts(entries)]
    if symbol.kind == "label":
        entries = [e for e in snapshot.checked.entries if e.value_of(symbol.axis) == symbol.name]
        entries = [e for e in entries if symbol.shot in ("", e.shot)]
        return [
            f"label `{symbol.name}` of axis `{symbol.axis}`{_sum(entries)}",
            *(_value(node) if _label(node) != symbol.name or isinstance(node, Map) else ()),
        ]
    if symbol.kind == "axis":
        labels = (
            node.pairs if isinstance(node, Map) else [_label(i) for i in node.items] if isinstance(node, Items) else []
        )
        listed = ", ".join(f"`{label}`" for label in list(labels)[:20])
        sets = " It sets the request field of its name." if symbol.name in snapshot.catalog.field_names else ""
        return [f"axis `{symbol.name}` of {len(labels):,}: {listed}.{sets}"]
    if symbol.kind == "reference":
        return [f"reference `{symbol.name}`", *_reference(snapshot, node)]
    return [f"var `{symbol.name}`", *_value(node)] if symbol.kind == "var" else []


def _sum(entries: Sequence[Entry]) -> str:
    if not entries:
        return ""
    return f": {len(entries):,} entr{'ies' if len(entries) != 1 else 'y'}, {price_of(entries) or 'unpriced'}"


def _entries(entries: Sequence[Entry]) -> Iterator[str]:
    """The price of each entry; of many the first ones."""
    lines = [f"- `{e.address}` {dollars(e.cost, e.model.rate) or 'unpriced'}" for e in entries[:_MOST_ENTRIES]]
    if len(entries) > _MOST_ENTRIES:
        lines.append(f"- and {len(entries) - _MOST_ENTRIES:,} more")
    if lines:
        yield "\n".join(lines)


def _prompts(entries: Iterable[Entry]) -> Iterator[str]:
    """The prompts as they are sent, different ones once."""
    different = {e.prompt: e for e in reversed(list(entries))}
    shown = list(reversed(different.values()))
    for entry in shown[:_MOST_PROMPTS]:
        yield f"`{entry.variant}` is sent\n{_fence(entry.prompt)}"
    if len(shown) > _MOST_PROMPTS:
        yield f"and {len(shown) - _MOST_PROMPTS:,} other prompts; `seedspec compile` shows all"


def _value(node: Node) -> Iterator[str]:
    """A value as it is written."""
    text = node.span.text.rstrip()
    if text:
        yield _fence(f"{text[:1000]}…" if len(text) > 1000 else text, "yaml")


def _reference(snapshot: Snapshot, node: Node) -> Iterator[str]:
    if not isinstance(node, Map):
        return
    kinds: tuple[Kind, ...] = ("image", "video", "audio")
    kind = next((k for k in kinds if k in node.pairs), None)
    target = node.get(kind) if kind is not None else None
    if kind is None or not isinstance(target, Scalar):
        yield from _value(node)
        return
    if is_url(target.text):
        yield f"{a_kind(kind)} at `{visible(mask_signature(target.text))}`, which is not looked at here"
        return
    reading = Reading(media=snapshot.memory.media, unsaved=snapshot.unsaved)
    found = sources.looker(snapshot.folder, reading)(target.text, kind)
    if not isinstance(found, MediaFile):
        yield f"`{visible(target.text)}` {visible(found)}"
        return
    facts = found.facts
    said = [found.format or kind]
    said += [f"{facts.width:g}×{facts.height:g}"] if facts.width and facts.height else []
    said += [f"{facts.seconds:g} s"] if facts.seconds else []
    said += [f"{facts.fps:.4g} fps"] if facts.fps else []
    said += [f"{facts.bytes / 1e6:.2f} MB"] if facts.bytes else []
    yield f"`{visible(target.text)}`: {', '.join(said)}" + (f"; {found.unchecked}" if found.unchecked else "")
    if kind != "audio" and not snapshot.unsaved:
        try:
            picture = base64.b64encode(thumbnail(snapshot.folder / target.text, _SIDE)).decode()
        except (MediaError, OSError, ImportError):
            return
        yield f"![{kind}](data:image/webp;base64,{picture})"


def _field(snapshot: Snapshot, place: Place) -> Iterator[str]:
    """What a key means, and for a request field what each model takes."""
    if not place.is_key:
        return
    name = str(place.path[-1])
    schema = snapshot.catalog.storyboard_for(snapshot.text).document
    said = next((w for rule in rules_at(schema, place.path) if (w := words_of(rule))), "")
    if said:
        yield said
    if name in snapshot.catalog.field_names and snapshot.board is not None:
        yield from ["\n".join(lines)] if (lines := list(_limits(snapshot.board.models, name))) else []


def _limits(models: Iterable[Model], name: str) -> Iterator[str]:
    for model in models:
        field = model.means.names.get(name)
        if not field:
            always = model.means.always(name)
            yield f"- {model.id}: " + (f"always {as_yaml(always)}" if always is not None else "has no such field")
            continue
        kind, limits, default = field_limits(model, field)
        own = f" (its field `{field}`)" if field != name else ""
        yield f"- {model.id}{own}: {kind}, {limits}" + (f"; default {default}" if default else "")


def _prompt(snapshot: Snapshot, place: Place) -> Iterator[str]:
    """The rendered prompts of the shot whose prompt this is."""
    path = place.path
    if len(path) < 3 or path[0] != "shots" or path[2] != "prompt" or (place.is_key and len(path) < 4):
        return
    shots = snapshot.root.get("shots")
    shot = shots.items[path[1]] if isinstance(shots, Items) and isinstance(path[1], int) else None
    own = shot.get("id") if isinstance(shot, Map) else None
    if isinstance(own, Scalar):
        entries = [e for e in snapshot.checked.entries if e.shot == own.text]
        if len(path) > 3:
            entries = [e for e in entries if e.value_of("prompt") == path[3]]
        yield from _prompts(entries)


def _model(snapshot: Snapshot, place: Place) -> Iterator[str]:
    """What is known of a model whose id stands here."""
    if isinstance(place.node, Scalar) and (MODEL in place.path) and not place.is_key:
        model = snapshot.catalog.models.get(place.node.text)
        if model is not None:
            slots = ", ".join(f"{slot.name} ({slot.most or 'any'})" for slot in model.slots.values()) or "words alone"
            yield f"`{model.id}` of {model.provider.document['title']}, takes: {slots}"
            yield f"`seedspec models {model.id}` shows all of it"


def _label(node: Node) -> str:
    found = node.get("id") if isinstance(node, Map) else node
    return found.text if isinstance(found, Scalar) else ""


def _fence(text: str, language: str = "text") -> str:
    """A text as a block of code, whatever marks stand in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"
