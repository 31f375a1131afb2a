"""A prompt as a frame: what is constant for its shot stands, and each gap is filled once for the labels it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from seedspec.compiler.jinja.fault import RefFault
from seedspec.compiler.jinja.template import Part, Template
from seedspec.compiler.mention import Numbered, mentions_alone
from seedspec.compiler.scope import Scope, State, key_of
from seedspec.text.values import valueclass


class Prompt(NamedTuple):
    """A rendered prompt, the references that it asked for, and the frame that numbered them.

    `mentions` are the media that its own words name by number, None where that has to be looked for in the whole text.
    """

    value: Any
    used: frozenset[str]
    mentions: frozenset[Numbered] | None
    frame: Frame


@valueclass(frozen=True, slots=True)
class _Marked:
    """A gap's text that is more than words: it asked for references, or may name media by number."""

    text: str
    used: frozenset[str]
    mentions: frozenset[Numbered] | None

    def __str__(self) -> str:
        return self.text


class Frame:
    """A template with the numbers of one set of references. `words` is how it names each, `used` what it assumes."""

    def __init__(
        self,
        template: Template,
        scope: Scope,
        used: frozenset[str],
        words: Mapping[str, str],
        known: Callable[[str], bool],
    ) -> None:
        self.used, self.words = used, words
        self.scope, self._template, self._known = scope, template, known
        self._marked = False
        self._gaps: list[tuple[_Gap, Callable[[State], Any]]] = []
        self._whole = True
        texts, asked = [""], set[str]()
        for piece in template.pieces:
            places = () if isinstance(piece, str) else scope.places(piece.names)
            if isinstance(piece, Part) and (places or len(template.pieces) == 1):
                self._gaps.append((_Gap(self, piece, places), key_of(places)))
                texts.append("")
                continue
            made = piece if isinstance(piece, str) else self.rendered(piece, ())
            self._whole &= made is not None
            asked |= made.used if isinstance(made, _Marked) else set()
            texts[-1] += str(made)
        self._pattern = "%s".join(t.replace("%", "%%") for t in texts)
        told = [_mentions(t, first=i == 0, last=i == len(texts) - 1) for i, t in enumerate(texts)]
        mentions = None if None in told else frozenset[Numbered]().union(*(t for t in told if t))
        self._asked, self.mentions = frozenset(asked), mentions

    def fill(self, state: State) -> Prompt | None:
        """The prompt of one entry; None when the template as a whole has to be rendered, to tell what is wrong."""
        found = tuple([gap[key(state)] for gap, key in self._gaps])
        if not self._whole or None in found:
            return None
        text = (self._pattern % found).rstrip("\r\n")
        if not self._marked:
            return Prompt(text, self._asked, self.mentions, self)
        used, mentions = self._asked, self.mentions
        for marked in found:
            if isinstance(marked, _Marked):
                used |= marked.used
                mentions = None if mentions is None or marked.mentions is None else mentions | marked.mentions
        return Prompt(text, used, mentions, self)

    def rendered(self, part: Part, places: tuple[int, ...], key: Any = ()) -> str | _Marked | None:
        used: set[str] = set()

        def ref(name: str) -> str:
            if not self._known(name):
                raise RefFault(f"`{name}` is no reference", word=name)
            used.add(name)
            return self.words.get(name, "")

        text = self._template.rendered(part, self.scope.some(places, key), ref)
        if text is None:
            return None
        alone = len(self._template.pieces) == 1
        mentions = _mentions(text, first=alone, last=alone)
        if not used and mentions == frozenset():
            return text
        self._marked |= alone or bool(places)
        return _Marked(text, frozenset(used), mentions)


class _Gap(dict[Any, "str | _Marked | None"]):
    """The texts of a part by what it reads. What no other row reads again is not kept.

    Plain words for nothing but values of axes are kept with the part, for the other shots that say the same.
    """

    def __init__(self, frame: Frame, part: Part, places: tuple[int, ...]) -> None:
        self._frame, self._part, self._places = frame, part, places
        scope = frame.scope
        self._keep = scope.recur(places)
        self._share = self._keep and scope.values_alone(part.names)

    def __missing__(self, key: Any) -> str | _Marked | None:
        meant = self._frame.scope.meant(self._places, key) if self._share else None
        found: str | _Marked | None = self._part.texts.get(meant) if meant else None
        if found is None:
            found = self._frame.rendered(self._part, self._places, key)
            if meant and isinstance(found, str):
                self._part.texts[meant] = found
        if self._keep:
            self[key] = found
        return found


def _mentions(piece: str, *, first: bool, last: bool) -> frozenset[Numbered] | None:
    """What a piece names by number; what holds a brace is looked at in the whole text, for what is left over there."""
    return None if "{" in piece else mentions_alone(piece, first=first, last=last)
