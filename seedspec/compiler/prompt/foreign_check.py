"""Warns, at the place where they were written, of words that no template reads, before a prompt is rendered."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping

from seedspec.compiler.matrix.grid import Grid
from seedspec.compiler.prompt.foreign import Foreign, Name, find_foreign, hide_code
from seedspec.compiler.prompt.locate import place_of
from seedspec.compiler.prompt.origins import Origins
from seedspec.compiler.prompt.tool_marks import find_marks
from seedspec.compiler.storyboard.types import Shot, Storyboard
from seedspec.text.diagnostic import EVERYTHING, Edit, Problems
from seedspec.text.node import Map, Scalar, at
from seedspec.text.source import Source, Span

_FILE = re.compile(r"@?(?:file:(?://)?)?(?P<path>[\w./\\-]+\.(?:txt|md|markdown|prompt|j2|jinja2?))")
_INCLUDED = re.compile(r"\{%[-+]?\s*(?:include|import|from)\s+(['\"])(?P<path>[^'\"\n]+)\1")
_PATH = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_NO_TEMPLATE = "text from vars and axis values is no template: write it in the prompt, or the text itself here"


class ForeignCheck:
    """The prompts of one shot, with what they read and include. `read` gives the text of an included file."""

    def __init__(
        self, board: Storyboard, shot: Shot, grid: Grid, origins: Origins, read: Callable[[str], str | None],
        problems: Problems,
    ) -> None:  # fmt: skip
        self._origins, self._read, self._problems = origins, read, problems
        self._folder = posixpath.dirname(board.source.path)
        self._names = _names(board, shot, grid, origins)
        self._references = frozenset(shot.references_by_name(board))

    def check(self, prompt: Scalar, reads: frozenset[str]) -> frozenset[str]:
        """Reports what of a prompt, and of the texts that it takes in, no template reads.

        Gives the references that are meant there: that the request lacks them is no mistake of its own.
        """
        if not isinstance(prompt.value, str):
            return frozenset()
        if self._is_path(prompt, prompt.value):
            return self._references
        meant = self._report(prompt, reads, mends=True)
        for below in self._origins.texts(reads):
            self._report(below, reads, is_template=False)
        for name, text in self._included(prompt.value).items():
            source = Source(posixpath.join(self._folder, name), text)
            meant |= self._report(Scalar(text, source.span(0, len(text)), "|"), reads)
        return meant

    def _is_path(self, prompt: Scalar, text: str) -> bool:
        """Reports a prompt that is nothing but the name of a text file."""
        if (m := _FILE.fullmatch(text.strip())) is None:
            return False
        path = m["path"].replace("\\", "/").removeprefix("./")
        include = f"{{% include '{path}' %}}"
        there = prompt.style != "|" and prompt.style != ">" and self._read(path) is not None
        edits = (Edit(prompt.span, f'"{include}"'),) if there else ()
        message = "the prompt is the name of a file; its text is not read"
        self._problems.mean(EVERYTHING)
        self._problems.warning("prompt-is-path", message, prompt.span, f'write `"{include}"`', *edits)
        return True

    def _included(self, text: str) -> Mapping[str, str]:
        """The texts of the files that a template names, and of those that they name."""
        found: dict[str, str] = {}
        waiting = [m["path"] for m in _INCLUDED.finditer(text)]
        while waiting:
            name = waiting.pop()
            if name not in found and (content := self._read(name)) is not None:
                found[name] = content
                waiting += [m["path"] for m in _INCLUDED.finditer(content)]
        return found

    def _report(
        self, scalar: Scalar, reads: frozenset[str], *, is_template: bool = True, mends: bool = False
    ) -> frozenset[str]:
        """Reports what stands in one text, and gives the references that it means."""
        text = str(scalar.value)
        found = list(find_foreign(text, self._names, is_template=is_template, reads=reads, is_text=self._is_text))
        edits = _edits(scalar, text, [f for f in found if f.write]) if mends else {}
        for one in found:
            said, span = text[one.start : one.end], place_of(scalar, text[one.start : one.end], text[: one.start])
            if one.blank:
                note = "write the text itself, or name it under `vars` and write `{{ name }}`"
                self._problems.warning("placeholder-left", f"`{said}` stands for a text that is not there", span, note)
                continue
            self._problems.mean(one.name.partition(".")[0])
            if not is_template and text[: one.start].endswith("{"):
                continue  # two braces, which are told of where they are left over
            note = self._note(one) if is_template else _NO_TEMPLATE
            message = f"`{said}` is no template here; it goes to the service as it stands"
            self._problems.warning("template-foreign", message, span, note, *edits.get(one.start, ()))
        for mark in find_marks(hide_code(text) if is_template else text):
            said = text[mark.start : mark.end]
            message = f"`{said}` is {mark.what}; it goes to the service as it stands"
            self._problems.warning("tool-mark", message, place_of(scalar, said, text[: mark.start]), mark.remedy)
        return frozenset(one.name for one in found) & self._references

    def _note(self, one: Foreign) -> str:
        if one.write is not None:
            return f"write `{_code(one.write)}`"
        if (node := next((n for n in self._origins.nodes(one.name) if isinstance(n, Map)), None)) is not None:
            return f"write one of its keys: {', '.join(f'`{{{{ {one.name}.{k} }}}}`' for k in list(node.pairs)[:3])}"
        name = one.name if _PATH.fullmatch(one.name) else "name"
        return f"a template is written `{{{{ {name} }}}}`, and its name stands under `vars`, `matrix` or `references`"

    def _is_text(self, code: str) -> bool:
        """Whether an expression is a name whose values all begin with a letter, so that none is a price."""
        if re.fullmatch(r"ref\(.*\)", code):
            return True
        if _PATH.fullmatch(code) is None:
            return False
        root, *path = code.split(".")
        values = [at(node, tuple(path)) for node in self._origins.nodes(root)]
        return bool(values) and all(isinstance(v, Scalar) and str(v.value)[:1].isalpha() for v in values)


def _code(write: str) -> str:
    return write if write.startswith("{{") else f"{{{{ {write} }}}}"


def _names(board: Storyboard, shot: Shot, grid: Grid, origins: Origins) -> Mapping[str, Name]:
    """What the storyboard declares, in small letters; of names that differ in these alone none is certain."""
    usable = {*board.variables, *grid.names}
    found: dict[str, Name] = {}
    for name in (*board.variables, *(a.name for a in (*board.axes, *grid.axes))):
        nodes = origins.nodes(name)
        certain = name in usable and bool(nodes) and all(isinstance(n, Scalar) for n in nodes)
        _add(found, name, Name(name if certain else None, is_reference=False))
    for name in shot.references_by_name(board):
        _add(found, name, Name(f"ref('{name}')", is_reference=True))
    found.pop("prompt", None)
    return found


def _add(found: dict[str, Name], name: str, new: Name) -> None:
    key = re.sub(r"[\s-]+", "_", name.lower())
    known = found.get(key)
    found[key] = new if known is None or known == new else Name(None, new.is_reference or known.is_reference)


def _edits(scalar: Scalar, text: str, found: Iterable[Foreign]) -> Mapping[int, tuple[Edit, ...]]:
    """What to write in the file for each place; a plain text is quoted as a whole, since `{{` may not begin it."""
    found = list(found)
    if scalar.style:
        quote = '"' if scalar.style == "'" else "'"
        edits = {}
        for one in found:
            said = text[one.start : one.end]
            span = place_of(scalar, said, text[: one.start])
            if len(span.text) < len(said) * 2 and one.write is not None:  # else it is all of the text
                edits[one.start] = (Edit(span, _code(one.write).replace("'", quote)),)
        return edits
    if not found or scalar.span.text != text or '"' in text or "\\" in text:
        return {}
    mended, end = "", 0
    for one in found:
        mended, end = mended + text[end : one.start] + _code(str(one.write)), one.end
    return {found[0].start: (Edit(Span(*scalar.span), f'"{mended}{text[end:]}"'),)}
