"""Templated values of a storyboard, compiled once per text and rendered per entry; the door to Jinja2.

Sandboxed, strict, and a function of its inputs alone: no clock, no randomness, no environment, and no file but what
the given reader hands over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import jinja2
import jinja2.exceptions
from jinja2 import meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from seedspec.text.diagnostic import Problems, did_you_mean
from seedspec.text.node import Scalar
from seedspec.text.source import Span

MOST_CHARACTERS = 200_000
"""A rendered value longer than this is refused."""

# What a template may raise while it renders: Jinja's own errors, and Python's for bad arithmetic on its values.
_FAULTS = (
    jinja2.TemplateError,
    ArithmeticError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    RecursionError,
    MemoryError,
)
_REGION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)

Ref = Callable[[str], str]
_Compiled = tuple[frozenset[str], frozenset[str], Callable[[Mapping[str, Any]], Any]]


class TemplateFault(Exception):
    """A template could not be rendered; the message is one line, `line` counts from 1 in its text."""

    def __init__(self, message: str, line: int = 1, word: str = "", file: str = "") -> None:
        super().__init__(message)
        self.line = line
        self.word = word
        self.file = file


class RefFault(TemplateFault):
    """`ref()` was called with a name that the entry's references do not have."""


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled value. `names` are the names that it reads, `refs` the constant ones that it gives to `ref()`."""

    scalar: Scalar
    names: frozenset[str]
    refs: frozenset[str]
    _run: Callable[[Mapping[str, Any]], Any]
    _refs: _Refs

    def render(self, scope: Mapping[str, Any], ref: Ref) -> Any:
        """The value for one entry; raises TemplateFault. Text never ends in a line end."""
        self._refs.current = ref
        try:
            value = self._run(scope)
        except TemplateFault as fault:
            fault.line, fault.file = _line(fault.__traceback__)
            raise
        except _FAULTS as fault:
            raise _fault(fault) from None
        if isinstance(value, jinja2.Undefined):
            word = str(getattr(value, "_undefined_name", ""))
            raise TemplateFault(f"`{word}` is not defined", 1, word)
        return value.rstrip("\r\n") if isinstance(value, str) else value


class Templates:
    """The templates of one storyboard. `read` gives the text of an included file, or None when there is none."""

    def __init__(self, read: Callable[[str], str | None]) -> None:
        self._refs = _Refs()
        self._env = _Environment(
            undefined=jinja2.StrictUndefined, loader=jinja2.FunctionLoader(read), autoescape=False, cache_size=1000
        )
        self._env.globals["ref"] = self._refs
        del self._env.globals["lipsum"], self._env.filters["random"]
        self._known: dict[str, _Compiled] = {}

    def compile(self, scalar: Scalar, problems: Problems) -> Template | None:
        """The template of a text, or None with its syntax errors reported."""
        text = str(scalar.value)
        if text not in self._known:
            try:
                self._known[text] = self._compile(text)
            except jinja2.TemplateSyntaxError as error:
                word = next(iter(re.findall(r"'([^']+)'", error.message or "")), "")
                message = (error.message or "broken").rstrip(".").replace("'", "`")
                message = message[0].lower() + message[1:]
                problems.error("template-syntax", f"template: {message}", place(scalar, error.lineno, word))
                return None
            except RecursionError:
                problems.error("template-syntax", "template: nested too deeply", scalar.span)
                return None
        return Template(scalar, *self._known[text], self._refs)

    def _compile(self, text: str) -> _Compiled:
        tree = self._env.parse(text)
        names = frozenset(meta.find_undeclared_variables(tree))
        if any(True for _ in meta.find_referenced_templates(tree)):
            names |= {"take"}  # an included file may read it
        refs = frozenset(
            call.args[0].value
            for call in tree.find_all(nodes.Call)
            if isinstance(call.node, nodes.Name) and call.node.name == "ref" and len(call.args) == 1
            if isinstance(call.args[0], nodes.Const) and isinstance(call.args[0].value, str)
        )
        if (inner := self._single(text)) is not None:
            expression = self._env.compile_expression(inner, undefined_to_none=False)
            return names, refs, lambda scope: expression(scope)
        template = self._env.from_string(text)
        start, context = template.root_render_func, template.new_context
        shared = dict(template.globals)

        def run(scope: Mapping[str, Any]) -> str:
            return _joined(start(context({**shared, **scope}, True)))

        return names, refs, run

    def _single(self, text: str) -> str | None:
        """The expression of a value that is exactly one `{{ expression }}`."""
        stripped = text.strip()
        if not (stripped.startswith("{{") and stripped.endswith("}}")):
            return None
        kinds = [kind for _, kind, value in self._env.lex(stripped) if kind != "whitespace"]
        if kinds.count("variable_begin") == 1 and kinds[-1] == "variable_end" and "data" not in kinds:
            return stripped[2:-2].strip("-+ \t\n") if stripped[2] in "-+" or stripped[-3] in "-+" else stripped[2:-2]
        return None


def is_template(value: object) -> bool:
    """Whether a value holds anything for the template language to do."""
    return isinstance(value, str) and ("{{" in value or "{%" in value or "{#" in value)


def undefined_names(template: Template, known: frozenset[str], problems: Problems, hint: Callable[[str], str]) -> bool:
    """Reports each place of each name that the scope lacks, also in branches that no entry takes."""
    missing = sorted(template.names - known)
    for word in missing:
        said = hint(word)
        notes = (said,) if said else did_you_mean(word, known)
        for span in words(template.scalar, word) or [template.scalar.span]:
            problems.error("undefined-name", f"`{word}` is not defined", span, *notes)
    return bool(missing)


def words(scalar: Scalar, word: str) -> list[Span]:
    """Where a name stands in the template parts of a scalar as the file has it; attributes are not names."""
    raw, start = scalar.span.text, scalar.span.start
    pattern = re.compile(rf"(?<![\w.|]){re.escape(word)}(?!\w)")
    found = []
    for region in _REGION.finditer(raw):
        code = _QUOTED.sub(lambda m: " " * len(m[0]), region[0])
        for m in pattern.finditer(code):
            at = start + region.start() + m.start()
            found.append(Span(scalar.span.source, at, at + len(word)))
    return found


def place(scalar: Scalar, line: int, word: str = "") -> Span:
    """Where line `line` (from 1) of a template stands in the file, at `word` when it is found there."""
    source, raw = scalar.span.source, scalar.span.text
    first = source.position(scalar.span.start)[0]
    begin, end = scalar.span.start, scalar.span.end
    if scalar.style == "|" and line >= 1:
        number = min(first + line, len(source.starts))
        begin, end = source.starts[number - 1], source.starts[number - 1] + len(source.line(number))
        begin += len(source.line(number)) - len(source.line(number).lstrip())
    if word and (m := re.compile(rf"(?<!\w){re.escape(word)}(?!\w)").search(source.text, begin, end)):
        return Span(source, m.start(), m.end())
    if scalar.style == "|" and begin < end:
        return Span(source, begin, end)
    return Span(source, scalar.span.start, scalar.span.start + len(raw.rstrip()))


class _Refs:
    """What `ref` is in every template, also in imported macros: the attaching function of the entry at hand."""

    current: Ref

    def __call__(self, name: object) -> str:
        if not isinstance(name, str):
            raise RefFault(f"ref() takes the name of a reference; found {name!r}", word="ref")
        return self.current(name)

    def __str__(self) -> str:
        return "ref"


class _Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"*", "**", "+", "%"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A key of a mapping wins over a method of Python: `look.items` is what the storyboard says."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def call_binop(self, context: jinja2.runtime.Context, operator: str, left: Any, right: Any) -> Any:
        """The sandbox counts loops only; this bounds what one operator may build."""
        size = 0
        if operator == "**":
            size = 0 if not isinstance(right, int) else abs(right) * max(1, _length(left))
        elif operator == "*":
            size = _length(left) * abs(right) if isinstance(right, int) else _length(right) * abs(left or 0)
        elif operator == "+":
            size = _length(left) + _length(right)
        elif isinstance(left, str):
            size = max((int(n) for n in re.findall(r"\d+", left)), default=0) if len(left) < 1000 else len(left)
        if size > MOST_CHARACTERS:
            raise TemplateFault(
                f"`{operator}` makes a value of more than {MOST_CHARACTERS:,} characters", word=operator
            )
        return super().call_binop(context, operator, left, right)


def _length(value: Any) -> int:
    if isinstance(value, (str, list, tuple, dict)):
        return len(value)
    return value.bit_length() // 3 if isinstance(value, int) else 0


def _joined(pieces: Iterator[str]) -> str:
    out, size = [], 0
    for piece in pieces:
        out.append(piece)
        size += len(piece)
        if size > MOST_CHARACTERS:
            raise TemplateFault(f"the rendered text is longer than {MOST_CHARACTERS:,} characters")
    return "".join(out)


def _fault(fault: BaseException) -> TemplateFault:
    """Python's or Jinja's complaint as one line about the template, with the template line it arose on."""
    line, file = _line(fault.__traceback__)
    said = (str(fault) or type(fault).__name__).splitlines()[0]
    if isinstance(fault, jinja2.TemplateNotFound):
        return TemplateFault(f"`{said}` is no file below the storyboard's folder", line, said, file)
    if isinstance(fault, jinja2.TemplateSyntaxError):
        return TemplateFault(f"{fault.name or 'included template'}:{fault.lineno}: {said}", line)
    if isinstance(fault, jinja2.UndefinedError):
        if m := re.search(r"has no attribute '(.+)'$", said):
            return TemplateFault(f"`{m[1]}` is not defined", line, m[1], file)
        if m := re.match(r"'(.+)' is undefined", said):
            return TemplateFault(f"`{m[1]}` is not defined", line, m[1], file)
    if isinstance(fault, jinja2.exceptions.SecurityError):
        return TemplateFault(f"not allowed in a template: {said}", line, file=file)
    return TemplateFault(f"{said}", line, file=file)


def _line(trace: TracebackType | None) -> tuple[int, str]:
    """The innermost line of the outermost template, and the name of the file for an included one."""
    line, file = 1, ""
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if isinstance(template, jinja2.Template):
            if template.name is None:
                line = template.get_corresponding_lineno(trace.tb_lineno)
            else:
                file = f"{template.name}:{template.get_corresponding_lineno(trace.tb_lineno)}"
        trace = trace.tb_next
    return line, file
