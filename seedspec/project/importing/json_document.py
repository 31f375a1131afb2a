"""A JSON document becomes records: the list of shots in it, and what stands around that list."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from json import JSONDecodeError
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import NamedTuple

from seedspec.project.importing.decode import place_of
from seedspec.project.importing.roles import PROMPT, SHOT_WORDS, is_address
from seedspec.project.importing.values import (
    MOST_CELLS,
    MOST_COLUMNS,
    MOST_RECORDS,
    Cell,
    ImportFault,
    Material,
    Record,
)
from seedspec.text.near import shorten

_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_WORDS = {"true": True, "false": False, "null": ""}
_DEEPEST = 60
_SHOTS = re.compile(rf"{SHOT_WORDS.pattern}|prompt")
"""What a list or an object of shots is called; one that is called otherwise has objects with prompts in it."""


class _Node(NamedTuple):
    """A value and its offset; `value` is a dict of nodes, a list of nodes, or a scalar."""

    value: object
    at: int


class _Shots(NamedTuple):
    """What may be the shots of a document: its key, the objects around it, and whether they are objects themselves."""

    name: str
    items: list[_Node]
    above: tuple[dict[str, _Node], ...]
    objects: bool


_Knows = Callable[[list[str]], int]
"""How many of some keys are known; one of prompts counts `PROMPT`."""


def read(material: Material, text: str, knows: _Knows) -> None:
    """The records of a document. Raises ImportFault for what is no JSON, and for a document without such a list."""
    path = material.path
    if text.count(",") > MOST_CELLS:
        raise ImportFault(f"{path}: the document has more than {MOST_CELLS:,} values; import a part of it at a time")
    try:
        root, end = _value(text, _skip(text, 0), 0)
        if _skip(text, end) != len(text):
            raise JSONDecodeError("found more behind the end of the document", text, _skip(text, end))
    except JSONDecodeError as error:
        where = place_of(path, text, error.pos)
        said = error.msg.removesuffix(" starting at")
        raise ImportFault(f"{where}: no valid JSON: {said[:1].lower()}{said[1:]}") from None
    if isinstance(root.value, dict) and "seedspec" in root.value:
        raise ImportFault(f"{path}:1:1: this is a storyboard already; JSON is YAML, so name it `storyboard.yaml`")
    found = max(_lists(root, knows), key=lambda one: _worth(one, knows), default=None)
    if found is None or not _worth(found, knows)[0]:
        raise ImportFault(
            f'{path}:1:1: no list of objects with prompts; expected `{{"shots": [{{"id": "open", "prompt": "…"}}]}}`'
        )
    material.list_name, items = found.name, found.items

    places = _places(path, text, root)

    def of(node: _Node) -> str:
        return places[node.at]

    for holder in found.above:
        for key, node in holder.items():
            if key != material.list_name and not any(node.value is holder for holder in found.above):
                _flatten(material.shared, key, node, of)
                material.named |= _names_in(node)
    for number, item in enumerate(items):
        if number >= MOST_RECORDS:
            raise ImportFault(f"{of(item)}: the list has more than {MOST_RECORDS:,} items; import a part at a time")
        if not isinstance(item.value, dict):
            material.remark(of(item), "left out: the item is no object, and no text")
            continue
        cells: dict[str, Cell] = {}
        for key, node in item.value.items():
            _flatten(cells, key, node, of)
        if len(cells) > MOST_COLUMNS:
            raise ImportFault(f"{of(item)}: the object has {len(cells):,} values; at most {MOST_COLUMNS} are read")
        for name, cell in cells.items():
            material.columns.setdefault(name, cell.place)
        material.records.append(Record(of(item), cells))
    if len(material.columns) > MOST_COLUMNS:
        raise ImportFault(
            f"{path}: the objects have {len(material.columns):,} different keys; at most {MOST_COLUMNS} are read"
        )


def _flatten(into: dict[str, Cell], name: str, node: _Node, where: Callable[[_Node], str]) -> None:
    """The scalars of a value: those of an object under their own keys, where these are free."""
    value = node.value
    if isinstance(value, dict):
        for key, part in value.items():
            _flatten(into, key if key not in into else f"{name} {key}", part, where)
    elif isinstance(value, list):
        scalars = [n.value for n in value if not isinstance(n.value, (dict, list))]
        if scalars:
            into[name] = Cell(", ".join(str(s) for s in scalars) if len(scalars) > 1 else str(scalars[0]), where(node))
        objects = [n for n in value if isinstance(n.value, dict)]
        for number, part in enumerate(objects, 1):
            assert isinstance(part.value, dict)
            own = _own_name(part.value)
            for key, inner in part.value.items():
                if inner.value != own:
                    _flatten(
                        into, f"{own or f'{name} {number}'} {key}" if len(objects) > 1 or own else key, inner, where
                    )
    elif value != "":
        into[name] = Cell(value if isinstance(value, (str, int, float, bool)) else str(value), where(node))


def _names_in(node: _Node) -> set[str]:
    """The cells that the named objects of a list become."""
    if not isinstance(node.value, list):
        return set()
    objects = [n.value for n in node.value if isinstance(n.value, dict)]
    return {f"{name} {key}" for value in objects if (name := _own_name(value)) for key in value}


def _own_name(value: dict[str, _Node]) -> str:
    name = value.get("name") or value.get("id")
    return name.value if name is not None and isinstance(name.value, str) else ""


def _lists(root: _Node, knows: _Knows) -> Iterator[_Shots]:
    """Each list that may be of shots, and each object of shots by their ids."""
    waiting: list[tuple[str, _Node, tuple[dict[str, _Node], ...]]] = [("", root, ())]
    while waiting:
        name, node, above = waiting.pop(0)
        items, named = node.value, _SHOTS.search(name)
        if isinstance(items, dict):
            waiting += [(key, part, (*above, items)) for key, part in items.items()]
            if named and all(isinstance(n.value, dict) or _is_words(n) for n in items.values()):
                shots = [_Node({"id": _Node(key, n.at), **_object_of(n)}, n.at) for key, n in items.items()]
                yield _Shots(name, shots, above, objects=True)
        elif isinstance(items, list):
            objects = any(isinstance(n.value, dict) for n in items)
            if objects or ((named or not above) and any(map(_is_words, items))):
                yield _Shots(name, list(_shots(items, knows)), above, objects)
    if isinstance(root.value, dict) and _count(root.value, knows) >= PROMPT:
        yield _Shots("", [root], (), objects=False)


def _shots(items: Iterable[_Node], knows: _Knows) -> Iterator[_Node]:
    """The shots of a list. A text is a prompt; an object that has a list of shots stands around each of them."""
    for node in items:
        if _is_words(node):
            yield _Node(_object_of(node), node.at)
        elif isinstance(node.value, dict) and (inner := _inner_shots(node.value, knows)):
            around = {key: part for key, part in node.value.items() if part.value is not inner}
            yield from (_Node({**around, **_object_of(n)}, n.at) for n in _shots(inner, knows))
        else:
            yield node


def _is_words(node: _Node) -> bool:
    """Whether a value is a text that may be a prompt."""
    return isinstance(node.value, str) and bool(node.value.strip()) and not is_address(node.value)


def _object_of(node: _Node) -> dict[str, _Node]:
    return node.value if isinstance(node.value, dict) else {"prompt": node}


def _inner_shots(value: Mapping[str, _Node], knows: _Knows) -> list[_Node]:
    """The shots that an object has which is none itself: a scene of several. Empty for any other."""
    if _count(value, knows) >= PROMPT:
        return []
    for key, node in value.items():
        inner = node.value
        if isinstance(inner, list) and _SHOTS.search(key) and len(inner) * len(value) <= MOST_CELLS:
            keys = {k for n in inner if isinstance(n.value, dict) or _is_words(n) for k in _object_of(n)}
            if _count(keys, knows) >= PROMPT:
                return inner
    return []


def _count(keys: Iterable[str], knows: _Knows) -> int:
    """How many keys are known, of as many as an object may have."""
    return knows(list(islice(keys, MOST_COLUMNS)))


def _worth(found: _Shots, knows: _Knows) -> tuple[int, bool, int]:
    keys = {k: None for n in found.items[:20] if isinstance(n.value, dict) for k in n.value}
    return _count(keys, knows), found.objects, len(found.items)


def _places(path: str, text: str, root: _Node) -> dict[int, str]:
    """The place of each node by its offset, counted in one walk."""
    offsets, waiting = set(), [root]
    while waiting:
        node = waiting.pop()
        offsets.add(node.at)
        value = node.value
        waiting += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    found, line, begins, at = {}, 1, 0, 0
    for offset in sorted(offsets):
        ends = text.count("\n", at, offset)
        if ends:
            line, begins = line + ends, text.rfind("\n", at, offset) + 1
        at = offset
        found[offset] = f"{path}:{line}:{offset - begins + 1}"
    return found


def _skip(text: str, at: int) -> int:
    m = _SPACE.match(text, at)
    return m.end() if m else at


def _value(text: str, at: int, depth: int) -> tuple[_Node, int]:
    """The value that begins at an offset, and where it ends. Raises JSONDecodeError."""
    if depth > _DEEPEST:
        raise JSONDecodeError(f"more than {_DEEPEST} levels deep", text, at)
    begins = text[at : at + 1]
    if begins == '"':
        value, end = scanstring(text, at + 1, False)
        return _Node(value, at), end
    if begins == "{":
        return _object(text, at, depth)
    if begins == "[":
        items: list[_Node] = []
        end = _skip(text, at + 1)
        while text[end : end + 1] != "]" or items:
            node, end = _value(text, end, depth + 1)
            items.append(node)
            end = _skip(text, end)
            if text[end : end + 1] != ",":
                break
            end = _skip(text, end + 1)
        if text[end : end + 1] != "]":
            raise JSONDecodeError("expected `,` or `]`", text, end)
        return _Node(items, at), end + 1
    if m := _NUMBER.match(text, at):
        whole = m[0].removeprefix("-").isdecimal()
        if len(m[0]) > 30:
            return _Node(m[0], at), m.end()
        return _Node(int(m[0]) if whole else float(m[0]), at), m.end()
    for word, meant in _WORDS.items():
        if text.startswith(word, at):
            return _Node(meant, at), at + len(word)
    raise JSONDecodeError(
        f"found `{shorten(text[at : at + 20], 20)}`, expected a value"
        if begins
        else "the end of the file stands where a value is expected",
        text,
        at,
    )


def _object(text: str, at: int, depth: int) -> tuple[_Node, int]:
    found: dict[str, _Node] = {}
    end = _skip(text, at + 1)
    while text[end : end + 1] != "}" or found:
        if text[end : end + 1] != '"':
            raise JSONDecodeError("expected a key in double quotes", text, end)
        key, end = scanstring(text, end + 1, False)
        end = _skip(text, end)
        if text[end : end + 1] != ":":
            raise JSONDecodeError("expected `:` behind the key", text, end)
        node, end = _value(text, _skip(text, end + 1), depth + 1)
        found[key] = node
        end = _skip(text, end)
        if text[end : end + 1] != ",":
            break
        end = _skip(text, end + 1)
    if text[end : end + 1] != "}":
        raise JSONDecodeError("expected `,` or `}`", text, end)
    return _Node(found, at), end + 1
