"""The sandbox that templates run in: strict, without clock, randomness or environment, and metered throughout."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from types import GeneratorType
from typing import Any, NoReturn

import jinja2
from jinja2 import nodes
from jinja2.filters import FILTERS
from jinja2.sandbox import MAX_RANGE, ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from seedspec.catalog.schema import shorten
from seedspec.compiler.prompt.errors import FILTERS_PAGE, Missing, RefSyntax, TemplateFault, kind, say_value
from seedspec.compiler.prompt.meter import Excess, Meter
from seedspec.compiler.prompt.parts import PartLines, number_parts
from seedspec.compiler.prompt.value import admit_to_text, iterable

Ref = Callable[[str], str]


class Refs:
    """What `ref` is in every template, also in imported macros: the attaching function of the entry at hand."""

    current: Ref

    def __call__(self, *names: object, **given: object) -> str:
        if len(names) != 1 or given or not isinstance(names[0], str):
            found = _kinds([*names, *given.values()])
            raise TemplateFault(f"`ref()` takes the name of one reference; found {found}", "write `ref('name')`")
        return self.current(names[0])

    def __str__(self) -> str:
        return "ref"


class Environment(ImmutableSandboxedEnvironment):
    """The sandbox, with a meter at everything that may swell a value or go on for long."""

    intercepted_binops = frozenset({"*", "**", "+", "-", "/", "//", "%"})
    intercepted_unops = frozenset({"+", "-"})
    code_generator_class = PartLines

    def __init__(self, meter: Meter, read: Callable[[str], str | None]) -> None:
        super().__init__(
            undefined=Missing,
            loader=jinja2.FunctionLoader(read),
            autoescape=False,
            cache_size=1000,
            finalize=lambda value: admit_to_text(value, meter),
        )
        self.meter = meter
        self.sources: dict[str, str] = {}
        """The texts of included files, by their names."""
        del self.globals["lipsum"]
        self.globals["range"] = _range
        self.filters = _metered_filters()

    def filter_of_values(self, name: str | None) -> Callable[..., Any] | None:
        """A filter that is given values alone; None for any other, and where there is none."""
        run = _OWN_FILTERS.get(name or "")
        return None if run is None or hasattr(run, "jinja_pass_arg") else partial(self.filters[str(name)], self)

    def concat(self, pieces: Iterable[str]) -> str:
        return self.meter.joined(pieces)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        if name is not None:
            self.sources[name] = source
        tree = super()._parse(source, name, filename)
        number_parts(tree)
        return tree

    def handle_exception(self, source: str | None = None) -> NoReturn:
        """The complaint as it is: its lines are numbers of parts, of which no traceback can be made."""
        raise

    def _generate(self, source: nodes.Template, *args: Any, **named: Any) -> str:
        _Metering().visit(source)
        return super()._generate(source, *args, **named)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A key of a mapping wins over a method of Python: `look.items` is what the storyboard says."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        if isinstance(obj, Refs):
            raise RefSyntax("`ref` takes the name of a reference in parentheses", word=attribute)
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Refs) and isinstance(argument, str):
            raise RefSyntax("`ref` takes the name of a reference in parentheses", word=argument)
        return super().getitem(obj, argument)

    def get_template(self, *args: Any, **named: Any) -> jinja2.Template:
        self.meter.work(100)
        return super().get_template(*args, **named)

    def call(self, context: jinja2.runtime.Context, obj: Any, /, *args: Any, **given: Any) -> Any:
        subject = getattr(getattr(obj, "__wrapped__", obj), "__self__", None)
        args = tuple(self.meter.charged(a) for a in args)
        if not callable(obj):
            raise TemplateFault(f"found {kind(obj)}, which is not a function", "leave out the parentheses behind it")
        of_value = isinstance(subject, (str, int, float, list, tuple, dict))
        self.meter.before(obj.__name__ if of_value else "", subject if of_value else None, args, given)
        try:
            made = super().call(context, obj, *args, **given)
        except _TOLD:
            raise
        except Exception as error:  # whatever a function says of its arguments is said in its own words
            if _is_inside(error):
                raise
            values = [*args, *_visible(given)]
            note = (_here(*values),) if values else ()
            given_here = f"with {_kinds(values)}" if values else "without arguments"
            raise TemplateFault(f"{_name_call(obj, subject)} cannot be called {given_here}", *note) from None
        return self.meter.admit(made)

    def call_binop(self, context: jinja2.runtime.Context, operator: str, left: Any, right: Any) -> Any:
        self.meter.operator(operator, left, right)
        try:
            return super().call_binop(context, operator, left, right)
        except _TOLD:
            raise
        except ZeroDivisionError:
            raise TemplateFault("a division by zero") from None
        except Exception:
            raise _no_sum(operator, left, right) from None

    def call_unop(self, context: jinja2.runtime.Context, operator: str, arg: Any) -> Any:
        try:
            return super().call_unop(context, operator, arg)
        except _TOLD:
            raise
        except Exception:
            raise TemplateFault(f"`{operator}` stands before {kind(arg)}; expected a number") from None


_TOLD = (TemplateFault, Excess, jinja2.TemplateError, RecursionError, MemoryError)
"""What has words already."""


def _is_inside(error: BaseException) -> bool:
    """Whether what was called is a macro, in which a part of the template failed."""
    trace = error.__traceback__
    while trace is not None:
        if "__jinja_template__" in trace.tb_frame.f_globals:
            return True
        trace = trace.tb_next
    return False


def _visible(given: Mapping[str, Any]) -> Iterable[Any]:
    """What an author gave by name; the template language adds names of its own."""
    return [v for k, v in given.items() if not k.startswith("_")]


def _name_call(obj: Any, subject: Any) -> str:
    name = getattr(obj, "name", None) or getattr(obj, "__name__", "") or type(obj).__name__
    name = str(name).lower() if isinstance(obj, type) else name
    of = f" of {kind(subject)}" if isinstance(subject, (str, int, float, list, tuple, dict)) else ""
    return f"`{shorten(str(name), 40)}`{of}"


def _kinds(values: Iterable[Any]) -> str:
    """Values as a message says them, which is one for all rows."""
    return shorten(" and ".join(kind(v) for v in values) or "nothing", 160)


def _here(*values: Any) -> str:
    """Values as a note says them: those of the first row."""
    return f"here: {shorten(' and '.join(say_value(v) for v in values), 160)}"


def _no_sum(operator: str, left: Any, right: Any) -> TemplateFault:
    message = f"`{operator}` cannot be used between {kind(left)} and {kind(right)}"
    texts = isinstance(left, str) or isinstance(right, str)
    join = ("write `~`, which joins values to one text",) if operator == "+" and texts else ()
    return TemplateFault(message, *join, _here(left, right))


def _range(*bounds: Any) -> range:
    """As Python's, for a loop that a template may go through."""
    if not 1 <= len(bounds) <= 3 or not all(isinstance(b, int) for b in bounds) or bounds[2:] == (0,):
        found = _kinds(bounds)
        raise TemplateFault(
            f"`range` takes whole numbers: the first, the one behind the last, and the step; found {found}"
        )
    made = range(*bounds)
    if max(abs(b) for b in bounds) > 10**15 or len(made) > MAX_RANGE:
        raise Excess(f"counts more than {MAX_RANGE:,} numbers")
    return made


class _Metering(NodeTransformer):
    """Puts the meter around loops, `~`, comparisons, slices and the collections that a template writes."""

    def visit_For(self, node: nodes.For) -> nodes.Node:
        self.generic_visit(node)
        node.iter = _make_filter(node.iter, " each")
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        return _make_filter(nodes.List(node.nodes, lineno=node.lineno), " joined")

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:
        self.generic_visit(node)
        node.expr = _make_filter(node.expr, " made")
        for operand in node.ops:
            operand.expr = _make_filter(operand.expr, " made")
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:
        self.generic_visit(node)
        return _make_filter(node, " made") if isinstance(node.arg, nodes.Slice) else node

    def visit_List(self, node: nodes.List | nodes.Tuple | nodes.Dict) -> nodes.Node:
        self.generic_visit(node)
        return node if getattr(node, "ctx", "load") != "load" else _make_filter(node, " made")

    visit_Tuple = visit_Dict = visit_List


def _make_filter(node: Any, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


_OWN_FILTERS = {name: run for name, run in FILTERS.items() if name != "random"}


@cache
def _metered_filters() -> dict[str, Callable[..., Any]]:
    """The filters of every environment, each of which is handed what has the meter: nobody changes them."""
    filters = {name: _meter_filter(name, run) for name, run in _OWN_FILTERS.items()}
    # names with a space cannot be written in a template
    filters[" each"] = jinja2.pass_context(lambda inside, items: _meter_of(inside).steps(iterable(items)))
    filters[" made"] = jinja2.pass_context(lambda inside, value: _meter_of(inside).admit(value))
    filters[" joined"] = jinja2.pass_context(_join)
    return filters


def _join(inside: jinja2.runtime.Context, pieces: Iterable[Any]) -> str:
    meter = _meter_of(inside)
    return meter.joined(admit_to_text(piece, meter) for piece in pieces)


def _meter_of(inside: Any) -> Meter:
    """The meter of an environment, or of what stands in one."""
    meter: Meter = getattr(inside, "environment", inside).meter
    return meter


def _meter_filter(name: str, run: Callable[..., Any]) -> Callable[..., Any]:
    takes_more = hasattr(run, "jinja_pass_arg")

    def metered(inside: Any, *args: Any, **given: Any) -> Any:
        meter = _meter_of(inside)
        values = tuple(meter.charged(a) for a in args)
        if values and callable(values[0]) and not isinstance(values[0], jinja2.Undefined):
            raise TemplateFault(f"`{name}` is given a function; expected a value")
        meter.before(name, values[0] if values else None, values[1:], given)
        try:
            made = run(inside, *values, **given) if takes_more else run(*values, **given)
        except _TOLD:
            raise
        except Exception:  # what a filter says of its values is said in its own words
            raise refused(values, given) from None
        return meter.admit(one_by_one(made, values, given) if isinstance(made, GeneratorType) else made)

    def one_by_one(items: Iterator[Any], values: tuple[Any, ...], given: Mapping[str, Any]) -> Iterator[Any]:
        try:
            yield from items
        except _TOLD:
            raise
        except Exception:
            raise refused(values, given) from None

    def refused(values: tuple[Any, ...], given: Mapping[str, Any]) -> TemplateFault:
        return _explain_refusal(name, values[0] if values else None, [*values[1:], *given.values()])

    jinja2.pass_environment(metered)
    metered.__dict__ |= getattr(run, "__dict__", {})  # what else Jinja is to hand it first
    return metered


def _explain_refusal(name: str, value: Any, given: list[Any]) -> TemplateFault:
    behind = f" with {_kinds(given)}" if given else ""
    message = f"`| {name}` cannot be used on {kind(value)}{behind}"
    return TemplateFault(message, _here(value, *given), f"what it takes: {FILTERS_PAGE}#jinja-filters.{name}")
