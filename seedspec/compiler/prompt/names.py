"""Names that a template reads and its scope lacks: what their author may have meant, and what to write."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from typing import NamedTuple

from jinja2 import nodes

from seedspec.compiler.prompt.errors import Change
from seedspec.compiler.prompt.parts import Parts
from seedspec.text.diagnostic import did_you_mean, list_words


class Names(NamedTuple):
    """What a template of a shot may name. `axes` have the place of each axis, `dropped` are left out with `only`."""

    known: frozenset[str]
    references: Collection[str]
    axes: Mapping[str, str]
    dropped: Collection[str]
    filters: Collection[str] = ()
    in_prompt: bool = True


class Unknown(NamedTuple):
    """A name that is not defined, from `start` to `end` of the text, with what to do."""

    word: str
    start: int
    end: int
    message: str
    notes: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()


_HOLDERS = frozenset(
    (
        "vars",
        "var",
        "variables",
        "matrix",
        "axes",
        "axis",
        "row",
        "cell",
        "values",
        "value",
        "params",
        "inputs",
        "input",
    )
) | frozenset(("data", "context", "ctx", "config", "storyboard", "board", "defaults", "this", "args", "props"))
_LABELS = frozenset(("labels", "label_of", "ids"))
_NO_ENVIRONMENT = "templates read no environment and no secrets; a value stands under `vars`"
_NO_CLOCK = "there is no clock in a storyboard: the same text is the same requests; a date stands under `vars`"
_NO_RANDOMNESS = "there is no randomness in a storyboard: an axis holds the variants, and `takes` makes more of one"
_CONTINUED = "a shot's video is a reference of another: `references: {before: {shot: open}}`, then `ref('before')`"
_OTHERS: Mapping[str, str] = (
    dict.fromkeys(("env", "environ", "os", "getenv", "secrets", "github", "lookup", "query"), _NO_ENVIRONMENT)
    | dict.fromkeys(("now", "today", "date", "datetime", "time", "timestamp", "strftime"), _NO_CLOCK)
    | {
        word: f"a tag is written `{{% {word} %}}`"
        for word in ("else", "endif", "endfor", "endset", "endmacro", "endblock", "raw", "endraw")
    }
    | dict.fromkeys(("random", "rand", "randint", "uuid", "choice", "lipsum", "seed"), _NO_RANDOMNESS)
    | {
        "needs": _CONTINUED,
        "steps": _CONTINUED,
        "jobs": _CONTINUED,
        "outputs": _CONTINUED,
        "concat": "`{{ a ~ b }}` joins texts; so does writing one behind the other",
        "concatenate": "`{{ a ~ b }}` joins texts; so does writing one behind the other",
        "if": "a choice is written `{{ 'night' if look == 'noir' else 'day' }}`",
        "iif": "a choice is written `{{ 'night' if look == 'noir' else 'day' }}`",
        "include": "`{% include 'words.j2' %}` puts a text file here",
        "vlookup": "a table is an axis with a mapping for each label: `look: {noir: {words: …}}`, then `look.words`",
        "xlookup": "a table is an axis with a mapping for each label: `look: {noir: {words: …}}`, then `look.words`",
        "item": "`{% for item in list %}` gives each value of a list that name; an axis has its own name",
        "loop": "`loop` is known inside `{% for %}` alone; `take` is the number of the take",
        "index": "`loop.index` counts inside `{% for %}`; `take` is the number of the take",
        "id": "`shot.id` is the id of the shot",
        "prompt": "a prompt cannot read itself; text for several prompts stands under `vars`",
        "file": "`{% include 'words.j2' %}` puts a text file here",
        "read": "`{% include 'words.j2' %}` puts a text file here",
        "format": "`{{ '%s and %s' | format(a, b) }}` fills values into a text; `{{ a }}` alone does too",
        "super": "`super()` is known inside `{% block %}` alone",
        "print": "`{{ name }}` writes a value",
        "null": "nothing is written `none`",
        "nil": "nothing is written `none`",
        "contains": "write `'noir' in look`",
        "startswith": "write `look.startswith('noir')`",
        "ternary": "write `'night' if look == 'noir' else 'day'`",
        "references": "`ref('hero')` names a reference",
        "reference": "`ref('hero')` names a reference",
        "image": "`ref('hero')` names a reference, whatever its kind",
        "video": "`ref('hero')` names a reference, whatever its kind",
        "audio": "`ref('hero')` names a reference, whatever its kind",
        "enumerate": "`loop.index` counts inside `{% for %}`",
    }
)  # fmt: skip
_FUNCTIONS = {
    "len": "length", "str": "string", "sorted": "sort", "size": "length", "uppercase": "upper", "toJSON": "tojson",
    "toUpperCase": "upper", "toLowerCase": "lower", "lowercase": "lower", "strip": "trim",
}  # fmt: skip


def unknown_names(parts: Parts, missing: Collection[str], names: Names) -> list[Unknown]:
    """What to say of each place of each missing name; names that one mistake made unknown are told together."""
    parents = {id(child): node for node in parts.nodes for child in node.iter_child_nodes()}
    inner = {n.name for loop in parts.nodes if isinstance(loop, nodes.For) for n in _set_in(loop)}
    found: list[Unknown] = []
    told: set[int] = set()
    for node in sorted((n for n in parts.nodes if isinstance(n, nodes.Name)), key=lambda n: n.lineno):
        if node.ctx == "load" and node.name in missing and id(node) not in told:
            found.append(_explain(node, parents, parts, names, inner, told))
    return found


def _set_in(loop: nodes.For) -> list[nodes.Name]:
    assigned = [a for a in loop.find_all((nodes.Assign, nodes.AssignBlock)) if hasattr(a, "target")]
    return [n for a in assigned for n in (a.target, *a.target.find_all(nodes.Name)) if isinstance(n, nodes.Name)]


def _explain(
    node: nodes.Name, parents: Mapping[int, nodes.Node], parts: Parts, names: Names, inner: set[str], told: set[int]
) -> Unknown:
    word, parent = node.name, parents.get(id(node))
    start, end = node.lineno, node.lineno + len(word)
    message = f"`{word if len(word) <= 60 else word[:59] + '…'}` is not defined"
    if isinstance(parent, (nodes.Call, nodes.Filter)) and parent.node is node:  # what is given to it is no news then
        told.update(id(n) for n in parent.find_all(nodes.Name))
    if word in names.dropped:
        return Unknown(
            word, start, end, message, (f"`{word}` is an axis of the storyboard that this shot leaves out with `only`",)
        )
    if (hyphen := _find_hyphen(node, parents, parts, names, told)) is not None:
        return hyphen
    if isinstance(parent, nodes.Call) and isinstance(parent.node, nodes.Name) and parent.node.name == "ref":
        return _find_unquoted(word, start, end, message, names)
    attribute = _attribute(node, parent)
    if attribute and (word in _HOLDERS or word in _LABELS) and isinstance(parent, nodes.Node):
        whole = parts.part(parent)
        if attribute in names.known:
            ours = f"label.{attribute}" if word in _LABELS and attribute in names.axes else attribute
            return Unknown(word, start, end, message, (f"write `{ours}`",), (Change(start, whole.end, ours),))
        return Unknown(word, start, end, message, ("vars and axes are read by their own names alone",))
    if word in names.references and names.in_prompt:
        sole = isinstance(parent, nodes.Output)
        changes = (Change(start, end, f"ref('{word}')"),) if sole else ()
        return Unknown(word, start, end, message, (f"write `ref('{word}')` to name a reference",), changes)
    if same := _same_but_case(word, names.known):
        return Unknown(word, start, end, message, (f"did you mean `{same}`?",), (Change(start, end, same),))
    if word in inner:
        before, inside = f"{{% set ns = namespace({word}='') %}}", f"{{% set ns.{word} = … %}}"
        note = f"what `{{% for %}}` sets ends with it: `{before}` before it, `{inside}` in it, `ns.{word}` behind it"
        return Unknown(word, start, end, message, (note,))
    if other := _OTHERS.get(word.lower()):
        return Unknown(word, start, end, message, (other,))
    filter_name = _FUNCTIONS.get(word, word)
    if isinstance(parent, nodes.Call) and parent.node is node and filter_name in names.filters:
        given = parts.text_of(parent.args[0]) if parent.args else "value"
        return Unknown(
            word, start, end, message, (f"`{filter_name}` is a filter: write `{given[:40]} | {filter_name}`",)
        )
    if isinstance(parent, nodes.Operand) and (compared := parents.get(id(parent))) is not None:
        left = compared.expr if isinstance(compared, nodes.Compare) else None
        if isinstance(left, nodes.Name) and (left.name in names.axes or id(left) in told):
            note = f"a text stands in quotes: `'{word[:40]}'`"
            return Unknown(word, start, end, message, (note,))
    if isinstance(parent, nodes.Compare):
        told.add(id(node))
        told.update(id(o.expr) for o in parent.ops if isinstance(o.expr, nodes.Name))
    if _of_path(node, parents, parts):
        top: nodes.Node = node
        while isinstance(parents.get(id(top)), (nodes.Div, nodes.Getattr, nodes.Sub)):
            top = parents[id(top)]
        told.update(id(n) for n in top.find_all(nodes.Name))
        told.add(id(node))
        path = parts.text_of(top)
        note = f"a path stands in quotes: `'{path[:60]}'`"
        at = parts.part(top).first
        return Unknown(word, at, at + len(path), f"`{path[:60]}` is a path without quotes", (note,))
    return Unknown(word, start, end, message, _nearest(word, names) or _declare(node, parent, names))


def _attribute(node: nodes.Name, parent: nodes.Node | None) -> str:
    """The word that is asked of a name: `brand` of `vars.brand` and of `vars['brand']`; "" for none."""
    if isinstance(parent, nodes.Getattr):
        return parent.attr
    if isinstance(parent, nodes.Getitem) and parent.node is node and isinstance(parent.arg, nodes.Const):
        return parent.arg.value if isinstance(parent.arg.value, str) else ""
    return ""


def _of_path(node: nodes.Name, parents: Mapping[int, nodes.Node], parts: Parts) -> bool:
    """Whether a name belongs to a path that a tag takes, and that has no quotes."""
    top: nodes.Node = node
    while isinstance(parents.get(id(top)), (nodes.Div, nodes.Getattr, nodes.Sub)):
        top = parents[id(top)]
    return isinstance(parents.get(id(top)), (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends))


def _declare(node: nodes.Name, parent: nodes.Node | None, names: Names) -> tuple[str, ...]:
    """What to do about a name that is like none of those that are known."""
    word = node.name if len(node.name) <= 40 else "name"
    if isinstance(parent, nodes.Call) and parent.node is node:
        return (
            "templates know the function `ref()` and the filters of Jinja; a value stands under `vars`, or is an axis",
        )
    known = sorted(n for n in names.known if n not in ("label", "shot", "take", "ref", "range", "dict", "namespace"))
    here = f"this prompt knows {list_words(known, 5).replace(' or ', ' and ')}; " if known and len(known) < 20 else ""
    return (f"{here}declare a new name under `vars: {{{word}: …}}`, or as an axis of `matrix`",)


def _nearest(word: str, names: Names) -> tuple[str, ...]:
    near = did_you_mean(word, names.known)
    axis = near[0].split("`")[1] if near else ""
    if axis in names.axes:
        return (f"did you mean `{axis}`, an axis declared at {names.axes[axis]}?",)
    return near


def _find_unquoted(word: str, start: int, end: int, message: str, names: Names) -> Unknown:
    """`ref(hero)`: the name of a reference is a text."""
    changes = (Change(start, end, f"'{word}'"),) if word in names.references else ()
    note = f"the name of a reference stands in quotes: `ref('{word[:40]}')`"
    return Unknown(word, start, end, message, (note,), changes)


def _same_but_case(word: str, known: Collection[str]) -> str:
    """The one known name that a word differs from in letter case or the width of its letters alone."""
    plain = unicodedata.normalize("NFKC", word).casefold()
    same = [k for k in known if k.casefold() == plain]
    return same[0] if len(same) == 1 else ""


def _find_hyphen(
    node: nodes.Name, parents: Mapping[int, nodes.Node], parts: Parts, names: Names, told: set[int]
) -> Unknown | None:
    """`my-axis` is a subtraction to the template language: told once, for all of it."""
    top: nodes.Node = node
    while isinstance(parents.get(id(top)), nodes.Sub):
        top = parents[id(top)]
    text = parts.text_of(top)
    if (
        top is node
        or " " in text
        or not all(
            isinstance(n, (nodes.Sub, nodes.Name, nodes.Getattr, nodes.Const)) for n in (top, *top.find_all(nodes.Node))
        )
    ):
        return None
    told.update(id(n) for n in top.find_all(nodes.Name))
    start = parts.part(top).start
    owner, _, key = text.rpartition(".")
    joined = text.replace("-", "_")
    change: tuple[Change, ...] = ()
    parent = parents.get(id(top))
    if isinstance(parent, nodes.Call) and isinstance(parent.node, nodes.Name) and parent.node.name == "ref":
        notes = (f"the name of a reference stands in quotes: `ref('{text}')`",)
    elif owner:
        notes = (f"a key with `-` is read as `{owner}['{key}']`",)
        change = (Change(start, start + len(text), f"{owner}['{key}']"),)
    elif joined in names.known:
        notes = (f"write `{joined}`",)
        change = (Change(start, start + len(text), joined),)
    else:
        notes = ("the names of vars and axes have `_` in place of `-`",)
    return Unknown(
        node.name,
        start,
        start + len(text),
        f"`{text}` is a subtraction here, of names that are not defined",
        notes,
        change,
    )
