"""Templated values of a storyboard, compiled once per text and rendered per entry; the door to Jinja2.

Sandboxed, strict, and a function of its inputs alone: no clock, no randomness, no environment, and no file but what
the given reader hands over.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from types import TracebackType
from typing import Any

import jinja2
from jinja2 import meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from seedspec.compiler import wording
from seedspec.compiler.meter import Excess, Meter
from seedspec.compiler.spot import place, words
from seedspec.text.diagnostic import Problems, did_you_mean
from seedspec.text.node import Scalar

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

Ref = Callable[[str], str]
_Compiled = tuple[frozenset[str], frozenset[str], Callable[[Mapping[str, Any]], Any]]


class TemplateFault(Exception):
    """A template could not be rendered; the message is one line, `line` counts from 1 in its text.

    `word` is what to look for on that line; `file` names the included file, with its line, where the fault lies;
    `value` is the one that was found where none like it can stand.
    """

    value: Any = ()

    def __init__(
        self, message: str, line: int = 1, word: str = "", file: str = "", code: str = "template-failed"
    ) -> None:
        super().__init__(message)
        self.code = code
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
    _meter: Meter

    def render(self, scope: Mapping[str, Any], ref: Ref) -> Any:
        """The value for one entry; raises TemplateFault. Text never ends in a line end."""
        self._refs.current = ref
        self._meter.begin()
        try:
            value = _plain(self._run(scope), self._meter)
        except TemplateFault as fault:
            fault.line, fault.file = _line(fault.__traceback__)
            if (
                name := next((n for n in sorted(self.names) if scope.get(n, self) is fault.value), "")
            ) and not fault.file:
                fault.word, fault.args = name, (str(fault).replace("found", f"`{name}` is", 1),)
            raise
        except (*_FAULTS, Excess) as fault:
            raise _fault(fault) from None
        return value.rstrip("\r\n") if isinstance(value, str) else value


class Templates:
    """The templates of one storyboard. `read` gives the text of an included file, or None when there is none."""

    def __init__(self, read: Callable[[str], str | None]) -> None:
        self._refs = _Refs()
        self._meter = Meter()
        self._env = _Environment(self._meter, read)
        self._env.globals["ref"] = self._refs
        self._known: dict[str, _Compiled] = {}

    def compile(self, scalar: Scalar, problems: Problems) -> Template | None:
        """The template of a text, or None with its syntax errors reported."""
        text = str(scalar.value)
        if text not in self._known:
            try:
                self._known[text] = self._compile(text)
            except jinja2.TemplateSyntaxError as error:
                message, word, notes = self._worded(error)
                problems.error("template-syntax", message, place(scalar, error.lineno, word), *notes)
                return None
            except (RecursionError, MemoryError, SyntaxError):  # Python's own limits on what Jinja writes for it
                problems.error("template-syntax", "a template that is nested too deeply", scalar.span)
                return None
        return Template(scalar, *self._known[text], self._refs, self._meter)

    def _worded(self, error: jinja2.TemplateSyntaxError) -> tuple[str, str, tuple[str, ...]]:
        return wording.syntax(error.message or "broken", self._env.filters, self._env.tests)

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
        shared, meter = dict(template.globals), self._meter

        def run(scope: Mapping[str, Any]) -> str:
            return meter.joined(start(context({**shared, **scope}, True)))

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


def undefined_names(template: Template, known: frozenset[str], problems: Problems, hint: Callable[[str], str]) -> bool:
    """Reports each place of each name that the scope lacks, also in branches that no entry takes."""
    missing = sorted(template.names - known)
    for word in missing:
        said = hint(word)
        notes = (said,) if said else did_you_mean(word, known)
        for span in words(template.scalar, word) or [template.scalar.span]:
            problems.error("undefined-name", f"`{word}` is not defined", span, *notes)
    return bool(missing)


class _Refs:
    """What `ref` is in every template, also in imported macros: the attaching function of the entry at hand."""

    current: Ref

    def __call__(self, *names: object, **named: object) -> str:
        if len(names) != 1 or named or not isinstance(names[0], str):
            found = ", ".join(repr(n)[:40] for n in names) or "nothing"
            raise TemplateFault(f"`ref()` takes the name of one reference; found {found}", word="ref")
        return self.current(names[0])

    def __str__(self) -> str:
        return "ref"


class _Environment(ImmutableSandboxedEnvironment):
    """The sandbox, with a meter at everything that may swell a value or go on for long."""

    intercepted_binops = frozenset({"*", "**", "+", "-", "/", "//", "%"})

    def __init__(self, meter: Meter, read: Callable[[str], str | None]) -> None:
        super().__init__(
            undefined=jinja2.StrictUndefined,
            loader=jinja2.FunctionLoader(read),
            autoescape=False,
            cache_size=1000,
            finalize=lambda value: _shown(value, meter),
        )
        self.meter = meter
        del self.globals["lipsum"], self.filters["random"]
        self.filters = {name: _metered(name, run, meter) for name, run in self.filters.items()}
        # names with a space cannot be written in a template
        self.filters |= {
            " each": jinja2.pass_context(lambda _, items: meter.steps(items)),
            " made": jinja2.pass_context(lambda _, value: meter.admit(value)),
            " joined": jinja2.pass_context(lambda _, pieces: meter.joined(_shown(p, meter) for p in pieces)),
        }

    def concat(self, pieces: Iterable[str]) -> str:
        return self.meter.joined(pieces)

    def _generate(self, source: nodes.Template, *args: Any, **named: Any) -> str:
        _Metering().visit(source)
        return super()._generate(source, *args, **named)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A key of a mapping wins over a method of Python: `look.items` is what the storyboard says."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def get_template(self, *args: Any, **named: Any) -> jinja2.Template:
        self.meter.work(100)
        return super().get_template(*args, **named)

    def call(self, context: jinja2.runtime.Context, obj: Any, /, *args: Any, **named: Any) -> Any:
        subject = getattr(getattr(obj, "__wrapped__", obj), "__self__", None)
        args = tuple(self.meter.charged(a) for a in args)
        if isinstance(subject, (str, int, float, list, tuple, dict)):
            self.meter.before(obj.__name__, subject, args, named)
        else:
            self.meter.before("", None, args, named)
        return self.meter.admit(super().call(context, obj, *args, **named))

    def call_binop(self, context: jinja2.runtime.Context, operator: str, left: Any, right: Any) -> Any:
        self.meter.operator(operator, left, right)
        return super().call_binop(context, operator, left, right)


class _Metering(NodeTransformer):
    """Puts the meter around loops, `~`, comparisons, slices and the collections that a template writes."""

    def visit_For(self, node: nodes.For) -> nodes.Node:
        self.generic_visit(node)
        node.iter = _filtered(node.iter, " each")
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        return _filtered(nodes.List(node.nodes, lineno=node.lineno), " joined")

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:
        self.generic_visit(node)
        node.expr = _filtered(node.expr, " made")
        for operand in node.ops:
            operand.expr = _filtered(operand.expr, " made")
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:
        self.generic_visit(node)
        return _filtered(node, " made") if isinstance(node.arg, nodes.Slice) else node

    def visit_List(self, node: nodes.List | nodes.Tuple | nodes.Dict) -> nodes.Node:
        self.generic_visit(node)
        return node if getattr(node, "ctx", "load") != "load" else _filtered(node, " made")

    visit_Tuple = visit_Dict = visit_List


def _filtered(node: Any, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _metered(name: str, run: Callable[..., Any], meter: Meter) -> Callable[..., Any]:
    skipped = 1 if hasattr(run, "jinja_pass_arg") else 0

    @wraps(run)
    def metered(*args: Any, **named: Any) -> Any:
        given = tuple(meter.charged(a) for a in args[skipped:])
        if given and callable(given[0]) and not isinstance(given[0], jinja2.Undefined):
            raise TemplateFault(f"`{name}` is given a function; expected a value", word=name)
        meter.before(name, given[0] if given else None, given[1:], named)
        return meter.admit(run(*args[:skipped], *given, **named))

    return metered


def _plain(value: Any, meter: Meter) -> Any:
    """A rendered value as text, numbers, lists and mappings alone; what else a template can make is a fault."""
    meter.admit(value)
    if isinstance(value, jinja2.Undefined):
        str(value)  # says what is undefined
    if isinstance(value, str):
        return str(value)
    if value is None or isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(v, meter) for v in value]
    if isinstance(value, dict):
        return {str(k): _plain(v, meter) for k, v in value.items()}
    raise TemplateFault(f"the template yields {_named(value)}; expected text or a plain value")


def _shown(value: Any, meter: Meter) -> Any:
    """A value on its way into a text. Python would write `None`, `{'words': 'wet'}` or an address in memory."""
    if isinstance(value, (str, int, jinja2.Undefined)) or (isinstance(value, float) and math.isfinite(value)):
        return meter.admit(value)
    wanted = "text or a number"
    if isinstance(value, dict):
        keys = " or ".join(f"its `{k}`" for k in list(value)[:3])
        wanted += f", such as {keys}" if keys else ""
    elif isinstance(value, (list, tuple)):
        wanted += " (`| join(', ')` makes text of a list)"
    fault = TemplateFault(f"found {_named(value)}; expected {wanted}")
    fault.value = value
    raise fault


def _named(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, (dict, list, tuple)):
        return "a mapping" if isinstance(value, dict) else "a list"
    if isinstance(value, float):
        return f"the number {value}"
    return "a function" if callable(value) else f"a {type(value).__name__.strip('_').lower()}"


def _fault(fault: BaseException) -> TemplateFault:
    """Python's or Jinja's complaint as one line about the template, with the template line it arose on."""
    line, file = _line(fault.__traceback__)
    said = (str(fault) or type(fault).__name__).splitlines()[0]
    if isinstance(fault, Excess):
        return TemplateFault(f"the template {said}", line, file=file, code="template-excess")
    if isinstance(fault, jinja2.TemplateNotFound):
        return TemplateFault(f"`{said[:80]}` is no text file below the storyboard's folder", line, said, file)
    if isinstance(fault, jinja2.TemplateSyntaxError):
        message, _, _ = wording.syntax(fault.message or "broken", (), ())
        return TemplateFault(message, line, file=f"{fault.name}:{fault.lineno}" if fault.name else "")
    if isinstance(fault, jinja2.UndefinedError) and (
        m := re.search(r"has no attribute '(.+)'$", said) or re.match(r"'(.+)' is undefined", said)
    ):
        return TemplateFault(f"`{m[1]}` is not defined", line, m[1], file, "undefined-name")
    word = m[1] if (m := re.match(r"access to attribute '(.+)' of", said)) else ""
    return TemplateFault(wording.fault(said), line, word, file)


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
