"""What is meant by a key that a place does not know: the names that others have for things, as data of the schema.

`x-seedspec` of an object has its `place` in words, the key that it stands `under`, and `meant`: rows of keys of others,
each with our key for that very thing, or a list of ours of which the first that is not there yet may be meant, or a
sentence, and the key that they are written in place of, if any. A last word says what a column of that name holds in a
table of others: `media`, `sound`, `words` of a prompt, or `nothing` that any request has a place for. The table
`everywhere` of the whole document holds in each place that has no word of its own. `otherwise` is said where nothing is
near, in a place where authors have names of their own. Keys are compared without case, plural and what joins their
words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from seedspec.text.diagnostic import did_you_mean, list_words
from seedspec.text.near import fold, nearest, shorten


class Meaning(NamedTuple):
    """A sentence for an unknown key, and the key of the same place that it stands for, if any.

    `same` says that it is another name for that very thing.
    """

    note: str
    key: str = ""
    same: bool = False


def meaning_of(key: str, instance: Mapping[str, Any], place: Mapping[str, Any], document: Mapping[str, Any]) -> Meaning:
    """What to write instead of a key that is unknown in a place: an object's schema inside a document."""
    known = list(place.get("properties", {}))
    own, whole = place.get("x-seedspec", {}), document.get("x-seedspec", {})
    free = "otherwise" in own  # what stands there is most likely a name of the author's
    same = [(k, k) for k in known]
    prompt = None if free else _as_prompt(key, instance, known)
    if re.fullmatch("[0-9]+", key) and instance[key] is None:
        return Meaning("a `,` ends a value here: write `15.50` with a point, and `1000` without a mark")
    for table in (own.get("meant", ()), same, () if free else whole.get("everywhere", ())):
        if (row := _look_up(key, table)) is None:
            continue
        told, *stands_for = row
        if prompt is not None and not any(stands_for[:1]) and isinstance(told, str) and " " in told:
            return prompt
        if stands_for:
            return Meaning(told, stands_for[0])
        meant = told if isinstance(told, str) else next((t for t in told if t in known and t not in instance), told[0])
        return _describe(meant, place, document, same=isinstance(told, str))
    if ":" in key and instance.get(key) is None and (name := key.partition(":")[0]) in known:
        return Meaning(f"write `{name}: {key.partition(':')[2]}`, with a space behind the `:`", name)
    if prompt is not None:
        return prompt
    elsewhere = next((k for k in _keys(document) if fold(k) == fold(key)), None)
    if elsewhere is not None and not free:
        return _describe(elsewhere, place, document)
    if near := nearest(key, known):
        return Meaning(did_you_mean(key, known)[0], near)
    if not free and (told := _by_part(key, place, document)) is not None:
        return told
    if free:
        return Meaning(own["otherwise"].replace("{key}", shorten(key, 40)))
    where = f"{own['place']}: " if "place" in own else ""
    notes = ", or keep its words in `notes`" if "notes" in known else ""
    return Meaning(f"delete it{notes}; there are {where}{list_words(known, 20).replace(' or ', ' and ')}")


_WORDS_OF_A_PROMPT = 4


def _as_prompt(key: str, instance: Mapping[str, Any], known: Sequence[str]) -> Meaning | None:
    """Whether a text of some words under an unknown key is the prompt, which is not there."""
    value = instance.get(key)
    text = isinstance(value, str) and len(value.split()) >= _WORDS_OF_A_PROMPT
    return (
        Meaning("did you mean `prompt`?", "prompt") if text and "prompt" in known and "prompt" not in instance else None
    )


def _by_part(key: str, place: Mapping[str, Any], document: Mapping[str, Any]) -> Meaning | None:
    """What a key of several words means by one of them, the last or the first: `camera_control`, `with_sequence`."""
    parts = [p for p in re.split(r"[\s_.\-]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower()) if p]
    tables = (place.get("x-seedspec", {}).get("meant", ()), document.get("x-seedspec", {}).get("everywhere", ()))
    for part in dict.fromkeys((*parts[:1], *parts[::-1])) if len(parts) > 1 else ():
        for table in tables:
            row = _look_up(part, table)
            if row is not None and isinstance(row[0], str) and " " in row[0]:
                return Meaning(row[0])
    return None


class Column(NamedTuple):
    """What a name stands for in a table of others: keys of ours, or a sentence, and what such a column `holds`."""

    keys: tuple[str, ...] = ()
    note: str = ""
    holds: str = ""


def column_of(name: str, place: Mapping[str, Any], document: Mapping[str, Any]) -> Column:
    """What a column's name means in a place, by the tables of words alone: nothing is taken for what is spelt alike."""
    same = [(k, k) for k in place.get("properties", {})]
    own, whole = place.get("x-seedspec", {}), document.get("x-seedspec", {})
    for table in (own.get("meant", ()), same, whole.get("everywhere", ())):
        if (row := _look_up(name, table)) is not None:
            told, *rest = row
            holds = rest[1] if len(rest) > 1 else ""
            if isinstance(told, str) and " " in told:
                return Column(note=told, holds=holds)
            return Column((told,) if isinstance(told, str) else tuple(told), holds=holds)
    return Column()


def _describe(meant: str, place: Mapping[str, Any], document: Mapping[str, Any], *, same: bool = False) -> Meaning:
    if (rule := place.get("properties", {}).get(meant)) is not None:
        value = f": {rule['const']}" if "const" in rule else ""
        return Meaning(f"did you mean `{meant}{value}`?", meant, same=same)
    if " " in meant:
        return Meaning(meant)  # a sentence
    places = [one for one in _places(document) if meant in one["properties"]]
    words = [one["x-seedspec"]["place"] for one in places]
    where = f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else "".join(words)
    above = next((name for one in places if (name := one["x-seedspec"].get("under"))), "")
    return Meaning(f"`{meant}` belongs {where}" + (f": `{above}: {{{meant}: …}}`" if above else ""))


def _look_up(key: str, table: Iterable[Sequence[Any]]) -> Sequence[Any] | None:
    for form in (fold, _root):  # a plural of its own goes first
        wanted = form(key)
        for words, *told in table:
            if any(form(word) == wanted for word in words.split()):
                return told
    return None


def _root(key: str) -> str:
    """A key as it is compared: without case, separators and plural."""
    return fold(key).removesuffix("s")


def _keys(document: Mapping[str, Any]) -> Iterator[str]:
    for place in _places(document):
        yield from place["properties"]


def _places(schema: Any) -> Iterator[Mapping[str, Any]]:
    """Each object of a document that has a name as a place."""
    if not isinstance(schema, dict):
        return
    own = schema.get("x-seedspec")
    if isinstance(own, dict) and "place" in own:
        yield schema
    for name, part in schema.items():
        if name not in ("x-seedspec", "examples"):
            yield from _places(part)
