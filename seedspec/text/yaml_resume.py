"""A text is parsed again without the part that does not parse, until the rest of it does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from seedspec.text import lookalike
from seedspec.text.diagnostic import Edit, Problems
from seedspec.text.node import Map, Node, Scalar
from seedspec.text.node import Sequence as List
from seedspec.text.source import Source
from seedspec.text.yaml_attempt import Attempt, Complaint
from seedspec.text.yaml_errors import explain
from seedspec.text.yaml_parts import Parts, alone, without

MOST_TRIES = 100
MOST_AGAIN = 2_000_000
"""How often a file is parsed, and how many characters are, beyond the first time. What is more is left for later."""

_ONCE = ("tab",)
"""Codes that are told for the first place alone: the note there speaks of the others."""

_ODD_INDENT = re.compile(
    rf"^ *([{lookalike.SPACES}{lookalike.UNSEEN}][ {lookalike.SPACES}{lookalike.UNSEEN}]*)(?=(?:- +)?[\w\"'][^\n:]*:)",
    re.MULTILINE,
)


class Reader:
    """Reads a text part by part where it must. `names` are those that the parts left out declare."""

    def __init__(
        self,
        source: Source,
        text: str,
        attempt: Callable[[str, Problems, set[str]], Attempt],
        first_error: Callable[[str], int | None],
    ) -> None:
        self.source = source
        self.text = text
        self.names: list[str] = []
        self._attempt, self._first_error = attempt, first_error
        self._parts = Parts(text)
        self._anchors: set[str] = set()
        self._told: set[str] = set()
        self._tries = self._read = 0

    def read(self, attempt: Attempt, found: Problems, problems: Problems) -> Node | None:
        """The value of all parts that parse, from a first attempt on; None where nothing can be made of them."""
        while True:
            if attempt.stopped is None:
                problems.extend(found)
                if not self._odd_indents(attempt.root, problems):
                    return attempt.root
            elif not self._past(attempt, found, problems):
                return None
            self._tries += 1
            self._read += len(self.text)
            if self._tries > MOST_TRIES or self._read > MOST_AGAIN:
                return None
            found = Problems()
            attempt = self._attempt(self.text, found, self._anchors)

    def _past(self, attempt: Attempt, found: Problems, problems: Problems) -> bool:
        """Whether the text is one now in which the parser comes past where it stopped."""
        assert attempt.stopped is not None
        part, complaint = self._culprit(attempt)
        if complaint is not None:
            if self._tries and self._complaint_alone(part) is None:
                return False  # the part is sound: what is wrong follows from what was left out before
            whole = replace(complaint, mends=lambda edits: self._mends(part, complaint.offset, edits))
            said = Problems()
            explain(self.source, whole, said)
            told = [*found, *said]
        else:
            told = [replace(d, edits=self._sure(part, attempt.stopped, d.edits)) for d in found]
        told = [d for d in told if d.code not in self._told]
        problems.extend(told)
        self._told.update(d.code for d in told if d.code in _ONCE)
        if attempt.final:
            return False
        last = told[-1] if told and complaint is not None else None
        if last is not None and last.code == "look-alike" and all(_keeps_places(e) for e in last.edits):
            self.text = _apply_edits(self.text, last.edits)
            return True
        places = [span.start for span in (last.span, *(e.span for e in last.edits)) if span] if last else []
        parts = {self._parts.at(place) for place in places} or {part}
        return [self._set_aside(one) for one in sorted(parts)].count(True) > 0

    def _culprit(self, attempt: Attempt) -> tuple[tuple[int, int], Complaint | None]:
        """The part at fault: the one where the parser stopped, or an earlier one with a quote or bracket left open."""
        assert attempt.stopped is not None
        said = attempt.complaint
        here = self._parts.at(attempt.stopped)
        if said is None:
            return here, None
        if said.context.endswith("simple key") and said.began is not None:
            return self._parts.at(said.began), said
        opened = said.began if said.context.endswith(("flow sequence", "flow mapping", "quoted scalar")) else None
        for place in (opened, said.last.span.start if said.last is not None else None):
            if place is None or (other := self._parts.at(place)) == here:
                continue
            if (by_itself := self._complaint_alone(other)) is not None:
                open_still = by_itself.context.endswith(("flow sequence", "flow mapping", "quoted scalar"))
                return other, by_itself if open_still else said
        return here, said

    def _complaint_alone(self, part: tuple[int, int]) -> Complaint | None:
        return self._attempt(alone(self.text, part), Problems(), self._anchors).complaint

    def _mends(self, part: tuple[int, int], offset: int, edits: Sequence[Edit]) -> bool:
        """Whether the parser comes past an offset in a part when it is edited."""
        start, end = part
        start = min([start, *(self._parts.at(e.span.start)[0] for e in edits)])
        if any(e.span.end > end for e in edits):
            return False
        moved = [Edit(e.span._replace(start=e.span.start - start, end=e.span.end - start), e.text) for e in edits]
        error = self._first_error(_apply_edits(self.text[start:end], moved))
        if error is None:
            return True
        longer = sum(len(e.text) - (e.span.end - e.span.start) for e in edits if e.span.start < offset)
        return error > offset - start + longer

    def _sure(self, part: tuple[int, int], offset: int, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
        return edits if edits and self._mends(part, offset, edits) else ()

    def _set_aside(self, part: tuple[int, int]) -> bool:
        part = self._parts.whole(part, self.text)
        text = without(self.text, part)
        if text == self.text:
            return False
        self.names += ["", *self._parts.names(part)]
        self._anchors.update(self._parts.anchors(part))
        self.text = text
        return True

    def _odd_indents(self, root: Node | None, problems: Problems) -> bool:
        """Whether there were keys that begin with white space which YAML takes for a part of them."""
        starts = {m.start(1): m for m in _ODD_INDENT.finditer(self.text)}
        if not starts or root is None:
            return False
        found = []
        for at in sorted({k for k in _key_starts(root) if k in starts}):
            start, end = starts[at].span(1)
            unseen = re.sub(rf"[{lookalike.UNSEEN}]", "", self.text[start:end])
            found.append(lookalike.Lookalike(start, end, " " * len(unseen)))
        if not found:
            return False
        wide = [lookalike.wide(self.source, one) for one in found]
        for choice in (found, wide):
            edits = [Edit(self.source.span(one.start, one.end), one.meant) for one in choice]
            if self._first_error(_apply_edits(self.text, edits)) is None:
                found = choice
                break
        lookalike.report(self.source, found, problems)
        mended = lookalike.mend_lookalikes(self.text, found)
        if mended is None or self._first_error(mended) is not None:
            parts = {self._parts.at(one.start) for one in found}
            return [self._set_aside(part) for part in sorted(parts)].count(True) > 0
        self.text = mended
        return True


def _keeps_places(edit: Edit) -> bool:
    return len(edit.text) == edit.span.end - edit.span.start


def _apply_edits(text: str, edits: Sequence[Edit]) -> str:
    pieces, at = [], 0
    for edit in sorted(edits, key=lambda e: e.span.start):
        pieces += [text[at : edit.span.start], edit.text]
        at = edit.span.end
    return "".join([*pieces, text[at:]])


def _key_starts(root: Node) -> Iterator[int]:
    stack, seen = [root], set[int]()
    while stack:
        node = stack.pop()
        if isinstance(node, Scalar) or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Map):
            for _, pair in node.items():
                yield pair.key.span.start
                stack.append(pair.value)
        elif isinstance(node, List):
            stack.extend(node.items)
