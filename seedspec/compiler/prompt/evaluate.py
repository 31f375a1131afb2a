"""A piece of a template as a function of its tree: of one without loops, calls and names of its own.

The template language would first make code of the piece, which takes ten times as long as reading it. A function made
here gives the same text for the same work, or raises: whoever gets an error renders the whole template to say what is
wrong.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jinja2 import nodes

from seedspec.compiler.prompt.parts import constant_of
from seedspec.compiler.prompt.sandbox import Environment
from seedspec.compiler.prompt.value import admit_to_text

Run = Callable[[Mapping[str, Any]], Any]
_Write = Callable[[Mapping[str, Any], list[str]], None]
_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "lteq": operator.le, "gt": operator.gt,
    "gteq": operator.ge, "in": lambda one, several: one in several, "notin": lambda one, several: one not in several,
}  # fmt: skip


def evaluation(tree: nodes.Template, environment: Environment) -> Run | None:
    """The text of a tree as a function of what it may read; None where it takes the code of the template language."""
    try:
        write = _Evaluation(environment).body(tree.body)
    except _TakesCode:
        return None
    joined = environment.meter.joined

    def run(scope: Mapping[str, Any]) -> str:
        out: list[str] = []
        write(scope, out)
        return joined(out)

    return run


class _TakesCode(Exception):
    pass


class _Evaluation:
    def __init__(self, environment: Environment) -> None:
        self._env, self._meter = environment, environment.meter

    def body(self, body: Sequence[nodes.Node]) -> _Write:
        """What statements write, one after the other."""
        steps: list[_Write] = []
        for node in body:
            if isinstance(node, nodes.If):
                steps.append(self._choice(node))
            elif isinstance(node, nodes.Output):
                steps += [self._output(one) for one in node.nodes]
            else:
                raise _TakesCode

        def write(scope: Mapping[str, Any], out: list[str]) -> None:
            for step in steps:
                step(scope, out)

        return write

    def _choice(self, node: nodes.If) -> _Write:
        branches = [(self._value(one.test), self.body(one.body)) for one in (node, *node.elif_)]
        otherwise = self.body(node.else_)

        def write(scope: Mapping[str, Any], out: list[str]) -> None:
            next((body for test, body in branches if test(scope)), otherwise)(scope, out)

        return write

    def _output(self, node: nodes.Expr) -> _Write:
        if isinstance(node, nodes.TemplateData):
            data = node.data
            return lambda _, out: out.append(data)
        if isinstance(node, nodes.Const):  # which the language works out beforehand
            raise _TakesCode
        value, meter = self._value(node), self._meter
        return lambda scope, out: out.append(str(admit_to_text(value(scope), meter)))

    def _value(self, node: nodes.Node) -> Run:
        env, meter = self._env, self._meter
        if isinstance(node, nodes.Const) or (
            isinstance(node, (nodes.List, nodes.Tuple)) and all(isinstance(one, nodes.Const) for one in node.items)
        ):
            constant = node.as_const()
            return lambda _: constant
        if isinstance(node, nodes.Name) and node.name not in env.globals and node.name != "self":
            return operator.itemgetter(node.name)
        if isinstance(node, nodes.Getattr):
            owner, key = self._value(node.node), node.attr
            return lambda scope: env.getattr(owner(scope), key)
        if isinstance(node, nodes.Getitem) and not isinstance(node.arg, nodes.Slice):
            owner, item = self._value(node.node), self._value(node.arg)
            return lambda scope: env.getitem(owner(scope), item(scope))
        if isinstance(node, nodes.Compare) and len(node.ops) == 1:
            left, right, compare = self._value(node.expr), self._value(node.ops[0].expr), _COMPARE[node.ops[0].op]
            return lambda scope: compare(meter.admit(left(scope)), meter.admit(right(scope)))
        if isinstance(node, nodes.And):
            left, right = self._value(node.left), self._value(node.right)
            return lambda scope: left(scope) and right(scope)
        if isinstance(node, nodes.Or):
            left, right = self._value(node.left), self._value(node.right)
            return lambda scope: left(scope) or right(scope)
        if isinstance(node, nodes.Not):
            negated = self._value(node.node)
            return lambda scope: not negated(scope)
        if isinstance(node, nodes.Filter) and node.node is not None and not _has_more(node):
            change, values = env.filter_of_values(node.name), [self._value(one) for one in (node.node, *node.args)]
            if change is not None:
                return lambda scope: change(*[value(scope) for value in values])
        if isinstance(node, nodes.Call) and (name := constant_of(node)) is not None and not _has_more(node):
            return self._reference(name, env.globals["ref"])
        raise _TakesCode

    def _reference(self, name: str, ref: Any) -> Run:
        meter = self._meter

        def value(_: Mapping[str, Any]) -> Any:
            meter.before("", None, (name,), {})
            return meter.admit(ref(name))

        return value


def _has_more(node: nodes.Call | nodes.Filter) -> bool:
    """Whether anything is given by name, or as a list."""
    return bool(node.kwargs or node.dyn_args or node.dyn_kwargs)
