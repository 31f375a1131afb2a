"""What a template reads: names, keys of them, labels, references, and what it compares."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import NamedTuple

from jinja2 import meta, nodes

from seedspec.compiler.prompt.comparisons import Comparison, comparisons
from seedspec.compiler.prompt.parts import constant_of, nodes_of


class Reads(NamedTuple):
    """The names that a template reads, the constant ones that it gives to `ref()`, how far it reads into names, and
    the names as its result depends on them. `asks` is the reference whose `ref()` is all of it."""

    names: frozenset[str]
    refs: frozenset[str]
    paths: frozenset[str]
    reads: frozenset[str]
    asks: str | None
    comparisons: tuple[Comparison, ...]


def reads_of(tree: nodes.Template, known: Container[str] | None = None) -> Reads:
    """What a tree reads. Of one that sets no names itself `known` are the names that are there in every template."""
    every = nodes_of(tree)
    compared = comparisons(every)  # before the template language puts constants in the place of its parts
    if known is None:
        names = frozenset(meta.find_undeclared_variables(tree))
    else:
        names = frozenset(n.name for n in every if isinstance(n, nodes.Name) and n.name not in known)
    paths = paths_of(every, names)
    reads = names
    if "label" in names and "label" not in paths:
        reads = names - {"label"} | {path for path in paths if path.startswith("label.")}
    if known is None and any(True for _ in meta.find_referenced_templates(tree)):
        names |= {"take", "label"}  # an included file may read them
        reads |= {"take", "label"}
    refs = frozenset(name for n in every if isinstance(n, nodes.Call) and (name := constant_of(n)) is not None)
    return Reads(names, refs, paths, reads, _sole_reference(tree), compared)


def paths_of(every: Sequence[nodes.Node], names: frozenset[str]) -> frozenset[str]:
    """`look.words` for each key that is read of a name by itself, and `look` where any part of it may be read."""
    found, within = set[str](), set[int]()
    for n in every:
        key = n.attr if isinstance(n, nodes.Getattr) else None
        if isinstance(n, nodes.Getitem) and isinstance(n.arg, nodes.Const):
            key = n.arg.value
        owner = getattr(n, "node", None)
        if isinstance(key, str) and isinstance(owner, nodes.Name) and owner.name in names:
            within.add(id(owner))
            found.add(f"{owner.name}.{key}")
    bare = (n.name for n in every if isinstance(n, nodes.Name) and n.ctx == "load" and id(n) not in within)
    return frozenset(found.union(name for name in bare if name in names))


def _sole_reference(tree: nodes.Template) -> str | None:
    """The reference whose `ref()` is all of a template."""
    output = tree.body[0] if len(tree.body) == 1 else None
    node = output.nodes[0] if isinstance(output, nodes.Output) and len(output.nodes) == 1 else None
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name == "ref":
        given = node.args[0] if len(node.args) == 1 and not (node.kwargs or node.dyn_args or node.dyn_kwargs) else None
        if isinstance(given, nodes.Const) and isinstance(given.value, str):
            return given.value
    return None
