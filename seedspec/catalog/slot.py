"""Where the media of a request go: a model's slots, each with its kind, its request field and its limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from seedspec.text.value import valueclass

Kind = Literal["image", "video", "audio"]
KINDS: tuple[Kind, ...] = ("image", "video", "audio")
Range = tuple[float, float]


def plural(kind: Kind, count: int = 2) -> str:
    """A kind of media as a message counts it."""
    noun = "audio clip" if kind == "audio" else kind
    return noun if count == 1 else f"{noun}s"


def a_kind(kind: Kind) -> str:
    """One medium of a kind, as a message names it."""
    return f"{'a' if kind == 'video' else 'an'} {plural(kind, 1)}"


@valueclass(frozen=True, slots=True)
class Tolerance:
    """How far outside a limit a measured value may lie and only be warned about, and the measurement behind it."""

    below: float
    above: float
    why: str


@valueclass(frozen=True, slots=True)
class Slot:
    """A place for media of one kind in a request. Sizes in bytes and seconds; None where the model states no limit.

    `field` is the request field: it holds one address where `single`, else a list, which several slots may share in
    their order. `least` and `most` count the media; `needs` are slots of which one must be filled too, `not_with` those
    that must be empty. `words` are how a prompt names the n-th medium; none where it need not be named.
    `tolerances` are those of the limits that readers of media disagree about, by name.
    """

    name: str
    kind: Kind
    field: str
    single: bool
    least: int
    most: int | None
    needs: tuple[str, ...]
    not_with: tuple[str, ...]
    words: Mapping[str, str]
    formats: tuple[str, ...]
    extensions: tuple[str, ...]
    bytes: int | None
    ratio: Range | None
    side: Range | None
    pixels: Range | None
    fps: Range | None
    seconds: Range | None
    seconds_together: float | None
    tolerances: Mapping[str, Tolerance]
    description: str = ""


def slots_of(rules: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Slot]:
    """The slots of a model file, in its order.

    Raises ValueError for one that names a field or a slot that is not there, or whose field is of another form.
    """
    found = {name: _slot(name, rule) for name, rule in rules.items()}
    for slot in found.values():
        if slot.field not in fields:
            raise ValueError(f"slot `{slot.name}` names a field that is not there: `{slot.field}`")
        if slot.single is (fields[slot.field].get("type") == "array"):
            form = "one address" if slot.single else "a list"
            raise ValueError(f"slot `{slot.name}` says that `{slot.field}` holds {form}, and its rule says otherwise")
        if slot.single and sum(s.field == slot.field for s in found.values()) > 1:
            raise ValueError(f"two slots have the one address of `{slot.field}`")
        for other in (*slot.needs, *slot.not_with):
            if other not in found or other == slot.name:
                raise ValueError(f"slot `{slot.name}` names a slot that is not there: `{other}`")
    return found


def _slot(name: str, rule: Mapping[str, Any]) -> Slot:
    def span(key: str) -> Range | None:
        return (rule[key][0], rule[key][1]) if key in rule else None

    single = rule.get("single", False)
    return Slot(
        name=name,
        kind=rule["kind"],
        field=rule["field"],
        single=single,
        least=rule.get("least", 0),
        most=rule.get("most", 1 if single else None),
        needs=tuple(rule.get("needs", ())),
        not_with=tuple(rule.get("not_with", ())),
        words=rule.get("words", {}),
        formats=tuple(rule["formats"]),
        extensions=tuple(rule["extensions"]),
        bytes=rule.get("bytes"),
        ratio=span("ratio"),
        side=span("side"),
        pixels=span("pixels"),
        fps=span("fps"),
        seconds=span("seconds"),
        seconds_together=rule.get("seconds_together"),
        tolerances={key: Tolerance(**given) for key, given in rule.get("near", {}).items()},
        description=rule.get("description", ""),
    )
