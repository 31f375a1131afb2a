"""What breaks the form of a storyboard is set aside, so that the rest of the file is judged in the same round."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from seedspec.catalog.schema import Schema
from seedspec.text.diagnostic import Problems
from seedspec.text.node import Map, Node, Pair, Path, Scalar, Sequence, at, plain
from seedspec.text.source import Span

_LOOPS = frozenset(("loop", "foreach", "for_each", "each", "items", "for", "repeat_for", "loop_control"))
"""Keys of other tools for a loop: what they call the value of each turn is unknown then."""

_ROUNDS = 6
"""How often parts are taken out and the rest is judged again: what held a part that is gone may need it."""


def sound_part(node: Map, schema: Schema, problems: Problems, *, needs_model: Callable[[], bool]) -> Map | None:
    """The storyboard without what breaks its form, which is reported; None when no shot is left to judge.

    A model at its top is needed where no part of it names one, which `needs_model` looks for.
    A key that is certainly another one goes on under its right name. A shot without a sound prompt has the prompt None,
    one without a sound id an id by its place. What may be asked for later is named to `problems.set_aside`.
    """
    if "model" not in node.pairs and needs_model():
        required = [*schema.document["required"], "model"]
        schema = Schema({**schema.document, "required": required})
    if schema.check(node, problems):
        return node
    incomplete: set[Span] = set()  # of these a part was taken: that they lack it is no news
    for turn in range(_ROUNDS):
        node = _with_stand_ins(node, problems, needs_model=needs_model)
        broken = [v for v in schema.violations(plain(node)) if not _stands_in(node, v.path)]
        if not broken:
            return node
        if turn:
            schema.report(node, (v for v in broken if at(node, v.path).span not in incomplete), problems)
        gone = {path for v in broken for path in (v.path, *v.also)}
        if () in gone or ("shots",) in gone:
            return None
        cut = _Cut(gone, {v.path: v.write for v in broken if v.at_key and v.write}, incomplete, problems)
        node = cut.map(node, ())
    return None


def _with_stand_ins(node: Map, problems: Problems, *, needs_model: Callable[[], bool]) -> Map:
    """The storyboard has a version and a model, and each shot an id and a prompt, if only to be judged by the rest."""
    here = node.span.source.span(node.span.start)
    for key, value in (("seedspec", 1), ("model", "")):
        if key not in node.pairs and (key != "model" or needs_model()):
            node = _with(node, key, Scalar(value, here))
    shots = node.get("shots")
    if not isinstance(shots, Sequence):
        return node
    items = tuple(_whole(s, n, problems) if isinstance(s, Map) else s for n, s in enumerate(shots, 1))
    return _with(node, "shots", Sequence(items, shots.span))


def _whole(shot: Map, number: int, problems: Problems) -> Map:
    here = shot.span.source.span(shot.span.start)
    if "id" not in shot.pairs:
        shot = _with(shot, "id", Scalar(f"shot-{number}", here))
        problems.set_aside(f"shot-{number}")
    return shot if "prompt" in shot.pairs else _with(shot, "prompt", Scalar(None, here))


def _stands_in(node: Map, path: Path) -> bool:
    """Whether a prompt is at fault that only stands in for one."""
    found = at(node, path)
    return len(path) == 3 and path[::2] == ("shots", "prompt") and isinstance(found, Scalar) and found.value is None


def _with(node: Map, key: str, value: Node) -> Map:
    known = node.pairs.get(key)
    return Map({**node.pairs, key: Pair(known.key if known else Scalar(key, value.span), value)}, node.span)


class _Cut:
    """Takes parts out of a value, by their paths, and sets their names aside. `renamed` keys keep their values."""

    def __init__(self, gone: set[Path], renamed: dict[Path, str], incomplete: set[Span], problems: Problems) -> None:
        self._gone, self._renamed, self._incomplete, self._problems = gone, renamed, incomplete, problems
        self._above = {path[:n] for path in gone for n in range(len(path))}

    def map(self, node: Map, path: Path) -> Map:
        pairs: dict[str, Pair] = {}
        for key, pair in node.items():
            here = (*path, key)
            name = self._renamed.get(here)
            if name is not None and name not in node.pairs:
                pairs[name] = pair
            elif here in self._gone:
                self._problems.set_aside(key)
                if key in _LOOPS or key.startswith("with_"):
                    self._problems.set_aside("item", "loop", "each", "index")
                self._forget(pair.value, node)
            else:
                pairs[key] = pair._replace(value=self._rest(pair.value, here))
        return Map(pairs, node.span)

    def _rest(self, node: Node, path: Path) -> Node:
        if path not in self._above:
            return node
        if isinstance(node, Map):
            return self.map(node, path)
        if not isinstance(node, Sequence):
            return node
        items = []
        for n, item in enumerate(node):
            if (*path, n) in self._gone:
                self._forget(item, node)
            else:
                items.append(self._rest(item, (*path, n)))
        return Sequence(tuple(items), node.span)

    def _forget(self, part: Node, parent: Map | Sequence) -> None:
        self._incomplete.add(parent.span)
        self._problems.set_aside(*_words(part))


def _words(node: Node) -> Iterator[str]:
    """Everything in a value that may be a name."""
    waiting: list[Node] = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Scalar):
            yield one.text
        elif isinstance(one, Map):
            yield from one.pairs
            waiting += (p.value for p in one.pairs.values())
        else:
            waiting += one
