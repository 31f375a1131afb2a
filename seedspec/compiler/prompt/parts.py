"""The parts of a template, each with its place in the text: what a finding about one of them marks.

In a compiled template each part has a number where the template language keeps the number of a line. What fails while
it is rendered is told by the number alone; the places are worked out then, by reading the text a second time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import jinja2
from jinja2 import nodes
from jinja2.compiler import CodeGenerator
from jinja2.lexer import Lexer, TokenStream
from jinja2.parser import Parser

_OPENING, _CLOSING = ("(", "[", "{"), (")", "]", "}")
_OWN_LINE = (
    nodes.Getattr, nodes.Getitem, nodes.Call, nodes.Filter, nodes.Test, nodes.Compare, nodes.BinExpr, nodes.UnaryExpr,
    nodes.CondExpr,
)  # fmt: skip


class Token(NamedTuple):
    """A word or sign of a template. `kind` is the template language's name for it."""

    start: int
    kind: str
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


class Part(NamedTuple):
    """A part that is marked from `start` to `end`.

    `text` is the whole expression, which begins at `first`, and `owner` what it asks something of.
    """

    node: nodes.Node
    start: int
    end: int
    first: int
    text: str
    owner: str


class PartLines(CodeGenerator):
    """Begins a line of its own for each part of an expression, so that whatever fails is known to be that part."""

    _inside = False
    _leading = False
    """Whether the next part stands first in its whole, which begins where the part does, or at its parenthesis."""

    def visit(self, node: nodes.Node, *args: Any, **named: Any) -> Any:
        if not (isinstance(node, _OWN_LINE) or (isinstance(node, nodes.Name) and node.ctx == "load")):
            return super().visit(node, *args, **named)
        inside, opens = self._inside, self._leading or not self._inside
        if opens:  # a line may end only within parentheses
            self.write("(")
        self._inside = True
        self.newline(node)
        self._leading = isinstance(node, nodes.Compare) or isinstance(getattr(node, "arg", None), nodes.Slice)
        super().visit(node, *args, **named)
        self._leading = False
        if opens:
            self.write(")")
        self._inside = inside
        return None

    def visit_Assign(self, node: nodes.Assign, *args: Any, **named: Any) -> Any:
        self.newline(node)  # also for what is asked of its target
        return super().visit_Assign(node, *args, **named)


def number_parts(tree: nodes.Template) -> None:
    """Gives each node its number, in the order in which `Parts` counts them."""
    for number, node in enumerate(nodes_of(tree)):
        node.lineno = number


def tokens_of(lexer: Lexer, text: str) -> Iterator[Token]:
    """The tokens of a text with their places. A complaint has its place as the number of its line."""
    at = 0
    try:
        for _, kind, value in lexer.tokeniter(text, None):
            at = max(at, text.find(value, at))  # what is passed over between two tokens is white space
            yield Token(at, kind, value)
            at += len(value)
    except jinja2.TemplateSyntaxError as error:
        error.lineno = at
        raise


class Parts:
    """A template's text, read with places. Raises TemplateSyntaxError, its `lineno` a place, where it is broken.

    `tokens` are filled as far as the text could be read.
    """

    def __init__(self, environment: jinja2.Environment, text: str) -> None:
        self.text = text
        self.tokens: list[Token] = []
        parser = Parser(environment, "")
        parser.stream = TokenStream(environment.lexer.wrap(self._read(environment.lexer), None), None, None)
        self.tree = parser.parse()
        self.nodes = nodes_of(self.tree)
        self._index = {t.start: i for i, t in enumerate(self.tokens)}

    def _read(self, lexer: Lexer) -> Iterator[tuple[int, str, str]]:
        for token in tokens_of(lexer, self.text):
            if token.kind != "whitespace":
                self.tokens.append(token)
            yield token.start, token.kind, token.text

    def numbered(self, number: int) -> Part | None:
        """The part of a number; None where there is none."""
        return self.part(self.nodes[number]) if 0 <= number < len(self.nodes) else None

    def part(self, node: nodes.Node) -> Part:
        first, last = self._extent(node)
        start, end = self.tokens[first].start, self.tokens[last].end
        whole = (start, end)
        if isinstance(node, nodes.Getattr):
            start, end = self.tokens[last].start, self.tokens[last].end
        elif isinstance(node, nodes.Filter):
            start = node.lineno
        inner = getattr(node, "node", None)
        return Part(
            node, start, end, whole[0], self.text[slice(*whole)], self.text_of(inner) if inner is not None else ""
        )

    @property
    def sole(self) -> Part | None:
        """The expression of a text that is one `{{ expression }}` and nothing else."""
        output = self.tree.body[0] if len(self.tree.body) == 1 else None
        one = output.nodes[0] if isinstance(output, nodes.Output) and len(output.nodes) == 1 else None
        return self.part(one) if one is not None and not isinstance(one, nodes.TemplateData) else None

    def asked(self, node: nodes.Node, name: object, *, owned: bool) -> Part | None:
        """The part of a node that asks for a name, of a value (`owned`) or of the scope."""
        for one in (node, *node.find_all((nodes.Getattr, nodes.Getitem, nodes.Name))):
            if isinstance(one, nodes.Name) and not owned and one.name == name:
                return self.part(one)
            if isinstance(one, nodes.Getattr) and owned and one.attr == name:
                return self.part(one)
            if isinstance(one, nodes.Getitem) and owned:
                key = one.arg.value if isinstance(one.arg, nodes.Const) else name
                if key == name:
                    return self.part(one)
        return None

    def text_of(self, node: nodes.Node) -> str:
        """A node as its author wrote it."""
        first, last = self._extent(node)
        return self.text[self.tokens[first].start : self.tokens[last].end]

    def _extent(self, node: nodes.Node) -> tuple[int, int]:
        """The first and the last token of a node: of a statement, those of its tag."""
        # a comparison is given the place behind it
        at = -1 if isinstance(node, nodes.Compare) else self._index.get(node.lineno, -1)
        if isinstance(node, nodes.Stmt) and not isinstance(node, nodes.Output):
            first = next((i for i in range(at, -1, -1) if self.tokens[i].kind == "block_begin"), at)
            last = next((i for i in range(at, len(self.tokens)) if self.tokens[i].kind == "block_end"), at)
            return first, last
        # what has no place of its own, such as the operand of a comparison, is where its parts are
        inner = [self._extent(child) for child in node.iter_child_nodes()] + (
            [(at, at + _more(node))] if at >= 0 else []
        )
        first, last = min((i for i, _ in inner), default=0), max((i for _, i in inner), default=0)
        return self._balance(first, min(last, len(self.tokens) - 1))

    def _balance(self, first: int, last: int) -> tuple[int, int]:
        depth = lowest = 0
        for token in self.tokens[first : last + 1]:
            depth += _step(token)
            lowest = min(lowest, depth)
        depth -= lowest
        while lowest < 0 and first > 0:
            first -= 1
            lowest += _step(self.tokens[first])
        while depth > 0 and last < len(self.tokens) - 1:
            last += 1
            depth += _step(self.tokens[last])
        return first, last


def _more(node: nodes.Node) -> int:
    """How many tokens of its own a node has behind its first one, brackets left out."""
    return 1 if isinstance(node, (nodes.Getattr, nodes.Test)) else 0


def _step(token: Token) -> int:
    if token.kind != "operator":
        return 0
    return 1 if token.text in _OPENING else -1 if token.text in _CLOSING else 0


def nodes_of(tree: nodes.Template) -> list[nodes.Node]:
    """All nodes of a tree, in the order of their numbers."""
    stack: list[nodes.Node] = [tree]
    found = []
    while stack:
        node = stack.pop()
        found.append(node)
        stack.extend(node.iter_child_nodes())
    return found


def is_sole(environment: jinja2.Environment, text: str) -> bool:
    """Whether a value is exactly one `{{ expression }}`."""
    stripped = text.strip()
    if not (stripped.startswith("{{") and stripped.endswith("}}")):
        return False
    kinds = [kind for _, kind, _ in environment.lex(stripped) if kind != "whitespace"]
    return kinds.count("variable_begin") == 1 and kinds[-1] == "variable_end" and "data" not in kinds


def constant_of(call: nodes.Call) -> str | None:
    """The constant name that a call gives to `ref()`; None for any other call."""
    if isinstance(call.node, nodes.Name) and call.node.name == "ref" and len(call.args) == 1:
        given = call.args[0]
        if isinstance(given, nodes.Const) and isinstance(given.value, str):
            return given.value
    return None
