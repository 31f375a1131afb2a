"""The one error type: what was found wrong in a file, where, and what to write instead."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import StrEnum
from math import inf

from seedspec.text.near import LINE_ENDS, nearest, shorten
from seedspec.text.source import Span
from seedspec.text.value import valueclass


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@valueclass(frozen=True, slots=True)
class Note:
    """A further sentence under a diagnostic, with a second place when one matters."""

    message: str
    span: Span | None = None


@valueclass(frozen=True, slots=True)
class Edit:
    """What to write in place of a span. Only for what is certain: nobody who looks at it would want another text."""

    span: Span
    text: str


@valueclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `message` is a single line, found before expected; `code` is stable and kebab-case.

    `entries` are the addresses that led to it, where it was met in more than the file itself. `edits` mend it, all of
    them together; without any, a person has to decide.
    """

    code: str
    message: str
    span: Span | None = None
    severity: Severity = Severity.ERROR
    notes: tuple[Note, ...] = ()
    entries: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()


NO_NUMBER = "number-range"
"""The code of a number that none can hold; it is one mistake, whatever would be said of the text that stands for it."""


EVERYTHING = "*"
"""All names, where `Problems.mean` cannot tell which are meant."""


def _place(span: Span | None) -> tuple[str, int, int] | None:
    return (span.source.path, span.start, span.end) if span else None


def _key(severity: Severity, code: str, message: str, span: Span | None) -> tuple[object, ...]:
    """What equal findings have in common, of whichever entries they are."""
    return (severity, code, message, _place(span))


class Problems:
    """Collects the findings of a stage; equal ones from several entries become one that lists them.

    `reported` is how often anything was added; what leaves it as it was had nothing to say.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[object, ...], tuple[Diagnostic, list[str]]] = {}
        self._no_numbers: set[tuple[object, ...]] = set()
        self._odd_numbers: set[tuple[object, ...]] = set()
        self._odd_tags: dict[str, list[tuple[int, int]]] = {}
        self._errors = 0
        self._set_aside: set[str] = set()
        self._meant: set[str] = set()
        self._failed_before = False
        self.reported = 0

    def add(self, diagnostic: Diagnostic) -> None:
        self.reported += 1
        span = diagnostic.span
        place = _place(span)
        if diagnostic.code == NO_NUMBER and place is not None:
            self._no_numbers.add(place)
        elif place in self._no_numbers and diagnostic.severity is Severity.ERROR:
            return  # that it is text, in place of a number, is this reader's doing
        key = _key(diagnostic.severity, diagnostic.code, diagnostic.message, span)
        known = self._found.get(key)
        if known is None:
            if place is not None and diagnostic.code == "number-range":
                self._odd_numbers.add(place)
            elif place is not None and diagnostic.code == "unknown-tag":
                insort(self._odd_tags.setdefault(place[0], []), place[1:])
            self._found[key] = (diagnostic, list(diagnostic.entries))
            self._errors += diagnostic.severity is Severity.ERROR
        else:
            known[1].extend(diagnostic.entries)

    def error(self, code: str, message: str, span: Span | None, *notes: Note | Edit | str, entry: str = "") -> None:
        self.add(_diagnostic(Severity.ERROR, code, message, span, notes, entry))

    def warning(self, code: str, message: str, span: Span | None, *notes: Note | Edit | str, entry: str = "") -> None:
        known = self._found.get(_key(Severity.WARNING, code, message, span))
        if known is not None and entry:  # no value is made for one that each of many entries has
            self.reported += 1
            known[1].append(entry)
            return
        self.add(_diagnostic(Severity.WARNING, code, message, span, notes, entry))

    def anew(self) -> Problems:
        """An empty list of findings about the same file, that knows what was set aside."""
        fresh = Problems()
        fresh._set_aside |= self._set_aside
        fresh._meant |= self._meant
        fresh._failed_before = self.is_known_broken
        return fresh

    def set_aside(self, *names: str) -> None:
        """Names whose declarations hold an error already, so that nothing is known of what they stand for."""
        self._set_aside.update(names)

    def is_set_aside(self, name: str) -> bool:
        """Whether an unknown name is a consequence of a mistake that was told already, and need not be told again."""
        return name in self._set_aside

    def mean(self, *names: str) -> None:
        """Names that a text means in words that reach nothing, which was told; EVERYTHING where that may be any."""
        self._meant.update(name.lower() for name in names)

    def is_meant(self, name: str) -> bool:
        """Whether it is a consequence of a mistake that was told already that nothing uses a name."""
        return name.lower() in self._meant or EVERYTHING in self._meant

    @property
    def has_set_aside(self) -> bool:
        """Whether a part of the file was set aside: then what seems unused may be used there."""
        return bool(self._set_aside)

    def unread(self, span: Span) -> bool:
        """Whether a number stands there that could not be read: what else is wrong with the value follows from that."""
        path, start, end = span.source.path, span.start, span.end
        if (path, start, end) in self._odd_numbers:
            return True
        tags = self._odd_tags.get(path, [])
        last = bisect_right(tags, (start, inf))
        return last > 0 and end <= tags[last - 1][1] + 1  # the value of a tag may be nothing

    def extend(self, others: Iterable[Diagnostic]) -> None:
        for one in others:
            self.add(one)

    @property
    def errors(self) -> int:
        """How many errors were found, equal ones counted once."""
        return self._errors

    @property
    def is_known_broken(self) -> bool:
        """Whether an error was found in the file, also in what this list was made anew from."""
        return self._failed_before or self.failed

    @property
    def failed(self) -> bool:
        """Whether any error was found; warnings and hints alone do not fail."""
        return self._errors > 0

    def __iter__(self) -> Iterator[Diagnostic]:
        """In the order of files and places; what has no place comes first."""
        merged = [replace(d, entries=tuple(dict.fromkeys(e))) if e else d for d, e in self._found.values()]
        if any(
            d.code == "leading-zero" for d in merged
        ):  # where the number itself is wrong, its zero is no second fault
            wrong = {d.span for d in merged if d.severity is Severity.ERROR}
            merged = [d for d in merged if d.code != "leading-zero" or d.span not in wrong]
        return iter(sorted(merged, key=_order))

    def __len__(self) -> int:
        return len(self._found)


def did_you_mean(word: str, known: Iterable[str]) -> tuple[str, ...]:
    """At most one note that proposes the nearest known word, which is never the word itself."""
    near = nearest(word, known)
    return (f"did you mean `{shorten(near)}`?",) if near is not None else ()


def list_words(words: Iterable[object], most: int = 12) -> str:
    """Words as a person lists them: `a`, `b` or `c`; a long one is cut, with the count of the rest."""
    quoted = [f"`{shorten(str(w))}`" for w in words]
    if len(quoted) > most:
        quoted = [*quoted[:most], f"{len(quoted) - most} more"]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}" if quoted else "nothing"


def _diagnostic(
    severity: Severity, code: str, message: str, span: Span | None, notes: Iterable[Note | Edit | str], entry: str
) -> Diagnostic:
    edits = tuple(n for n in notes if isinstance(n, Edit))
    full = tuple(n if isinstance(n, Note) else Note(n) for n in notes if not isinstance(n, Edit))
    line = LINE_ENDS.sub("⏎", message)  # a name in it may hold the end of a line
    return Diagnostic(code, line, span, severity, full, (entry,) if entry else (), edits)


def _order(d: Diagnostic) -> tuple[str, int, str, str]:
    return (d.span.source.path, d.span.start, d.code, d.message) if d.span else ("", -1, d.code, d.message)
