"""A blind page does not say which model made a take: its labels and ids are not in the page that is written."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from seedspec.compiler.address import Address
from seedspec.compiler.entry import MODEL, Entry
from seedspec.compiler.storyboard.types import Storyboard
from seedspec.report.page.content import Take
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Hidden:
    """What stands on the page in the place of labels: `labels` by axis. `ids` are those of the models.

    Which stand-in is whose follows from a `salt` alone, so that a page made again is the same page.
    """

    labels: Mapping[str, Mapping[str, str]]
    ids: frozenset[str]
    salt: str

    def order(self, found: Sequence[Take]) -> list[Take]:
        """The takes so that their order inside a shot tells nothing."""
        shots = list(dict.fromkeys(t.entry.shot for t in found))
        return sorted(found, key=lambda t: (shots.index(t.entry.shot), _hash(self.salt, t.entry.address)))

    def content(self, made: Mapping[str, Any], found: Sequence[Take]) -> dict[str, Any]:
        """What the page knows, with stand-ins; what a take costs is not told either. `found` in the page's order."""
        entries = [take.entry for take in found]
        texts = list(made["texts"])
        for number in self._telling(entries, [row["prompt"] for row in made["takes"]]):
            texts[number] = self._without_words(texts[number])
        axes = [
            a | {"labels": sorted(own.values())} if (own := self.labels.get(a["name"])) is not None else a
            for a in made["axes"]
        ]
        columns = [c for c in made.get("columns", ()) if not self._is_hidden(c["name"])]
        named = _files(found)
        rows = [self._row(row, entry, named) for row, entry in zip(made["takes"], entries, strict=True)]
        said = {**made, "model": "", "axes": axes, "columns": columns, "texts": texts, "takes": rows, "stats": None}
        if "films" in made:
            said["films"] = self._films(made["films"])
        return {k: self._clean(v) for k, v in said.items() if k != "columns" or columns}

    def _row(self, row: Mapping[str, Any], entry: Entry, named: re.Pattern[str]) -> dict[str, Any]:
        labels = tuple((axis, self.labels.get(axis, {}).get(label, label)) for axis, label in entry.labels)
        columns = {k: v for k, v in row.get("columns", {}).items() if not self._is_hidden(k)}
        own = {
            **row,
            "address": str(Address(entry.shot, labels, entry.take)),
            "labels": dict(labels),
            "reason": named.sub("…", row["reason"]),
            "fields": {k: v for k, v in row["fields"].items() if k != MODEL},
            "credits": None,
            "usd": None,
        }
        return own | {"columns": columns} if columns else {k: v for k, v in own.items() if k != "columns"}

    def _films(self, films: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Films with stand-ins; their order says nothing of the labels'. Votes on them are found by what plays."""
        shown = [
            {**film, "labels": {axis: self.labels.get(axis, {}).get(x, x) for axis, x in film["labels"].items()}}
            for film in films
        ]
        return sorted(shown, key=lambda film: _hash(self.salt, film["fp"]))

    def _is_hidden(self, column: str) -> bool:
        axis, _, key = column.partition(".")
        return axis in self.labels or key == MODEL

    def _telling(self, entries: Iterable[Entry], prompts: Iterable[int]) -> set[int]:
        """The prompts that are another one with another model."""
        alike: dict[object, set[int]] = {}
        for entry, prompt in zip(entries, prompts, strict=True):
            rest = tuple(pair for pair in entry.labels if pair[0] not in self.labels)
            alike.setdefault((entry.shot, rest, entry.take), set()).add(prompt)
        return {number for numbers in alike.values() if len(numbers) > 1 for number in numbers}

    def _without_words(self, text: str) -> str:
        words = {word for own in self.labels.values() for word in own} | self.ids
        return _any_of(words).sub("…", text)

    def _clean(self, value: Any) -> Any:
        """A value without the ids of models, and with stand-ins in the addresses that its texts name."""
        if isinstance(value, str):
            for axis, own in self.labels.items():
                for label, other in own.items():
                    value = re.sub(
                        rf"\b{re.escape(axis)}={re.escape(label)}(?=_take\d|(?![\w.:-]))", f"{axis}={other}", value
                    )
            return _any_of(self.ids).sub("…", value)
        if isinstance(value, Mapping):
            return {k: self._clean(v) for k, v in value.items()}
        return [self._clean(v) for v in value] if isinstance(value, list) else value


def hide_models(board: Storyboard, found: Sequence[Take], seed: int) -> Hidden | None:
    """What a blind page hides of these takes; None where one model has made them all."""
    ids = frozenset(take.entry.model.id for take in found)
    if len(ids) < 2:
        return None
    salt = f"{board.name} {seed}"
    labels: dict[str, dict[str, str]] = {}
    for axis in sorted(board.model_axes):
        own = {label for take in found for name, label in take.entry.labels if name == axis}
        ordered = sorted(own, key=lambda label: _hash(salt, f"{axis} {label}"))
        free = (f"hidden-{n}" for n in range(1, 2 * len(own) + 1) if f"hidden-{n}" not in own)
        if own:
            labels[axis] = dict(zip(ordered, free, strict=False))
    return Hidden(labels, ids, salt)


def _files(found: Sequence[Take]) -> re.Pattern[str]:
    """The names of videos: they hold the labels that are in force, or were when a video was bought."""
    saved = {str(t.record.file) for t in found if t.record is not None and t.record.file}
    return _any_of(saved | {t.entry.file for t in found})


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Any of some words as a whole, the longest first; in the name of a video its take follows."""
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, ordered))})(?=_take\d|(?![\w-]))")


def _hash(salt: str, text: str) -> str:
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()
