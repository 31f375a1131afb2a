"""What the schema of storyboards says of a place: the rules for the value there, by the keys that lead to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from seedspec.text.node import Map, Node, Path, Scalar, Sequence

Rule = Mapping[str, Any]


def rules_at(document: Rule, path: Path) -> list[Rule]:
    """The alternatives that a schema has for the value at a path; none where it says nothing."""
    here = resolve([document], document)
    for step in path:
        below = [rule for one in here if (rule := _below(one, step)) is not None]
        here = resolve(below, document)
    return here


def resolve(rules: Iterable[Rule], document: Rule, depth: int = 0) -> list[Rule]:
    """Rules with what they refer to in their place, alternatives side by side; a rule's own words win."""
    found: list[Rule] = []
    for rule in rules:
        if (target := rule.get("$ref")) is not None and depth < 20:
            named: Any = document
            for part in str(target).removeprefix("#/").split("/"):
                named = named.get(part, {})
            own = {k: v for k, v in rule.items() if k != "$ref"}
            found += resolve([{**named, **own}], document, depth + 1)
            continue
        parts = [*rule.get("anyOf", ()), *rule.get("oneOf", ())]
        found.append(rule)
        if parts and depth < 20:
            found += resolve(parts, document, depth + 1)
    return found


def _below(rule: Rule, step: str | int) -> Rule | None:
    if isinstance(step, int):
        items = rule.get("items")
        return items if isinstance(items, Mapping) else None
    if step in rule.get("properties", {}):
        found: Rule = rule["properties"][step]
        return found
    more = rule.get("additionalProperties")
    return more if isinstance(more, Mapping) else None


def words_of(rule: Rule) -> str:
    """What a rule says of itself to people, as Markdown."""
    return str(rule.get("markdownDescription") or rule.get("description") or "")


class Place:
    """What stands at an offset: the keys that lead there, whether it is a key, and the node itself."""

    def __init__(self, root: Node, offset: int) -> None:
        self.path: Path = ()
        self.is_key = False
        self.node = root
        self._descend(offset)

    def _descend(self, offset: int) -> None:
        while not isinstance(self.node, Scalar):
            steps: list[tuple[str | int, Node, Node]] = []
            if isinstance(self.node, Map):
                steps = [(name, pair.key, pair.value) for name, pair in self.node.items()]
            elif isinstance(self.node, Sequence):
                steps = [(number, item, item) for number, item in enumerate(self.node.items)]
            inside = [s for s in steps if s[1].span.start <= offset <= max(s[1].span.end, s[2].span.end)]
            if not inside:
                return
            step, key, value = max(inside, key=lambda s: s[1].span.start)
            self.path = (*self.path, step)
            if isinstance(step, str) and key.span.start <= offset <= key.span.end:
                self.is_key, self.node = True, key
                return
            if not value.span.start <= offset <= value.span.end:
                return
            self.node = value
