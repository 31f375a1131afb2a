"""The sandbox that templates run in: strict, without clock, randomness or environment, and metered throughout."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from seedspec.compiler.prompt.errors import TemplateFault
from seedspec.compiler.prompt.meter import Meter
from seedspec.compiler.prompt.value import shown

Ref = Callable[[str], str]


class Refs:
    """What `ref` is in every template, also in imported macros: the attaching function of the entry at hand."""

    current: Ref

    def __call__(self, *names: object, **named: object) -> str:
        if len(names) != 1 or named or not isinstance(names[0], str):
            found = ", ".join(repr(n)[:40] for n in names) or "nothing"
            raise TemplateFault(f"`ref()` takes the name of one reference; found {found}", word="ref")
        return self.current(names[0])

    def __str__(self) -> str:
        return "ref"


class Environment(ImmutableSandboxedEnvironment):
    """The sandbox, with a meter at everything that may swell a value or go on for long."""

    intercepted_binops = frozenset({"*", "**", "+", "-", "/", "//", "%"})

    def __init__(self, meter: Meter, read: Callable[[str], str | None]) -> None:
        super().__init__(
            undefined=jinja2.StrictUndefined,
            loader=jinja2.FunctionLoader(read),
            autoescape=False,
            cache_size=1000,
            finalize=lambda value: shown(value, meter),
        )
        self.meter = meter
        del self.globals["lipsum"], self.filters["random"]
        self.filters = {name: _metered(name, run, meter) for name, run in self.filters.items()}
        # names with a space cannot be written in a template
        self.filters |= {
            " each": jinja2.pass_context(lambda _, items: meter.steps(items)),
            " made": jinja2.pass_context(lambda _, value: meter.admit(value)),
            " joined": jinja2.pass_context(lambda _, pieces: meter.joined(shown(p, meter) for p in pieces)),
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
