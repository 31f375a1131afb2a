"""The slots of a model: why one takes no such medium, and whether a request fills them as the model wants it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seedspec.catalog.model import Model
from seedspec.catalog.slot import Slot, a_kind, plural
from seedspec.compiler.entry import Medium
from seedspec.compiler.storyboard.types import Reference
from seedspec.text.diagnostic import Note, Problems, did_you_mean, list_words
from seedspec.text.near import shorten
from seedspec.text.source import Span

_ALIKE = {
    **dict.fromkeys(("start", "begin", "beginning", "open", "opening", "head", "initial"), "first_frame"),
    **dict.fromkeys(("end", "ending", "tail", "final", "close", "closing"), "last_frame"),
}
"""What others call a frame, by the first word."""


def report_no_slot(
    reference: Reference, model: Model, models: Mapping[str, Model], problems: Problems, entry: str
) -> None:
    """Why a model takes no such reference, and which models do."""
    name, asked = reference.name, reference.slot
    if asked is not None and (slot := model.slots.get(asked.text)) is not None:
        message = f"`{name}` is {a_kind(reference.kind)}; slot `{slot.name}` of model `{model.id}` takes"
        message += f" {a_kind(slot.kind)}"
        still = reference.is_shot and slot.kind == "image"
        notes: tuple[str, ...] = ("for a picture of that shot's video add `frame: last`",) if still else ()
        problems.error("model-lacks-slot", message, asked.span, *notes, entry=entry)
        return
    if asked is not None:
        rest = f"; expected {list_words(model.slots)}" if model.slots else ": it takes no references"
        message = f"model `{model.id}` has no slot `{shorten(asked.text)}`{rest}"
        meant = _ALIKE.get(asked.text.partition("_")[0], "")
        near = (f"did you mean `{meant}`?",) if meant in model.slots else did_you_mean(asked.text, model.slots)
        others = [m.id for m in models.values() if asked.text in m.slots]
        notes = near or _elsewhere(others, model, models)
        problems.error("model-lacks-slot", message, asked.span, *notes, entry=entry)
        return
    others = [m.id for m in models.values() if reference.kind in m.media]
    message = f"`{name}`: model `{model.id}` takes no {plural(reference.kind)}"
    problems.error("model-lacks-slot", message, reference.span, *_elsewhere(others, model, models), entry=entry)


def check_slots(
    model: Model,
    media: Sequence[Medium],
    unused: Sequence[Reference],
    prompt: Span,
    problems: Problems,
    entry: str,
) -> frozenset[str]:
    """Reports slots that are empty or too full, and those that need one another or exclude one another.

    The request fields of those are given back: what the model's schema says of them is told. `unused` are the shot's
    own references that the request does not send: one of them may be meant.
    """
    filled: dict[str, list[Medium]] = {}
    for medium in media:
        filled.setdefault(medium.slot, []).append(medium)
    told = {
        slot.field
        for slot in model.slots.values()
        if not _has_count(slot, filled, model, unused, prompt, problems, entry)
    }
    excluded: set[str] = set()
    for name in filled:
        slot = model.slots[name]
        first = filled[name][0]
        if slot.needs and not any(n in filled or model.slots[n].least for n in slot.needs):  # else that is told
            message = f"slot `{name}` needs {list_words(slot.needs)} too; `{first.name}` goes there alone"
            problems.error("slot-needs", message, first.span, _how(model.slots[slot.needs[0]]), entry=entry)
        for other in (n for n in slot.not_with if n in filled and n not in excluded):
            message = f"slots `{name}` and `{other}` of model `{model.id}` exclude one another; take one out"
            note = Note(f"slot `{other}` is filled by `{filled[other][0].name}`", filled[other][0].span)
            problems.error("slot-not-with", message, first.span, note, entry=entry)
            excluded.add(name)
    return frozenset(told)


def _has_count(
    slot: Slot,
    filled: Mapping[str, list[Medium]],
    model: Model,
    unused: Sequence[Reference],
    prompt: Span,
    problems: Problems,
    entry: str,
) -> bool:
    """Whether a slot has as many media as it wants."""
    own = filled.get(slot.name, [])
    if len(own) < slot.least:
        wanted = a_kind(slot.kind) if slot.least == 1 else f"{slot.least} {plural(slot.kind)}"
        message = f"model `{model.id}` needs {wanted} in slot `{slot.name}`; the request has {len(own) or 'none'}"
        meant = [r for r in unused if r.kind == slot.kind]
        problems.mean(*(r.name for r in meant))
        how = f"add `as: {slot.name}` to `{meant[0].name}`, which is not sent" if meant else _how(slot)
        problems.error("slot-missing", message, prompt, how, entry=entry)
        return False
    if slot.most is None or len(own) <= slot.most or not _is_ours(slot, model):
        return True
    message = f"{len(own)} {plural(slot.kind)} go to slot `{slot.name}`; expected at most {slot.most}"
    others = [s.name for s in model.slots.values() if s.kind == slot.kind and s is not slot]
    hint = (f"for another slot write it in the shot with `as: {others[0]}`",) if others else ()
    notes = [Note(f"`{m.name}` is one of them", m.span) for m in own[:-1]]
    problems.error("wrong-count", message, own[-1].span, *notes, *hint, entry=entry)
    return False


def _is_ours(slot: Slot, model: Model) -> bool:
    """Whether the schema cannot count what a slot holds: its field has one address, or is shared."""
    return slot.single or sum(s.field == slot.field for s in model.slots.values()) > 1


def _how(slot: Slot) -> str:
    suffix = {"image": "png", "video": "mp4", "audio": "mp3"}[slot.kind]
    example = f"{{{slot.kind}: assets/{slot.name}.{suffix}, as: {slot.name}}}"
    return f"write into the shot: `references: {{{slot.name}: {example}}}`"


def _elsewhere(others: Sequence[str], model: Model, models: Mapping[str, Model]) -> tuple[str, ...]:
    if not others:
        return ("no model that is known here has one",)
    near = sorted(others, key=lambda i: (models[i].family != model.family, i))
    return (f"these take it: {list_words(near, 6).replace(' or ', ' and ')}",)
