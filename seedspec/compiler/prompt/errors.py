"""What goes wrong while a template is rendered, as a fault with its place, in words about the template."""

from __future__ import annotations

import re
from types import TracebackType
from typing import Any, NamedTuple

import jinja2
from jinja2 import nodes
from jinja2.utils import missing

from seedspec.catalog.schema import shorten
from seedspec.compiler.prompt.meter import Excess
from seedspec.compiler.prompt.other_methods import method_advice
from seedspec.compiler.prompt.parts import Part
from seedspec.text.diagnostic import did_you_mean, list_words

IN_INCLUDED = "here, in the included file"
"""The note that has the place of a fault that lies in an included file."""
FILTERS_PAGE = "https://jinja.palletsprojects.com/templates/"


class Change(NamedTuple):
    """What to write in place of a stretch of a template's text."""

    start: int
    end: int
    text: str


class Included(NamedTuple):
    """A stretch of an included file: the name that it is included by, its text, and the offsets in it."""

    name: str
    text: str
    start: int
    end: int


class TemplateFault(Exception):
    """A template could not be rendered; the message is one line, `notes` say what to do.

    `place` is the stretch of the template's text that is at fault, None for all of it, and `whole` the expression that
    it is the end of; `inside` is the place in an included file where the fault lies. `word` is the name that was not
    found; `owner` is the mapping that has not got it, and `key` its name there. A message that begins with `found` gets
    the part as its subject.
    """

    def __init__(self, message: str, *notes: str, code: str = "template-failed", word: str = "") -> None:
        super().__init__(message)
        self.code, self.notes, self.word = code, notes, word
        self.place: tuple[int, int] | None = None
        self.whole: tuple[int, int] | None = None
        self.changes: tuple[Change, ...] = ()
        self.inside: Included | None = None
        self.owner: object = None
        self.key = ""


class RefFault(TemplateFault):
    """`ref()` was called with a name that the entry's references do not have."""


class RefSyntax(TemplateFault):
    """`ref` was given its name in another way than `ref('name')`; `word` is the name."""


class MissingValue(jinja2.UndefinedError):
    """Something was asked for that is not there: `name` of `owner`, or a name of the scope where `owner` is None."""

    def __init__(self, message: str, name: Any, *owner: Any) -> None:
        super().__init__(message)
        self.name, self.owner = name, owner


class Missing(jinja2.StrictUndefined):
    """What a template reads and is not there: an error as soon as it is used, which knows what was asked for."""

    __slots__ = ()

    def __init__(self, hint: str | None = None, obj: Any = missing, name: Any = None, exc: Any = None) -> None:
        owner = () if obj is missing else (obj,)

        def error(message: str) -> MissingValue:
            return MissingValue(message, name, *owner)

        super().__init__(hint, obj, name, error)  # type: ignore[arg-type]  # it is called, and nothing more


def kind(value: Any) -> str:
    """What a value is, in the words of a message: the same for each label that a row may have."""
    if value is None or isinstance(value, (bool, jinja2.Undefined)):
        return say_value(value)
    if isinstance(value, str):
        return "a text"
    return "a number" if isinstance(value, (int, float)) else say_value(value)


def say_value(value: Any) -> str:
    """A value as a note says it. Nothing in it is Python's own way of writing."""
    if value is None:
        return "nothing"
    if isinstance(value, jinja2.Undefined):
        return "something that is not defined"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, str):
        return f"the text `{shorten(value, 40)}`" if value.strip() else "no text"
    if isinstance(value, int):
        return f"the number {value}" if value.bit_length() < 128 else "a very large number"
    if isinstance(value, float):
        return f"the number {value:g}" if abs(value) < float("inf") else "a number that is too large"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, range):
        return "a range (`| list` makes a list of it)"
    return "a function" if callable(value) else "something that is no value"


def fault_of(error: BaseException, part: Part | None) -> TemplateFault:
    """What was raised while a template was rendered, as a fault of the part that raised it."""
    if isinstance(error, TemplateFault):
        fault = error
        said = str(error)
        about = _about(part, of_call=error.args[0].endswith("no function"))
        if said.startswith("found ") and about:
            fault.args = (f"`{about}` is {said.removeprefix('found ')}",)
        return fault
    if isinstance(error, Excess):
        return TemplateFault(f"the template {error}", code="template-excess")
    if isinstance(error, MissingValue):
        return _missing(error, part)
    if isinstance(error, jinja2.TemplateNotFound):
        note = "the path begins at the storyboard's folder; the file is UTF-8 text"
        if "\\" in str(error.name):
            slashes = str(error.name).replace("\\", "/")
            note = f"a path is written with `/`: `'{shorten(slashes)}'`"
        return TemplateFault(f"`{shorten(str(error.name), 80)}` is no text file below the storyboard's folder", note)
    if isinstance(error, (RecursionError, MemoryError, SyntaxError)):
        return TemplateFault("the template is nested too deeply")
    if isinstance(error, jinja2.TemplateRuntimeError):
        m = re.match(r"No (filter|test) named '(.+)' found", str(error))
        if m is not None:
            return TemplateFault(f"templates have no {m[1]} `{m[2]}`")
    return _by_part(str(error), part)


def _missing(error: MissingValue, part: Part | None) -> TemplateFault:
    """Says what is not there, and what is in its place."""
    name = error.name if isinstance(error.name, str) else ""
    said, code = error.args[0], "undefined-name"
    if m := re.match(r"the template '(.+?)' .*does not export the requested name '(.+)'", said):
        return TemplateFault(f"`{m[1]}` has no `{m[2]}` to import")
    if m := re.match(r"there is no (?:parent )?block (?:called|named) '(.+)'", said):
        return TemplateFault(f"no block `{m[1]}` stands above this one")
    if said.startswith("access to attribute"):
        if name.startswith("_"):
            return TemplateFault(f"`{name}` is not allowed in a template")
        note = "templates cannot change a value: `+` makes one list of two"
        return TemplateFault(f"`{name}` is not allowed in a template: it would change {_show_owner(error, part)}", note)
    if not error.owner:
        return TemplateFault(f"`{shorten(name)}` is not defined", code=code, word=name)
    owner, subject = error.owner[0], part.owner if part is not None and len(part.owner) <= 40 else ""
    subject = f"`{subject}`" if subject else ""
    if error.name == ():
        note = "a value of a list is named by its number, `[0]`, and one of a mapping by its key, `['name']`"
        return TemplateFault("nothing stands between `[` and `]`", note)
    if isinstance(owner, dict):
        keys = [str(k) for k in owner]
        has = f"{subject or 'the mapping'} has {list_words(keys)}" if keys else f"{subject or 'the mapping'} is empty"
        what = f"`{shorten(str(error.name))}` is not defined; {has.replace(' or ', ' and ')}"
        notes = did_you_mean(name, keys)
        if name in ("label", "name", "key", "id") and subject:
            notes = (f"`label.{subject.strip('`')}` is the label of an axis",)
        fault = TemplateFault(what, *notes, code=code)
        fault.owner, fault.key = owner, name
        return fault
    if isinstance(owner, (list, tuple)) and isinstance(error.name, int):
        count = f"{len(owner)} item{'' if len(owner) == 1 else 's'}" if owner else "no items"
        ends = (f"the first is `[0]`, the last `[{len(owner) - 1}]`",) if owner else ()
        return TemplateFault(f"{subject or 'the list'} has {count}; `[{error.name}]` is none of them", *ends, code=code)
    if callable(owner):
        loop = ("a loop is written `{% for item in list %}`",) if subject == "`range`" else ()
        return TemplateFault(
            f"`{shorten(name)}` is not defined; {subject or 'what it is asked of'} is a function", *loop, code=code
        )
    what = f"{subject or 'what it is asked of'} is {kind(owner)}"
    notes = method_advice(subject.strip("`") or "name", name)
    notes = notes or did_you_mean(name, [m for m in dir(owner) if not m.startswith("_")])
    if not notes and subject and isinstance(owner, (str, int, float)):
        notes = (f"write {subject} alone: here it is {say_value(owner)}",)
    return TemplateFault(f"`{shorten(str(error.name))}` is not defined; {what}", *notes, code=code)


def _show_owner(error: MissingValue, part: Part | None) -> str:
    owner = error.owner[0] if error.owner else None
    return f"`{part.owner}`" if part is not None and 0 < len(part.owner) <= 40 else say_value(owner)


def _about(part: Part | None, *, of_call: bool) -> str:
    """The expression that a sentence can begin with, or what it calls: one that is short, and no sum of others."""
    if part is None or not isinstance(part.node, (nodes.Name, nodes.Getattr, nodes.Getitem, nodes.Call)):
        return ""
    text = part.owner if of_call else part.text
    return text if len(text) <= 40 and "\n" not in text else ""


_SIGNS = {
    "eq": "==", "ne": "!=", "gt": ">", "gteq": ">=", "lt": "<", "lteq": "<=", "in": "in", "notin": "not in",
}  # fmt: skip
_KINDS = {
    "str": "a text", "int": "a number", "float": "a number", "list": "a list", "tuple": "a list",
    "dict": "a mapping", "NoneType": "nothing", "bool": "true or false", "range": "a range",
}  # fmt: skip


def _by_part(said: str, part: Part | None) -> TemplateFault:
    """A complaint that no other words are known for: what it is about is known from the part."""
    node = part.node if part is not None else None
    if isinstance(node, nodes.Compare):
        if m := re.search(r"'(.+)' not supported between instances of '(\w+)' and '(\w+)'", said):
            kinds = [_KINDS.get(k, "another value") for k in (m[2], m[3])]
            return TemplateFault(f"`{m[1]}` cannot compare {kinds[0]} with {kinds[1]}")
        if any(op.op in ("in", "notin") for op in node.ops):
            return TemplateFault("`in` looks for a text in a text, or for a value in a list or mapping")
        return TemplateFault(f"`{_SIGNS.get(node.ops[0].op, '==')}` cannot compare these values")
    if isinstance(node, nodes.Test):
        return TemplateFault(
            f"the test `{node.name}` cannot be asked of this value", f"{FILTERS_PAGE}#list-of-builtin-tests"
        )
    if isinstance(node, (nodes.For, nodes.Assign)) and isinstance(node.target, nodes.Tuple):
        count = len(node.target.items)
        return TemplateFault(f"{count} names stand here; expected items of {count} values each")
    if isinstance(node, nodes.Assign):
        return TemplateFault("a name with a dot can be set only of a `namespace()`")
    if isinstance(node, (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        return TemplateFault("the path of a template file must be a text: `{% include 'words.j2' %}`")
    if isinstance(node, nodes.Filter):
        return TemplateFault(f"the filter `{node.name}` cannot be used like this", FILTERS_PAGE)
    about = f"`{shorten(part.text, 60)}`" if part is not None and isinstance(node, nodes.Expr) else "the template"
    return TemplateFault(f"{about} has no value")


class At(NamedTuple):
    """Where a fault arose: the number of a part, and the included file with the number of its own part."""

    number: int
    file: str
    file_number: int


def part_of(error: BaseException) -> At:
    """The innermost part of the outermost template, and the same of an included one."""
    at = At(getattr(error, "part", -1), "", -1)
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if isinstance(template, jinja2.Template):
            number = template.get_corresponding_lineno(trace.tb_lineno)
            at = at._replace(number=number) if template.name is None else At(at.number, template.name, number)
        trace = trace.tb_next
    return at
