"""A template that is evaluated in part: what is constant for its shot is text, each slot depends on some labels."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from seedspec.compiler.matrix.cell import Cell, Scope, key_at
from seedspec.compiler.matrix.grid import Grid
from seedspec.compiler.prompt.errors import RefFault
from seedspec.compiler.prompt.mention_pieces import mentions_alone
from seedspec.compiler.prompt.mentions import Numbered
from seedspec.compiler.prompt.template import Segment, Template
from seedspec.text.value import valueclass
from seedspec.text.yaml_characters import UNPRINTABLE

SlotTexts = dict[tuple[int, int, Grid], dict[Any, str]]
"""The texts of slots that read one label, for other shots (rule 9 of compiler/request): by the segment's identity, by
how many pieces its template has, of which each may do a share of the work, and by grid."""
_NOTHING = frozenset[str]()
_SENTENCES = re.compile(r".+?(?:[.!?;]\s|\Z)", re.DOTALL)


class Prompt(NamedTuple):
    """A rendered prompt, the references that it asked for, and the partial prompt that numbered them.

    `mentions` are the media that its own words name by number, None where that has to be looked for in the whole text.
    `pieces` are what its value is made of, as an entry keeps it.
    """

    value: Any
    used: frozenset[str]
    mentions: frozenset[Numbered] | None
    partial: PartialPrompt
    pieces: tuple[Any, ...]


@valueclass(frozen=True, slots=True)
class _SlotText:
    """The text of a slot that is more than words: it asked for references, or may name media by number."""

    text: str
    used: frozenset[str]
    mentions: frozenset[Numbered] | None

    def __str__(self) -> str:
        return self.text


class PartialPrompt:
    """A template, evaluated but for its slots, with the numbers of one set of references.

    `used` are the references that it is taken to use, `numbered_names` is how the prompt names each of them. Rules 2
    and 3 of compiler/request say when it holds.
    """

    def __init__(
        self,
        template: Template,
        scope: Scope,
        used: frozenset[str],
        numbered_names: Mapping[str, str],
        known: Callable[[str], bool],
        slot_texts: SlotTexts | None,
    ) -> None:
        self.used, self.numbered_names = used, numbered_names
        self.scope, self.template, self._known = scope, template, known
        self._slots: list[tuple[_Slot, Callable[[Cell], Any]]] = []
        self._whole, self._alone = True, len(template.segments) == 1
        texts, asked = [""], set[str]()
        for segment in template.segments:
            if isinstance(segment, str):
                texts[-1] += segment
            elif segment.asks is not None and not self._alone and known(segment.asks):
                asked.add(segment.asks)
                texts[-1] += numbered_names.get(segment.asks, "")
            elif (axis_indices := scope.axis_indices(segment.reads)) or self._alone:
                shared = None
                if slot_texts is not None and len(axis_indices) == 1 and "shot" not in segment.names:
                    shared = slot_texts.setdefault((id(segment), len(template.segments), scope.grid), {})
                self._slots.append((_Slot(self, len(texts), segment, axis_indices, shared), key_at(axis_indices)))
                texts.append("")
            else:
                made, names = self.render_segment(segment)
                self._whole &= made is not None
                asked |= names
                texts[-1] += str(made)
        self._texts = texts
        self._pattern = "%s".join([t.replace("%", "%%") for t in texts])
        named = [_mentions(t, first=i == 0, last=i == len(texts) - 1) for i, t in enumerate(texts)]
        # what is unclear before a slot is looked at with the slot's own text
        self._unclear = frozenset(i for i, found in enumerate(named[:-1]) if found is None)
        mentions = None if named[-1] is None else frozenset[Numbered]().union(*[found for found in named if found])
        self._asked, self.mentions = frozenset(asked), mentions

    def render(self, cell: Cell) -> Prompt | None:
        """The prompt of one entry; None when the template as a whole has to be rendered, to tell what is wrong."""
        found = tuple([slot[key(cell)] for slot, key in self._slots])
        if not self._whole or None in found:
            return None
        used, mentions = self._asked, self.mentions
        for slot_text in found:
            if isinstance(slot_text, _SlotText):
                used |= slot_text.used
                if mentions is None or slot_text.mentions is None:
                    mentions = None
                elif not slot_text.mentions <= mentions:
                    mentions |= slot_text.mentions
        value = (self._pattern % found).rstrip("\r\n")
        return Prompt(value, used, mentions, self, (self._pattern, *found) if found else (value,))

    def forget(self) -> None:
        """Lets go of its slots, which know it: nothing is rendered any more."""
        self._slots.clear()

    def render_segment(
        self, segment: Segment, axis_indices: tuple[int, ...] = (), key: Any = ()
    ) -> tuple[str | None, frozenset[str]]:
        """The text of a segment, and the references that it asks for; None when the whole has to be rendered."""
        used: set[str] = set()

        def ref(name: str) -> str:
            if not self._known(name):
                raise RefFault("", word=name)
            used.add(name)
            return self.numbered_names.get(name, "")

        return self.template.render_segment(segment, self.scope.partial_scope(axis_indices, key), ref), frozenset(used)

    def slot_text(self, text: str, used: frozenset[str], slot: int) -> str | _SlotText:
        """The text of a slot with what it names. `slot` is its number, counted from 1.

        It is looked at with the constant text before it where one of the two cannot tell by itself, and with that
        behind it where both cannot.
        """
        mentions = _mentions(text, first=self._alone, last=self._alone)
        if not self._alone and (mentions is None or slot - 1 in self._unclear):
            before, behind, is_last = self._texts[slot - 1] + text, self._texts[slot], slot == len(self._texts) - 1
            mentions = _mentions(before, first=slot == 1, last=False)
            if mentions is None:
                mentions = _mentions(before + behind, first=slot == 1, last=is_last)
            if mentions is not None and self.mentions is not None:
                mentions -= self.mentions  # those of the constant texts
        return _SlotText(text, used, mentions) if used or mentions != frozenset() else text


class _Slot(dict[Any, "str | _SlotText | None"]):
    """The texts of a slot by the labels that it reads. Rule 8 of compiler/request says which are kept."""

    def __init__(
        self,
        partial: PartialPrompt,
        number: int,
        segment: Segment,
        axis_indices: tuple[int, ...],
        shared: dict[Any, str] | None,
    ) -> None:
        self._partial, self._number, self._segment, self._axis_indices = partial, number, segment, axis_indices
        self._shared = shared
        self._keep = partial.scope.repeats(axis_indices)

    def __missing__(self, key: Any) -> str | _SlotText | None:
        text, used = None if self._shared is None else self._shared.get(key), _NOTHING
        if text is None:
            text, used = self._partial.render_segment(self._segment, self._axis_indices, key)
            if self._shared is not None and text is not None and not used:
                self._shared[key] = text
        found = None if text is None else self._partial.slot_text(text, used, self._number)
        if self._keep:
            self[key] = found
        return found


def _mentions(segment: str, *, first: bool, last: bool) -> frozenset[Numbered] | None:
    """What a text names by number, told by its sentences: those that several shots share are looked at once."""
    found, end = frozenset[Numbered](), 0
    for sentence in _SENTENCES.finditer(segment):
        own = _mentions_alone(sentence[0], first=first and not end, last=last and sentence.end() == len(segment))
        if own is None:
            return _mentions_alone(segment, first=first, last=last)
        found, end = found | own, sentence.end()
    return found


@lru_cache(maxsize=1000)
def _mentions_alone(segment: str, *, first: bool, last: bool) -> frozenset[Numbered] | None:
    """What a piece names by number; one with a brace or with a character that is no text is left to the whole text."""
    odd = "{" in segment or (not segment.isprintable() and UNPRINTABLE.search(segment) is not None)
    return None if odd else mentions_alone(segment, first=first, last=last)
