"""Before a file is read as a storyboard: whether it is one at all, or another document, or one inside a wrapper."""

from __future__ import annotations

from seedspec.catalog.schema import kind_of
from seedspec.text.diagnostic import Problems, list_words
from seedspec.text.near import shorten
from seedspec.text.node import Map, Node, Sequence, plain

_NEEDED = ("seedspec", "model", "shots")
_SHAPE = "a storyboard is a mapping with `seedspec: 1`, `model: …` and `shots:`; `seedspec init` writes one"


def storyboard_node(node: Node, problems: Problems) -> Map | None:
    """The mapping that a storyboard is; None, with one finding, for what is another document."""
    if not isinstance(node, Map):
        items = node.items if isinstance(node, Sequence) else ()
        shots = bool(items) and all(isinstance(i, Map) and ("prompt" in i.pairs or "id" in i.pairs) for i in items)
        note = "shots stand under `shots:`, below `seedspec: 1` and `model: …`" if shots else _SHAPE
        problems.error("not-a-storyboard", f"found {kind_of(plain(node))}; expected a mapping", node.span, note)
        return None
    if any(key in node.pairs for key in _NEEDED) or not node.pairs:
        return node
    first = next(iter(node.pairs.values()))
    for name, (key, value) in node.pairs.items():
        if isinstance(value, Map) and sum(needed in value.pairs for needed in _NEEDED) >= 2:
            message = f"`{shorten(name)}` holds the storyboard; expected its keys at the top of the file"
            hint = f"take `{shorten(name)}:` away, and move what stands below it to the left"
            problems.error("not-a-storyboard", message, key.span, hint)
            return None
    found = list_words([shorten(k, 30) for k in node.pairs], 5)
    message = f"found a mapping with {found}; expected `seedspec`, `model` and `shots`"
    problems.error("not-a-storyboard", message.replace(" or ", " and ", 1), first.key.span, _SHAPE)
    return None
