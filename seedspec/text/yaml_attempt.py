"""One pass of the YAML parser over a text: the value that it gave, or its complaint."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from seedspec.text.diagnostic import Edit
from seedspec.text.node import Node, Scalar
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Complaint:
    """What the parser says: the problem and where, what it was reading then and where that began.

    `last` is the value that was read whole before. `mends` says whether the parser comes past this with some edits.
    """

    problem: str
    offset: int
    context: str
    began: int | None
    last: Node | None
    mends: Callable[[Sequence[Edit]], bool]

    def sure(self, edits: Sequence[Edit]) -> tuple[Edit, ...]:
        """The edits, if they bring the parser further."""
        return tuple(edits) if edits and self.mends(edits) else ()

    @property
    def quoted(self) -> Scalar | None:
        return self.last if isinstance(self.last, Scalar) and self.last.style in ("'", '"') else None


@valueclass(frozen=True, slots=True)
class Attempt:
    """What one pass of the parser gave: a value, or the place where it stopped.

    A `complaint` is of the parser itself, and nobody was told of it. Behind a `final` stop nothing is looked at.
    """

    root: Node | None
    stopped: int | None = None
    complaint: Complaint | None = None
    final: bool = False
