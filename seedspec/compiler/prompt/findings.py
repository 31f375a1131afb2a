"""What is wrong with a template, with its place in the file: one that cannot be read, names, and what failed in it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

import jinja2
from jinja2 import nodes

from seedspec.compiler.prompt.comparisons import comparisons, never_equal
from seedspec.compiler.prompt.complaint import Complaint, Finding
from seedspec.compiler.prompt.errors import Change, Included, MissingValue, TemplateFault, fault_of, part_of
from seedspec.compiler.prompt.locate import Written
from seedspec.compiler.prompt.names import Names, Unknown, unknown_names
from seedspec.compiler.prompt.parts import Part, Parts, Token, constant_of, is_sole, tokens_of
from seedspec.compiler.prompt.sandbox import Environment
from seedspec.compiler.prompt.value import MOST_DIGITS
from seedspec.compiler.storyboard.types import Axis
from seedspec.text.diagnostic import Edit, Note, Problems
from seedspec.text.node import Scalar


class Findings:
    """Works out what to say of the templates of an environment. It reads a text a second time, with places."""

    def __init__(self, environment: Environment) -> None:
        self._env = environment

    def report_unreadable(self, scalar: Scalar, error: BaseException, problems: Problems) -> None:
        """Reports what is wrong with a text that does not compile."""
        found, code = self._unreadable(str(scalar.value), error)
        written = Written(scalar)
        edits = edits_of(written, found.changes)
        problems.error(code, found.message, written.span(found.start, found.end), *found.notes, *edits)

    def report_unknown(
        self, scalar: Scalar, missing: Collection[str], names: Names, told: Callable[[str], bool], problems: Problems
    ) -> None:
        """Reports each place of names that are not defined, but for those that `told` knows to be told already."""
        text, base = self._read_as(str(scalar.value))
        written = Written(scalar)
        alike: dict[tuple[str, tuple[str, ...]], list[Unknown]] = {}
        for u in unknown_names(Parts(self._env, text), missing, names._replace(filters=self._env.filters)):
            if not told(u.word):
                alike.setdefault((u.message, u.notes), []).append(u)
        for (message, notes), found in alike.items():
            edits = [e for u in found for e in edits_of(written, u.changes, base)]
            spans = [written.span(base + u.start, base + u.end) for u in found]
            again = [Note("also here", span) for span in spans[1:]]
            problems.error("undefined-name", message, spans[0], *notes, *again, *edits)

    def places(self, value: str, reference: str) -> Iterator[tuple[int, int]]:
        """Where a template gives a constant name to `ref()`: the name itself, without its quotes."""
        text, base = self._read_as(value)
        parts = Parts(self._env, text)
        for node in parts.nodes:
            if isinstance(node, nodes.Call) and constant_of(node) == reference:
                part = parts.part(node.args[0])
                quoted = len(part.text) == len(reference) + 2
                yield base + part.start + quoted, base + part.end - quoted

    def report_never_equal(self, scalar: Scalar, axes: Mapping[str, Axis], problems: Problems) -> None:
        """Warns of conditions that hold for no row, or for each."""
        text, base = self._read_as(str(scalar.value))
        written, parts = Written(scalar), Parts(self._env, text)
        for one in never_equal(comparisons(parts.nodes), axes):
            part = parts.part(one.text)
            problems.warning("never-equal", one.message, written.span(base + part.start, base + part.end), *one.notes)

    def _unreadable(self, text: str, error: BaseException) -> tuple[Finding, str]:
        """What is wrong with a text that does not compile, and its code."""
        for token in self._numbers(text):
            said = f"found a number of more than {MOST_DIGITS} digits"
            if token.kind == "float":
                said = "found a number that is too large"
            return Finding(token.start, token.end, said), "template-failed"
        if not isinstance(error, jinja2.TemplateSyntaxError):
            return Finding(0, len(text), "a template that is nested too deeply"), "template-syntax"
        said, at = error.message or "", 0
        try:
            part = Parts(self._env, text).numbered(error.lineno)
            at = part.node.lineno if part is not None else 0
        except jinja2.TemplateSyntaxError as placed:
            said, at = placed.message or "", placed.lineno
        except Exception:  # the text is too deep to be read with places
            return Finding(0, len(text), "a template that is nested too deeply"), "template-syntax"
        from seedspec.compiler.prompt.syntax import explain

        return explain(text, Complaint(said, at, self._env.filters, self._env.tests)), "template-syntax"

    def _numbers(self, text: str) -> Iterator[Token]:
        """The numbers of a text that none can hold."""
        try:
            for token in tokens_of(self._env.lexer, text):
                digits = token.text.replace("_", "")
                whole = token.kind == "integer"
                if (whole and len(digits) > MOST_DIGITS) or (token.kind == "float" and math.isinf(float(digits))):
                    yield token
        except jinja2.TemplateSyntaxError:
            return

    def fault_of(self, scalar: Scalar, error: BaseException) -> TemplateFault:
        """What was raised while a template was rendered, with its place in the template."""
        at = part_of(error)
        text, base = self._read_as(str(scalar.value))
        part = self._part(text, at.number, error)
        if not at.file:
            fault = self._syntax_fault(error) or fault_of(error, part)
        else:
            inner = self._part(self._env.sources.get(at.file, ""), at.file_number, error)
            fault = self._syntax_fault(error) or fault_of(error, inner)
            if fault.inside is None and inner is not None:
                fault.inside = Included(at.file, self._env.sources[at.file], inner.start, inner.end)
            fault.changes = ()
        if part is not None:
            fault.place = (base + part.start, base + part.end)
            fault.whole = (base + part.first, base + part.end)
            if isinstance(part.node, (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
                fault.place = _path_of(text, part) or fault.place
        return fault

    def _syntax_fault(self, error: BaseException) -> TemplateFault | None:
        """An included file that cannot be read."""
        if not isinstance(error, jinja2.TemplateSyntaxError) or error.name is None:
            return None
        text = self._env.sources.get(error.name, "")
        found, _ = self._unreadable(text, error)
        fault = TemplateFault(found.message, *found.notes)
        fault.inside = Included(error.name, text, found.start, found.end)
        return fault

    def _part(self, text: str, number: int, error: BaseException) -> Part | None:
        """The part of a number; where it asks for something that is missing, the part that names what is missing."""
        try:
            parts = Parts(self._env, text)
            part = parts.numbered(number) if number >= 0 else parts.sole
            if part is not None and isinstance(error, MissingValue):
                return parts.asked(part.node, error.name, owned=bool(error.owner)) or part
            return part
        except Exception:  # what could be compiled and not be read with places has no parts to tell
            return None

    def _read_as(self, text: str) -> tuple[str, int]:
        """The text as it was compiled, and where that begins in the value."""
        stripped = text.strip()
        return (stripped, text.index(stripped)) if is_sole(self._env, text) else (text, 0)


def edits_of(written: Written, changes: Iterable[Change], base: int = 0) -> Collection[Edit]:
    """The changes of a template as edits of its file; none where one of them cannot be written there."""
    edits = [written.edit(base + c.start, base + c.end, c.text) for c in changes]
    return [e for e in edits if e is not None] if None not in edits else ()


def _path_of(text: str, part: Part) -> tuple[int, int] | None:
    """The path that a tag names, without its quotes."""
    m = re.compile(r"'([^']*)'|\"([^\"]*)\"").search(text, part.start, part.end)
    return (m.start() + 1, m.end() - 1) if m and m.end() - m.start() > 2 else None
