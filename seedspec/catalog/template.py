"""The body of a request, from the flat request and back: one template serves who sends it and who judges it.

A template is JSON in which these stand for something, and everything else for itself:

    {"$flat": true}                     the whole flat request, as it is
    {"$model": true}                    the name by which the service knows the model
    {"$get": FIELD}                     a field of the flat request; its key is left out where the request has none
    {"$get": FIELD, "as": "text"}       a whole number as text
    {"$each": FIELD, "as": TEMPLATE}    in a list: one item for each address of a field; {"$item": true} is the address

`parse` gives the flat request that a body stands for, and refuses what no request is rendered to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seedspec.text import later
from seedspec.text.value import valueclass

MARKS = ("$flat", "$model", "$get", "$each", "$item")
_KEYS = {
    "$flat": ({"$flat"},),
    "$model": ({"$model"},),
    "$item": ({"$item"},),
    "$get": ({"$get"}, {"$get", "as"}),
    "$each": ({"$each", "as"},),
}
MOST_DEPTH = 20
_ABSENT: Any = object()
_WHOLE = later.pattern(r"-?(0|[1-9][0-9]{0,15})")


class NotOfTemplate(Exception):
    """A body that no request is rendered to; the message says where, what was found and what was expected."""


@valueclass(frozen=True, slots=True)
class Flat:
    """What a body stands for: the fields of the flat request, and the model's name in it, "" where it has none."""

    fields: Mapping[str, Any]
    model: str = ""


def faults(template: Any) -> list[tuple[str, str]]:
    """What is wrong with a template: places, and what is expected there; none for one that is good."""
    found = list(_faults(template, "body", 0, in_list=False, in_each=False))
    if found:
        return found
    names = list(fields_of(template))
    twice = next((name for n, name in enumerate(names) if name in names[:n]), None)
    return [("body", f"`{twice}` stands in it twice; expected each field once")] if twice is not None else []


def fields_of(template: Any) -> Iterator[str]:
    """The names of the fields that a template sends; none of `$flat`, which sends what there is."""
    if isinstance(template, Mapping):
        for mark in ("$get", "$each"):
            if mark in template:
                yield template[mark]
                return
        for value in template.values():
            yield from fields_of(value)
    elif isinstance(template, Sequence) and not isinstance(template, str):
        for part in template:
            yield from fields_of(part)


def render(template: Any, request: Mapping[str, Any], model: str) -> Any:
    """The body of a flat request, whose model the service knows by the name `model`."""
    return _render(template, request, model, _ABSENT)


def parse(template: Any, body: Any, singles: frozenset[str] = frozenset()) -> Flat:
    """The flat request that a body stands for. `singles` are the fields that hold one address, not a list.

    Raises NotOfTemplate for a body that the template does not make.
    """
    found: dict[str, Any] = {}
    _parse(template, body, "body", found, singles, "")
    model = found.pop("", "")
    return Flat(found, model)


def path_of(path: str, *, task: str = "", model: str = "", own: str = "") -> str:
    """A path of the provider file with a task's id or one of ours, and the name of a model or its first two parts."""
    app = "/".join(model.split("/")[:2])
    filled = path.replace("{task}", task).replace("{own}", own)
    return filled.replace("{model}", model).replace("{app}", app)


def _mark_of(template: Any) -> str:
    if not isinstance(template, Mapping):
        return ""
    return next((mark for mark in MARKS if mark in template), "")


def _render(template: Any, request: Mapping[str, Any], model: str, item: Any) -> Any:
    match _mark_of(template):
        case "$flat":
            return dict(request)
        case "$model":
            return model
        case "$item":
            return item
        case "$get":
            value = request.get(template["$get"], _ABSENT)
            if value is _ABSENT or value == []:
                return _ABSENT
            return str(value) if "as" in template else value
    if isinstance(template, Mapping):
        made = ((key, _render(value, request, model, item)) for key, value in template.items())
        return {key: value for key, value in made if value is not _ABSENT}
    if not isinstance(template, list):
        return template
    out: list[Any] = []
    for part in template:
        if _mark_of(part) == "$each":
            out += [_render(part["as"], request, model, one) for one in _addresses(request.get(part["$each"], ()))]
        elif (value := _render(part, request, model, item)) is not _ABSENT:
            out.append(value)
    return out


def _addresses(value: Any) -> Sequence[Any]:
    return [value] if isinstance(value, str) else value


def _parse(template: Any, body: Any, where: str, found: dict[str, Any], singles: frozenset[str], each: str) -> None:
    match _mark_of(template):
        case "$flat":
            if not isinstance(body, Mapping):
                raise NotOfTemplate(f"{where}: found {_show(body)}; expected an object")
            found.update(body)
            if isinstance(body.get("model"), str):
                found[""] = body["model"]
        case "$model":
            if not isinstance(body, str) or not body:
                raise NotOfTemplate(f"{where}: found {_show(body)}; expected the name of a model")
            found[""] = body
        case "$item":
            if not isinstance(body, str):
                raise NotOfTemplate(f"{where}: found {_show(body)}; expected an address")
            if each in singles:
                found[each] = body
            else:
                found.setdefault(each, []).append(body)
        case "$get":
            if "as" in template:
                if not isinstance(body, str) or not _WHOLE.fullmatch(body):
                    raise NotOfTemplate(f"{where}: found {_show(body)}; expected a whole number as text")
                body = int(body)
            if body is None or body == []:
                raise NotOfTemplate(f"{where}: found {_show(body)}; expected it to be left out")
            found[template["$get"]] = body
        case _:
            _parse_plain(template, body, where, found, singles, each)


def _parse_plain(
    template: Any, body: Any, where: str, found: dict[str, Any], singles: frozenset[str], each: str
) -> None:
    if isinstance(template, Mapping):
        if not isinstance(body, Mapping):
            raise NotOfTemplate(f"{where}: found {_show(body)}; expected an object")
        if unknown := sorted(set(body) - set(template)):
            raise NotOfTemplate(f"{where}.{unknown[0]}: unknown key")
        for key, part in template.items():
            if key in body:
                _parse(part, body[key], f"{where}.{key}", found, singles, each)
            elif _mark_of(part) != "$get":
                raise NotOfTemplate(f"{where}.{key}: it is missing")
    elif isinstance(template, list):
        _parse_list(template, body, where, found, singles, each)
    elif not _same(template, body):
        raise NotOfTemplate(f"{where}: found {_show(body)}; expected {template!r}")


def _parse_list(
    template: Sequence[Any], body: Any, where: str, found: dict[str, Any], singles: frozenset[str], each: str
) -> None:
    if not isinstance(body, list):
        raise NotOfTemplate(f"{where}: found {_show(body)}; expected a list")
    at = 0
    for part in template:
        if _mark_of(part) == "$each":
            own = part["$each"]
            while at < len(body) and _fits(part["as"], body[at]) and not (own in singles and own in found):
                _parse(part["as"], body[at], f"{where}[{at}]", found, singles, own)
                at += 1
        elif at < len(body) and _fits(part, body[at]):
            _parse(part, body[at], f"{where}[{at}]", found, singles, each)
            at += 1
        else:
            raise NotOfTemplate(f"{where}[{at}]: an item is missing that stands for `{next(fields_of(part), '…')}`")
    if at < len(body):
        raise NotOfTemplate(f"{where}[{at}]: an item that is not expected here")


def _fits(template: Any, body: Any) -> bool:
    """Whether the literals of a list's item are those of the template, so that it is the one that is meant."""
    if _mark_of(template):
        return True
    if isinstance(template, Mapping):
        return isinstance(body, Mapping) and all(key in body and _fits(t, body[key]) for key, t in template.items())
    return isinstance(template, list) or _same(template, body)


def _same(template: Any, body: Any) -> bool:
    return bool(template == body) and type(template) is type(body)


def _show(body: Any) -> str:
    return f"a value of type {type(body).__name__}" if isinstance(body, (Mapping, list)) else repr(body)[:60]


def _faults(
    template: Any, where: str, depth: int, *, in_list: bool, in_each: bool
) -> Iterator[tuple[str, str]]:  # fmt: skip
    if depth > MOST_DEPTH:
        yield where, f"expected at most {MOST_DEPTH} levels"
        return
    if isinstance(template, Mapping):
        strange = [key for key in template if str(key).startswith("$") and key not in MARKS]
        if strange:
            yield where, f"`{strange[0]}` is no operator; expected one of {', '.join(MARKS)}"
            return
        if mark := _mark_of(template):
            yield from _faults_of_mark(mark, template, where, depth, in_list=in_list, in_each=in_each)
            return
        for key, value in template.items():
            yield from _faults(value, f"{where}.{key}", depth + 1, in_list=False, in_each=in_each)
    elif isinstance(template, list):
        for n, part in enumerate(template):
            yield from _faults(part, f"{where}[{n}]", depth + 1, in_list=True, in_each=in_each)
        repeated = [n for n, part in enumerate(template) if _mark_of(part) == "$each"]
        for n in repeated:
            if any(_alike(template[n]["as"], _item(other)) for other in template[n + 1 :]):
                yield (
                    f"{where}[{n}]",
                    "items that come after it look the same; expected a literal that tells them apart",
                )


def _faults_of_mark(
    mark: str, template: Mapping[str, Any], where: str, depth: int, *, in_list: bool, in_each: bool
) -> Iterator[tuple[str, str]]:
    value = template[mark]
    if set(template) not in _KEYS[mark]:
        yield where, f"`{mark}` stands beside other keys; expected {' or '.join(map(_list_keys, _KEYS[mark]))} alone"
    elif mark in ("$flat", "$model", "$item"):
        if value is not True:
            yield where, f"expected `{mark}: true`"
        elif mark == "$item" and not in_each:
            yield where, "`$item` is the address of an `$each`; there is none around it"
        elif mark == "$flat" and depth:
            yield where, "`$flat` is a whole body; nothing stands around it"
    elif not isinstance(value, str) or not value:
        yield where, f"expected the name of a field behind `{mark}`"
    elif mark == "$get" and template.get("as", "text") != "text":
        yield where, "expected `as: text`, which is the one way to write a value otherwise"
    elif mark == "$get" and (in_list or in_each):
        # a list is read by its literals: what may be missing from it could not be told from what comes next
        if in_list:
            yield where, "`$get` is an item of a list; expected it under a key"
    elif mark == "$each":
        if not in_list or in_each:
            yield where, "`$each` makes items of a list; expected it in one, and in no other `$each`"
        elif "$item" not in set(map(_mark_of, _parts(template["as"]))):
            yield where, 'expected `{"$item": true}` in what `$each` repeats'
        else:
            yield from _faults(template["as"], f"{where}.as", depth + 1, in_list=False, in_each=True)


def _parts(template: Any) -> Iterator[Any]:
    yield template
    if isinstance(template, Mapping) and not _mark_of(template):
        for value in template.values():
            yield from _parts(value)
    elif isinstance(template, list):
        for value in template:
            yield from _parts(value)


def _item(part: Any) -> Any:
    return part["as"] if _mark_of(part) == "$each" else part


def _alike(one: Any, other: Any) -> bool:
    """Whether no literal tells what two templates make apart."""
    if _mark_of(one) or _mark_of(other):
        return True
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return set(one) == set(other) and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return True
    return _same(one, other)


def _list_keys(keys: set[str]) -> str:
    return " and ".join(f"`{key}`" for key in sorted(keys))
