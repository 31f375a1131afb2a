"""A JSON document becomes records: the list of objects in it that has prompts, and what stands around that list."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from json import JSONDecodeError
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import NamedTuple

from seedspec.project.importing.decode import place_of
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


class _Node(NamedTuple):
    """A value and its offset; `value` is a dict of nodes, a list of nodes, or a scalar."""

    value: object
    at: int


def read(material: Material, text: str, knows: Callable[[list[str]], int]) -> None:
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
    found = max(_lists(root), key=lambda one: _worth(one, knows), default=None)
    if found is None or not _worth(found, knows)[0]:
        raise ImportFault(
            f'{path}:1:1: no list of objects with prompts; expected `{{"shots": [{{"id": "open", "prompt": "…"}}]}}`'
        )
    material.list_name, items, above = found

    places = _places(path, text, root)

    def of(node: _Node) -> str:
        return places[node.at]

    for holder in above:
        for key, node in holder.items():
            if node.value is not items and not any(node.value is holder for holder in above):
                _flatten(material.shared, key, node, of)
                material.named |= _names_in(node)
    for number, item in enumerate(items):
        if number >= MOST_RECORDS:
            raise ImportFault(f"{of(item)}: the list has more than {MOST_RECORDS:,} items; import a part at a time")
        if not isinstance(item.value, dict):
            material.remark(of(item), "left out: the item is no object")
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


def _lists(root: _Node) -> Iterator[tuple[str, list[_Node], list[dict[str, _Node]]]]:
    """Each list of objects, with its key and the objects around it."""
    waiting: list[tuple[str, _Node, list[dict[str, _Node]]]] = [("", root, [])]
    while waiting:
        name, node, above = waiting.pop(0)
        if isinstance(node.value, dict):
            waiting += [(key, part, [*above, node.value]) for key, part in node.value.items()]
        elif isinstance(node.value, list) and any(isinstance(n.value, dict) for n in node.value):
            yield name, node.value, above


def _worth(
    found: tuple[str, list[_Node], list[dict[str, _Node]]], knows: Callable[[list[str]], int]
) -> tuple[int, int]:
    keys = {k: None for n in found[1][:20] if isinstance(n.value, dict) for k in n.value}
    return knows(list(keys)), len(found[1])


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
