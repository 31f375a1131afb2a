"""Warns, at the place where they were written, of words that no template reads, before a prompt is rendered."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache

from seedspec.compiler.matrix.grid import Grid
from seedspec.compiler.prompt.foreign import Foreign, Name, find_foreign, hide_code, may_be_foreign, may_hold_forms
from seedspec.compiler.prompt.locate import place_of
from seedspec.compiler.prompt.origins import Origins
from seedspec.compiler.prompt.tool_marks import Mark, find_marks, may_have_marks
from seedspec.compiler.storyboard.types import Shot, Storyboard
from seedspec.text import later
from seedspec.text.diagnostic import EVERYTHING, Edit, Note, Problems
from seedspec.text.near import shorten
from seedspec.text.node import Map, Scalar, at
from seedspec.text.source import Source, Span

_FILE = re.compile(r"@?(?:file:(?://)?)?(?P<path>[\w./\\-]+\.(?:txt|md|markdown|prompt|j2|jinja2?))")
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_MEDIUM = re.compile(r"(?:file:(?://)?)?[\w./\\:-]+\.(?:png|jpe?g|webp|gif|mp4|mov|webm|mp3|wav|m4a)", re.IGNORECASE)
_INCLUDED = re.compile(r"\{%[-+]?\s*(?:include|import|from)\s+(['\"])(?P<path>[^'\"\n]+)\1")
_PATH = later.pattern(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_MOST_PLACES = 20
_NO_TEMPLATE = "text from vars and axis values is no template: write it in the prompt, or the text itself here"


class ForeignCheck:
    """The prompts of one shot, with what they read and include. `read` gives the text of an included file."""

    def __init__(
        self, board: Storyboard, shot: Shot, grid: Grid, origins: Origins, read: Callable[[str], str | None],
        problems: Problems,
    ) -> None:  # fmt: skip
        self._board, self._shot, self._grid = board, shot, grid
        self._origins, self._read, self._problems = origins, read, problems
        self._folder = posixpath.dirname(board.source.path)
        self._references = frozenset(shot.references_by_name(board))

    def check(self, prompt: Scalar, reads: frozenset[str], paths: frozenset[str]) -> frozenset[str]:
        """Reports what of a prompt, and of the texts that it takes in, no template reads.

        `reads` are the names that it reads, `paths` how far into them: `look.words` takes in no other key of `look`.

        Gives the references that are meant there: that the request lacks them is no mistake of its own.
        """
        if not isinstance(prompt.value, str):
            return frozenset()
        if self._is_path(prompt, prompt.value):
            return self._references
        meant = self._report(prompt, reads, mends=True)
        texts = list(dict.fromkeys(self._origins.texts(paths)))
        files = [below for below in texts if _file_advice(str(below.value).strip())]
        self._report_files(files)
        for below in texts:
            if below not in files:
                self._report(below, reads, is_template=False)
        for name, text in self._read_included(prompt.value).items():
            source = Source(posixpath.join(self._folder, name), text)
            meant |= self._report(Scalar(text, source.span(0, len(text)), "|"), reads)
        return meant

    def _is_path(self, prompt: Scalar, text: str) -> bool:
        """Reports a prompt that is nothing but the name of a text file."""
        if _ADDRESS.fullmatch(text.strip()):
            self._problems.mean(EVERYTHING)
            message = f"the prompt is the address `{shorten(text.strip())}`; its text is not read"
            note = "write the text itself, or take it in from a file beside the storyboard: `{% include 'open.txt' %}`"
            self._problems.warning("prompt-is-path", message, prompt.span, note)
            return True
        if (m := _FILE.fullmatch(text.strip())) is None:
            return False
        path = m["path"].replace("\\", "/").removeprefix("./")
        include = f"{{% include '{path}' %}}"
        there = prompt.style != "|" and prompt.style != ">" and self._read(path) is not None
        edits = (Edit(prompt.span, f'"{include}"'),) if there else ()
        message = f"the prompt is `{shorten(text.strip())}`, the name of a file; its text is not read"
        self._problems.mean(EVERYTHING)
        self._problems.warning("prompt-is-path", message, prompt.span, f'write `"{include}"`', *edits)
        return True

    def _report_files(self, files: Sequence[Scalar]) -> None:
        """One finding for texts of vars and axes that are names of files: a prompt gets the name, not what is in it."""
        if files:
            first, *more = files
            self._problems.mean(EVERYTHING)
            message = (
                f"`{shorten(str(first.value))}` is the name of a file; a prompt gets these words, not what is in it"
            )
            notes = [Note("also here", other.span) for other in more[:_MOST_PLACES]]
            self._problems.warning(
                "prompt-is-path", message, first.span, _file_advice(str(first.value).strip()), *notes
            )

    def _read_included(self, text: str) -> Mapping[str, str]:
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
        if _is_plain(text):
            return frozenset()
        shown, found = hide_code(text) if is_template else text, list[Foreign]()
        if not is_template or may_hold_forms(shown):
            found += find_foreign(text, shown, self._names, is_template=is_template, reads=reads, is_text=self._is_text)
        edits = _edits(scalar, text, [f for f in found if f.write]) if mends else {}
        self._report_blanks(scalar, text, [f for f in found if f.blank])
        others = [f for f in found if not f.blank]
        self._problems.mean(*(f.name.partition(".")[0] for f in others))
        # two braces are told of where they are left over
        told = [f for f in others if not text[: f.start].rstrip(" ").endswith("{")]
        for form in dict.fromkeys(_form_of(text, f) for f in told):
            first, *more = [f for f in told if _form_of(text, f) == form]
            notes: list[str | Note | Edit] = [
                self._note(first) if is_template else _NO_TEMPLATE,
                *edits.get(first.start, ()),
            ]
            for other in more:
                notes += [Note(self._note(other) if is_template else "also here", _place(scalar, text, other))]
                notes += edits.get(other.start, ())
            message = f"`{text[first.start : first.end]}` is no template here; the service gets it unchanged"
            self._problems.warning("template-foreign", message, _place(scalar, text, first), *notes)
        self._report_marks(scalar, text, shown)
        if any(f.blank for f in found):  # what is to be written there may name any of them
            return self._references
        return frozenset(one.name for one in found) & self._references

    def _report_blanks(self, scalar: Scalar, text: str, found: Sequence[Foreign]) -> None:
        """One finding for the places of a text that nobody has filled in."""
        if found:
            first, *more = found
            notes: list[str | Note] = ["write the text itself, or name it under `vars` and write `{{ name }}`"]
            notes += [Note("also here", _place(scalar, text, other)) for other in more]
            message = f"`{text[first.start : first.end]}` is a placeholder; expected the text itself"
            self._problems.warning("placeholder-left", message, _place(scalar, text, first), *notes)

    def _report_marks(self, scalar: Scalar, text: str, shown: str) -> None:
        """One finding for the marks of one kind: who has written one meant the others in the same way."""
        by_kind: dict[str, list[Mark]] = {}
        for mark in find_marks(shown):
            by_kind.setdefault(mark.what, []).append(mark)
        for what, (first, *more) in by_kind.items():
            notes: list[str | Note] = list(dict.fromkeys(m.remedy for m in (first, *more)))
            notes += [Note("also here", _place(scalar, text, other)) for other in more[:_MOST_PLACES]]
            message = f"`{shorten(text[first.start : first.end])}` is {what}; the service gets it unchanged"
            self._problems.warning("tool-mark", message, _place(scalar, text, first), *notes)

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

    @cached_property
    def _names(self) -> Mapping[str, Name]:
        return _names(self._board, self._shot, self._grid, self._origins)


@lru_cache(maxsize=500)
def _is_plain(text: str) -> bool:
    """Whether nothing can be said of a text: of most values of axes and vars, which many shots take in."""
    return not (may_be_foreign(text) or may_have_marks(text))


@lru_cache(maxsize=500)
def _file_advice(text: str) -> str:
    """What to do about a text that is the name of a file; "" for any other."""
    if (m := _FILE.fullmatch(text)) is not None:
        path = m["path"].replace("\\", "/").removeprefix("./")
        return f"write the text itself here, or `{{% include '{path}' %}}` in the prompt"
    if _MEDIUM.fullmatch(text):
        return (
            "a medium is sent as a reference: `references: {hero: {image: …}}`, then `{{ ref('hero') }}` in the prompt"
        )
    return ""


def _place(scalar: Scalar, text: str, found: Foreign | Mark) -> Span:
    return place_of(scalar, text[found.start : found.end], text[: found.start])


def _form_of(text: str, found: Foreign) -> str:
    """How words of another language begin: `${a}` and `${b}` are one habit."""
    return re.match(r"[^\w\s]*", text[found.start : found.end])[0] or "ref"  # type: ignore[index]  # it may be empty


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
