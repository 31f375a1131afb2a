"""Templated values of a storyboard, compiled once per text and rendered per entry; the door to Jinja2.

Sandboxed, strict, and a function of its inputs alone: no clock, no randomness, no environment, and no file but what
the given reader hands over.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import jinja2
from jinja2 import meta, nodes

from seedspec.compiler.prompt.comparisons import Comparison, never_equal
from seedspec.compiler.prompt.errors import TemplateFault
from seedspec.compiler.prompt.evaluate import Run, evaluation
from seedspec.compiler.prompt.findings import Findings
from seedspec.compiler.prompt.locate import Written, is_template
from seedspec.compiler.prompt.meter import MOST_CHARACTERS, MOST_WORK, Excess, Meter
from seedspec.compiler.prompt.names import Names
from seedspec.compiler.prompt.parts import is_sole, nodes_of
from seedspec.compiler.prompt.reads import Reads, paths_of, reads_of
from seedspec.compiler.prompt.sandbox import Environment, Ref, Refs
from seedspec.compiler.prompt.segments import split_segments
from seedspec.compiler.prompt.value import admit_to_text, as_text, plain_of
from seedspec.compiler.storyboard.types import Axis
from seedspec.text.diagnostic import Problems
from seedspec.text.node import Scalar
from seedspec.text.value import valueclass

_INCLUDES = re.compile(r"\{%[-+]?\s*(?:include|import|from|extends)\b")
_PLAIN = re.compile(
    r"""\{\{\ *(?: ref\((?P<quote>['"])(?P<asks>[A-Za-z_]\w*)(?P=quote)\)
    | (?P<name>[A-Za-z_]\w*) (?:\.(?P<key>[A-Za-z_]\w*))? (?:\ *\|\ *(?P<filter>upper|lower|capitalize|title|trim))?
    )\ *\}\}""",
    re.ASCII | re.VERBOSE,
)
_WORDS = frozenset(("and", "else", "false", "if", "in", "is", "none", "not", "or", "true", "False", "None", "True"))
_WORDS |= {"caller", "kwargs", "loop", "self", "super", "varargs"}
"""What the template language takes for no name, or for one of its own."""


@valueclass(frozen=True, slots=True)
class Segment:
    """A piece of a template that is rendered by itself. `names` are the names that it reads, `paths` how far into them.

    `reads` are the names as its result depends on them: `label.look` where it reads that label alone. `asks` is the
    reference that it asks for where it is one `ref()`, which needs no template language.
    """

    names: frozenset[str]
    refs: frozenset[str]
    paths: frozenset[str]
    reads: frozenset[str]
    _run: Run
    asks: str | None = None
    comparisons: tuple[Comparison, ...] = ()


class _Compiled(NamedTuple):
    names: frozenset[str]
    refs: frozenset[str]
    paths: frozenset[str]
    reads: frozenset[str]
    segments: tuple[str | Segment, ...]
    run: Run


@valueclass(frozen=True, slots=True)
class Template:
    """A compiled value. `names` are the names that it reads, `refs` the constant ones that it gives to `ref()`.

    `reads` are those of its segments together.

    `segments` joined make the same text as the whole: constant ones, and parts that do not touch one another.
    """

    scalar: Scalar
    names: frozenset[str]
    refs: frozenset[str]
    reads: frozenset[str]
    segments: tuple[str | Segment, ...]
    _run: Run
    _refs: Refs
    _meter: Meter
    _explain: Callable[[Scalar, BaseException], TemplateFault]

    def render(self, scope: Mapping[str, Any], ref: Ref, *, text: bool = False) -> Any:
        """The value for one entry, a text where `text` says so; raises TemplateFault. Text never ends in a line end."""
        self._refs.current = ref
        self._meter.begin()
        try:
            value = self._run(scope)
            value = as_text(value, self._meter) if text else plain_of(value, self._meter)
        except Exception as error:  # filters, globals and what Jinja writes raise what they like: all of it is text's
            raise self._explain(self.scalar, error) from None
        return value.rstrip("\r\n") if isinstance(value, str) else value

    def render_segment(self, segment: Segment, scope: Mapping[str, Any], ref: Ref) -> str | None:
        """The text of one part; None when only rendering the whole can tell: it has a fault, or is no light work.

        Of several parts each may use its share of half of what the whole may, so that all of them together stay
        within what the meter allows the whole.
        """
        self._refs.current = ref
        self._meter.begin()
        try:
            if segment.asks is not None:
                value: Any = ref(segment.asks)
            else:
                value = plain_of(segment._run(scope), self._meter)
        except Exception:  # as above; the whole says it
            return None
        share = 2 * len(self.segments) if len(self.segments) > 1 else 1
        light = MOST_WORK - self._meter.left <= MOST_WORK // share
        return value if isinstance(value, str) and light and len(value) <= MOST_CHARACTERS // share else None


class Templates:
    """The templates of one storyboard. `read` gives the text of an included file, or None when there is none.

    What is wrong with one goes to `problems`.
    """

    def __init__(self, read: Callable[[str], str | None], problems: Problems) -> None:
        self.problems = problems
        self._refs = Refs()
        self._meter = Meter()
        self._reader = read
        self._env = Environment(self._meter, read)
        self._env.globals["ref"] = self._refs
        self._findings = Findings(self._env)
        self._known: dict[str, _Compiled] = {}
        self._segments: dict[str, Segment] = {}
        self.slot_texts: dict[Any, dict[Any, str]] = {}
        """The texts of slots, for the partial prompts of several shots."""

    def compile(self, scalar: Scalar) -> Template | None:
        """The template of a text, or None with its syntax errors reported."""
        text = str(scalar.value)
        if text not in self._known:
            try:
                self._known[text] = self._compile_segments(text) or self._compile_whole(text)
            except (RecursionError, MemoryError):
                self.problems.error("template-syntax", "a template that is nested too deeply", Written(scalar).whole)
                return None
            except Exception as error:  # also a number of too many digits: Jinja evaluates while it compiles
                self._findings.report_unreadable(scalar, error, self.problems)
                return None
        known = self._known[text]
        explain = self._findings.fault_of
        return Template(
            scalar, known.names, known.refs, known.reads, known.segments, known.run, self._refs, self._meter, explain
        )

    def undefined_names(self, template: Template, names: Names, told: Callable[[str], bool]) -> bool:
        """Reports each place of each name that the scope lacks, also in branches that no entry takes.

        `told` says which of them follow from a mistake that is reported already.
        """
        missing = template.names - names.known
        if missing:
            self._findings.report_unknown(template.scalar, missing, names, told, self.problems)
        return bool(missing)

    def check_comparisons(self, template: Template, axes: Mapping[str, Axis]) -> None:
        """Warns of an axis that a template compares with what it never is."""
        found = [one for s in template.segments if not isinstance(s, str) for one in s.comparisons]
        if any(True for _ in never_equal(found, axes)):
            self._findings.report_never_equal(template.scalar, axes, self.problems)

    def places(self, template: Template, reference: str) -> Iterable[tuple[int, int]]:
        """Where a template gives a constant name to `ref()`: the name itself, without its quotes."""
        return self._findings.places(str(template.scalar.value), reference)

    def paths(self, scalar: Scalar) -> frozenset[str] | None:
        """How far a text reads into names, as `look.words`, or `look` for all of it, with what it includes.

        None where that cannot be told, as of a template that is at fault; nothing is reported here.
        """
        if not is_template(scalar.value):
            return frozenset()
        text = str(scalar.value)
        try:
            known = self._known.get(text) or self._compile_segments(text) or self._compile_whole(text)
            return self._read_paths(text, frozenset()) if _INCLUDES.search(text) else known.paths
        except Exception:  # what is wrong with a template is reported where it is compiled or rendered
            return None

    def _read_paths(self, text: str, above: frozenset[str]) -> frozenset[str]:
        """The paths of a text and of all that it includes. Raises LookupError where that cannot be told."""
        tree = self._env.parse(text)
        found = paths_of(nodes_of(tree), frozenset(meta.find_undeclared_variables(tree)))
        for name in meta.find_referenced_templates(tree):
            inner = self._reader(name) if name is not None and name not in above else None
            if inner is None:
                raise LookupError(name)
            found |= self._read_paths(inner, above | {str(name)})
        return found

    def _compile_segments(self, text: str) -> _Compiled | None:
        """A text by its pieces, equal ones compiled once for the storyboard; None for one that must stay whole.

        The whole is compiled when it is asked for: to say what is wrong with it.
        """
        segments = split_segments(text)
        if segments is None:
            return None
        most = MOST_CHARACTERS // 2
        if len(text) > most and sum(len(p) for p in segments if isinstance(p, str)) > most:
            return None
        if not any(p.strip() for p in segments if isinstance(p, str)) and is_sole(self._env, text):
            return None
        found: list[str | Segment] = []
        parts: list[Segment] = []
        for piece in segments:
            if isinstance(piece, str):
                found.append(piece)
                continue
            segment = self._segments.get(piece.source)
            if segment is None:
                try:
                    segment = self._segments[piece.source] = self._compile_plain(piece.source) or self._compile_piece(
                        piece.source
                    )
                except Exception:  # the whole meets it again, and says it
                    return None
            found.append(segment)
            parts.append(segment)
        whole: list[Run] = []

        def run(scope: Mapping[str, Any]) -> Any:
            if not whole:
                whole.append(self._compile_whole(text).run)
            return whole[0](scope)

        each = [(p.names, p.refs, p.paths, p.reads) for p in parts]
        names, refs, paths, reads = (
            (frozenset[str]().union(*one) for one in zip(*each, strict=True)) if each else 4 * (frozenset[str](),)
        )
        return _Compiled(names, refs, paths, reads, tuple(found), run)

    def _compile_whole(self, text: str) -> _Compiled:
        segment = self._compile_expression(text.strip()) if is_sole(self._env, text) else self._compile_segment(text)
        return _Compiled(segment.names, segment.refs, segment.paths, segment.reads, (segment,), segment._run)

    def _compile_expression(self, text: str) -> Segment:
        """A text that is one `{{ expression }}`, as the value of the expression."""
        tree = self._read(text)
        reads = reads_of(tree)
        output = tree.body[0]
        assert isinstance(output, nodes.Output)
        result = nodes.Assign(nodes.Name("result", "store"), output.nodes[0], lineno=output.nodes[0].lineno)
        tree.body = [result]
        tree.set_environment(self._env)
        template = self._make(tree)

        def run(scope: Mapping[str, Any]) -> Any:
            context = template.new_context(dict(scope))
            for _ in template.root_render_func(context):
                pass
            return context.vars["result"]

        return _segment(reads._replace(asks=None), run)

    def _compile_plain(self, text: str) -> Segment | None:
        """A piece that is one name, one key of it, or one `ref()`; None for any other, which takes a compiler."""
        found = _PLAIN.fullmatch(text)
        if found is None or (name := found["name"]) in _WORDS or name in self._env.globals:
            return None
        nothing, env, meter, key = frozenset[str](), self._env, self._meter, found["key"]
        if (asks := found["asks"]) is not None:
            return Segment(nothing, frozenset({asks}), nothing, nothing, str, asks)
        change = self._env.filter_of_values(found["filter"])

        def run(scope: Mapping[str, Any]) -> str:
            value = scope[name] if key is None else env.getattr(scope[name], key)
            return meter.joined((str(admit_to_text(value if change is None else change(value), meter)),))

        path = frozenset({f"{name}.{key}" if key else name})
        return Segment(frozenset({name}), nothing, path, path if name == "label" else frozenset({name}), run)

    def _compile_piece(self, text: str) -> Segment:
        """A piece, without making code of it where that can be."""
        tree = self._read(text)
        run = evaluation(tree, self._env)
        return self._compile_tree(tree) if run is None else _segment(reads_of(tree, self._env.globals), run)

    def _compile_segment(self, text: str) -> Segment:
        return self._compile_tree(self._read(text))

    def _compile_tree(self, tree: nodes.Template) -> Segment:
        reads = reads_of(tree)
        template = self._make(tree)
        start, context = template.root_render_func, template.new_context
        shared, meter = dict(template.globals), self._meter

        def run(scope: Mapping[str, Any]) -> str:
            pieces = start(context({**shared, **scope}, True))
            try:
                return meter.joined(pieces)
            except Excess as error:
                frame = getattr(pieces, "gi_frame", None)
                if frame is not None:  # too much in all: the part that was written last
                    error.part = template.get_corresponding_lineno(frame.f_lineno)
                raise

        return _segment(reads, run)

    def _read(self, text: str) -> nodes.Template:
        """The tree of a text; raises TemplateSyntaxError also for filters and tests in branches that no entry takes."""
        tree = self._env.parse(text)
        for node in tree.find_all((nodes.Filter, nodes.Test, nodes.Const)):
            if isinstance(node, nodes.Const):
                if isinstance(node.value, float) and not math.isfinite(node.value):
                    raise ValueError("a number that Python writes as a name")
                continue
            assert isinstance(node, (nodes.Filter, nodes.Test))
            kind, known = ("filter", self._env.filters) if isinstance(node, nodes.Filter) else ("test", self._env.tests)
            if node.name not in known:
                raise jinja2.TemplateAssertionError(f"No {kind} named {node.name!r}.", node.lineno)
        return tree

    def _make(self, tree: nodes.Template) -> jinja2.Template:
        return jinja2.Template.from_code(self._env, self._env.compile(tree), self._env.make_globals(None))


def _segment(reads: Reads, run: Run) -> Segment:
    return Segment(reads.names, reads.refs, reads.paths, reads.reads, run, reads.asks, reads.comparisons)
