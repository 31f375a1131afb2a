"""A prompt as a frame: what is constant for its shot stands, and each gap is filled once for the labels it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from seedspec.compiler.matrix.cell import Scope, State, key_of
from seedspec.compiler.prompt.errors import RefFault
from seedspec.compiler.prompt.mentions import Numbered, mentions_alone
from seedspec.compiler.prompt.template import Part, Template
from seedspec.text.value import valueclass


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
        self.scope, self.template, self._known = scope, template, known
        self._gaps: list[tuple[_Gap, Callable[[State], Any]]] = []
        self._whole, self._alone = True, len(template.pieces) == 1
        texts, asked = [""], set[str]()
        for piece in template.pieces:
            if isinstance(piece, str):
                texts[-1] += piece
            elif piece.asks is not None and not self._alone and known(piece.asks):
                asked.add(piece.asks)
                texts[-1] += words.get(piece.asks, "")
            elif (places := scope.places(piece.names)) or self._alone:
                self._gaps.append((_Gap(self, piece, places), key_of(places)))
                texts.append("")
            else:
                made = self.rendered(piece, ())
                self._whole &= made is not None
                asked |= made.used if isinstance(made, _Marked) else set()
                texts[-1] += str(made)
        self._pattern = "%s".join([t.replace("%", "%%") for t in texts])
        told = [_mentions(t, first=i == 0, last=i == len(texts) - 1) for i, t in enumerate(texts)]
        mentions = None if None in told else frozenset[Numbered]().union(*[t for t in told if t])
        self._asked, self.mentions = frozenset(asked), mentions

    def fill(self, state: State) -> Prompt | None:
        """The prompt of one entry; None when the template as a whole has to be rendered, to tell what is wrong."""
        found = tuple([gap[key(state)] for gap, key in self._gaps])
        if not self._whole or None in found:
            return None
        used, mentions = self._asked, self.mentions
        for marked in found:
            if isinstance(marked, _Marked):
                used |= marked.used
                mentions = None if mentions is None or marked.mentions is None else mentions | marked.mentions
        return Prompt((self._pattern % found).rstrip("\r\n"), used, mentions, self)

    def rendered(self, part: Part, places: tuple[int, ...], key: Any = ()) -> str | _Marked | None:
        used: set[str] = set()

        def ref(name: str) -> str:
            if not self._known(name):
                raise RefFault(f"`{name}` is no reference", word=name)
            used.add(name)
            return self.words.get(name, "")

        text = self.template.rendered(part, self.scope.some(places, key), ref)
        if text is None:
            return None
        mentions = _mentions(text, first=self._alone, last=self._alone)
        return _Marked(text, frozenset(used), mentions) if used or mentions != frozenset() else text


class _Gap(dict[Any, "str | _Marked | None"]):
    """The texts of a part by what it reads. What no other row reads again is not kept."""

    def __init__(self, frame: Frame, part: Part, places: tuple[int, ...]) -> None:
        self._frame, self._part, self._places = frame, part, places
        self._keep = frame.scope.recur(places)

    def __missing__(self, key: Any) -> str | _Marked | None:
        found = self._frame.rendered(self._part, self._places, key)
        if self._keep:
            self[key] = found
        return found


@lru_cache(maxsize=1000)
def _mentions(piece: str, *, first: bool, last: bool) -> frozenset[Numbered] | None:
    """What a piece names by number; what holds a brace is looked at in the whole text, for what is left over there.

    Of a prompt that several shots share but for some words, the pieces are looked at once.
    """
    return None if "{" in piece else mentions_alone(piece, first=first, last=last)
