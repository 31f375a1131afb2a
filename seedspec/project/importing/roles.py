"""What each column of a source stands for: by the words that others have for our keys, or by what the user says."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from functools import cache
from typing import Any

from seedspec.catalog.meant import Column, column_of
from seedspec.catalog.model import Model
from seedspec.catalog.slot import KINDS, Kind
from seedspec.compiler.references.limits import kind_of_suffix
from seedspec.project.importing.values import Cell, ImportFault, Material, Record
from seedspec.text.diagnostic import did_you_mean, list_words
from seedspec.text.near import fold, shorten
from seedspec.text.value import valueclass

TEXTS = ("id", "prompt", "title", "notes", "tags", "takes", "model")
_EXPORT = frozenset(("entry", "fingerprint", "prompt", "take"))
_BESIDE = re.compile(r"\s*[(（\[【<].*[)）\]】>]\s*|[:：*]+\s*$")
_COUNT = re.compile(r"[\s_#-]*\d{1,2}$")
_KIND_WORDS: Mapping[Kind, str] = {
    "audio": "audio|sound|music|bgm|voice|narrat|speech|song|sfx|track|音",
    "video": "video|clip|movie|footage|视频|視頻|動画|影片",
}
_FORMS = {"aspect_ratio": re.compile(r"\d{1,2}\s*[:：]\s*\d{1,2}"), "quality": re.compile(r"\d{3,4}\s*[pP]|[248][kK]")}
SHOT_WORDS = re.compile(r"(?i)shot|scene|clip|segment|镜|分镜|場面|シーン|ショット|カット|クリップ")
_SHOT_NUMBER = re.compile(rf"(?i)\s*(?:{SHOT_WORDS.pattern[4:]})[\s_-]*(?:no|nr|num|number|id|#|号)?\.?\s*")
PROMPT = 10
"""What a column of prompts counts among columns that are known."""
_NUMBER = re.compile(r"(?i)[a-z]{0,2}[0-9]{1,5}(?:\.0)?[a-z]?")
_LONGEST = 5000
_YES_OR_NO = frozenset(["yes", "no", "y", "n", "on", "off", "true", "false", "1", "0", "是", "否"])


@valueclass(frozen=False, slots=True)
class Roles:
    """The columns by what they stand for. `own` ones are those of the table alone; `words` are said in the prompt.

    `mapped` are the roles that the user gave. `noted` has for a column that nothing takes the reason.
    """

    ids: list[str] = field(default_factory=list)
    prompt: str = ""
    title: str = ""
    notes: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    takes: str = ""
    model: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    media: dict[str, Kind | None] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    own: list[str] = field(default_factory=list)
    mapped: set[str] = field(default_factory=set)


class Words:
    """The words of others for the keys of a shot, read from the schema of the storyboard."""

    def __init__(self, document: Mapping[str, Any], model: Model) -> None:
        self.document, self.model = document, model
        self.shot = document["$defs"]["shot"]
        self.meaning = cache(self._meaning)
        """What a column's name means; a bracket behind it, and a number, are no part of it."""

    def _meaning(self, name: str) -> Column:
        if len(name) > 100:
            return Column()
        plain = _BESIDE.sub(" ", name).strip() or name.strip()
        for word in dict.fromkeys((name.strip(), plain, _COUNT.sub("", plain), plain.split(" ")[-1])):
            if word and (found := column_of(word, self.shot, self.document)) != Column():
                return found
        return Column()

    def known(self, names: Sequence[str]) -> int:
        """How many of a row's texts are names of columns; those of a prompt count for most."""
        found = 0
        for name in names:
            if not name.strip() or len(name) > 60 or "\n" in name.strip():
                continue
            meaning = self.meaning(name)
            found += PROMPT if "prompt" in meaning.keys[:1] else 1 if meaning.keys or meaning.holds else 0
        return found

    def is_list_of_shots(self, name: str) -> bool:
        return column_of(name, self.document, self.document).keys[:1] == ("shots",) or fold(name) in ("shots", "shot")


def roles_of(material: Material, words: Words, mapped: Iterable[str]) -> Roles:
    """The role of every column, also of what stands beside the records. Raises ImportFault where none is a prompt."""
    roles = Roles()
    names = [*material.columns, *(n for n in material.shared if n not in material.columns)]
    given = _read_mapping(names, mapped, words, material.path)
    for name, role in given.items():
        roles.mapped.add(role)
        _take(roles, name, role, material, words)
    waiting = [n for n in names if n not in given]
    for name in _by_certainty(waiting, words):
        _understand(roles, name, material, words)
    _choose_ids(roles, material)
    if not roles.prompt:
        found = list_words(list(material.columns) or names, 10)
        raise ImportFault(f"{material.path}: no column holds prompts; found {found}; name one: `--map prompt=COLUMN`")
    return roles


def _read_mapping(names: Sequence[str], mapped: Iterable[str], words: Words, path: str) -> dict[str, str]:
    found: dict[str, str] = {}
    targets = [*TEXTS, *words.model.fields, *KINDS, "words", "none"]
    for one in mapped:
        target, equals, name = one.partition("=")
        if not equals or target not in targets:
            near = "".join(f"; {n}" for n in did_you_mean(target, targets))
            raise ImportFault(
                f"--map {shorten(one)}: expected KEY=COLUMN, and as KEY one of {list_words(targets, 20)}{near}"
            )
        column = next((n for n in names if n == name), None) or next((n for n in names if fold(n) == fold(name)), None)
        if column is None:
            near = "".join(f"; {n}" for n in did_you_mean(name, names))
            raise ImportFault(
                f"--map {shorten(one)}: {path} has no column `{shorten(name)}`; expected {list_words(names)}{near}"
            )
        found[column] = target
    return found


def _by_certainty(names: list[str], words: Words) -> list[str]:
    """Columns whose name is our own key first, then other names of it, then those that may be several things."""

    def rank(name: str) -> int:
        meaning = words.meaning(name)
        return 0 if meaning.keys[:1] == (name,) else 1 if len(meaning.keys) == 1 else 2 if meaning.keys else 3

    return sorted(names, key=rank)


def _understand(roles: Roles, name: str, material: Material, words: Words) -> None:
    meaning = words.meaning(name)
    cell = _first_cell(material, name)
    if cell is None:
        if meaning.keys[:1] == ("prompt",) and not roles.prompt:
            roles.prompt = name
        return
    if meaning.holds in ("media", "sound"):
        _medium_or_words(roles, name, cell, material, meaning)
        return
    if meaning.holds == "words":
        roles.words.append(name)
        return
    if meaning.holds == "nothing" and (shown := _shown_by_cells(name, material)) and not _has_column(roles, shown):
        _take(roles, name, shown, material, words)
        return
    if meaning.holds == "nothing":
        why = re.sub(r"[,;] (?:so )?leave it out", "", meaning.note)
        material.remark(cell.place, f"left out: `{shorten(name)}`: {why}")
        return
    free = [k for k in meaning.keys if k in ("notes", "tags", "references") or not _has_column(roles, k)]
    if free:
        _take(roles, name, free[0], material, words)
    elif meaning.keys and _join_columns(roles, meaning.keys[0], name, material):
        return
    elif meaning.keys[:1] == ("id",):
        roles.ids.append(name)
    elif meaning.keys[:1] == ("prompt",):
        roles.notes.append(name)
        material.remark(
            cell.place, f"guessed: `{shorten(name)}` goes to the notes; the prompts stand in `{shorten(roles.prompt)}`"
        )
    elif all(map(kind_of_address, (a for c in _cells(material, name) for a in addresses(c.text)))):
        roles.media[name] = kind_word(name)
    else:
        roles.own.append(name)


def _shown_by_cells(name: str, material: Material) -> str:
    """The field that all cells of a column are values of, whatever it is called: `size` may be a shape or a height."""
    held = _cells(material, name)
    return next((k for k, form in _FORMS.items() if held and all(form.fullmatch(c.text.strip()) for c in held)), "")


def _cells(material: Material, name: str) -> list[Cell]:
    """The cells of a column that hold anything."""
    own = [c for r in material.records if (c := r.cells.get(name)) is not None and not c.empty]
    return own or [c for c in (material.shared.get(name),) if c is not None]


def _join_columns(roles: Roles, key: str, name: str, material: Material) -> bool:
    """Makes one column of two names for one thing, where no record has both: `length` in one, `duration` in another."""
    texts = {"prompt": roles.prompt, "title": roles.title, "takes": roles.takes}
    known = roles.fields.get(key) or texts.get(key, "")
    if not known or known not in material.columns or name not in material.columns:
        return False
    if any(known in r.cells and name in r.cells for r in material.records):
        return False
    for at, record in enumerate(material.records):
        cells = {known if k == name else k: c for k, c in record.cells.items()}
        material.records[at] = Record(record.place, cells)
    return True


def _has_column(roles: Roles, key: str) -> bool:
    return (
        bool(getattr(roles, key, None))
        if key in ("prompt", "title", "takes", "model", "id")
        else key in roles.fields or (key == "id" and bool(roles.ids))
    )


def _take(roles: Roles, name: str, role: str, material: Material, words: Words) -> None:
    if role == "id":
        roles.ids.append(name)
    elif role in ("prompt", "title", "takes", "model"):
        setattr(roles, role, name)
    elif role in ("notes", "tags"):
        getattr(roles, role).append(name)
    elif role in words.model.fields:
        roles.fields[role] = name
    elif role in KINDS or role == "references":
        roles.media[name] = next((k for k in KINDS if k == role), None)
    elif role == "words":
        roles.words.append(name)
    elif role != "none":
        roles.own.append(name)


def _medium_or_words(roles: Roles, name: str, cell: Cell, material: Material, meaning: Column) -> None:
    kind = kind_word(name)
    held = _cells(material, name)
    if all(is_address(c.text) for c in held):
        roles.media[name] = kind
    elif all(c.text.strip().casefold() in _YES_OR_NO for c in held):
        if "generate_audio" in roles.fields:
            roles.own.append(name)
        else:
            roles.fields["generate_audio"] = name
    elif kind == "audio":
        roles.words.append(name)
    else:
        roles.media[name] = kind


def kind_word(name: str) -> Kind | None:
    """What kind of media a column's name speaks of; None where it says nothing of that."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return next((kind for kind, words in _KIND_WORDS.items() if re.search(words, plain)), None)


def is_address(text: str) -> bool:
    """Whether a text is the address of a medium, or several, rather than words about one."""
    return all(re.match(r"(?i)https?://\S+$", part) or kind_of_address(part) for part in addresses(text)) and bool(
        addresses(text)
    )


def addresses(text: str) -> list[str]:
    """The addresses in a cell: one a line, or between commas, semicolons and bars that no address goes on behind."""
    if len(text) > _LONGEST:
        return [text]
    parts = re.split(
        r"\s*\n\s*|\s*[,;|，；]\s*(?=https?://|[^\s,;|，；]+\.[A-Za-z0-9]{2,4}(?:\s*[,;|，；]|\s*$))", text.strip()
    )
    return [bare(p) for p in parts if p.strip()]


def bare(text: str) -> str:
    """An address without the marks that documents put around it: backticks, angle brackets, a Markdown link."""
    text = text.strip()
    if m := re.fullmatch(r"!?\[[^\]]*\]\(\s*<?([^()\s<>]+)>?[^()]*\)", text):
        return m[1]
    return text.strip("`<>\"' ")


def kind_of_address(address: str) -> Kind | None:
    """What an address holds by the ending of its name."""
    name = re.split(r"[?#]", address, maxsplit=1)[0].rsplit("/", 1)[-1]
    return kind_of_suffix("." + name.rsplit(".", 1)[-1].lower()) if "." in name else None


def _first_cell(material: Material, name: str) -> Cell | None:
    return next(iter(_cells(material, name)), None)


def _choose_ids(roles: Roles, material: Material) -> None:
    """Where no column is called an id: one named `…_id` or `#`, or the first if all its cells are short and differ.

    A number in parts is one id: scene 2, shot 3. What is counted of shots, `Shots needed`, is no part of it.
    """
    if not roles.ids and (found := _looks_like_ids(roles, material)):
        roles.own.remove(found)
        roles.ids.append(found)
    order = list(material.columns)
    parts = bool(roles.ids) and all(map(_SHOT_NUMBER.fullmatch, roles.ids))
    for name in [n for n in roles.own if parts and n in order and _SHOT_NUMBER.fullmatch(n)]:
        if all(_NUMBER.fullmatch(c.text.strip()) for c in _cells(material, name)):
            roles.own.remove(name)
            roles.ids.append(name)
            roles.ids.sort(key=lambda column: order.index(column) if column in order else -1)


def _looks_like_ids(roles: Roles, material: Material) -> str:
    """A column of the table's own by which its rows are told apart; "" for none."""
    for name in roles.own:
        if (
            re.search(r"(?i)(?:[\s_-]|\b)(?:id|no|nr|num)\.?$|^#$|sku$|[a-z]ID$|^号$", name)
            and name in material.columns
        ):
            return name
    first = next(iter(material.columns), "")
    texts = [c.text if (c := r.cells.get(first)) is not None else "" for r in material.records]
    short = all(t and len(t) <= 40 and "\n" not in t for t in texts)
    return first if first in roles.own and 1 < len(texts) == len(set(texts)) and short else ""


def is_export(columns: Iterable[str]) -> bool:
    """Whether a table is one that `seedspec export csv` has written."""
    return set(columns) >= _EXPORT
