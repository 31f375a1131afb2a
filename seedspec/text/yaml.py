"""YAML text into positioned values by the 1.2 core schema; the door to PyYAML, whose parser alone is used."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from seedspec.text.diagnostic import Problems
from seedspec.text.encoding import decode, one_line_end
from seedspec.text.node import Map, Node, Scalar
from seedspec.text.source import Source
from seedspec.text.yaml_attempt import Attempt, Complaint
from seedspec.text.yaml_characters import ODD, SEPARATORS, UNPRINTABLE, control_character, without_separators
from seedspec.text.yaml_nodes import Builder, too_deep

MOST_BYTES = 8_000_000

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MARKED = re.compile(r"^(?:={7}$|`{3}|~{3})", re.MULTILINE)
"""A line of a merge conflict or of Markdown; text of a storyboard does not begin at the left edge."""


def source_of(path: str, raw: bytes, problems: Problems) -> Source | None:
    """A file's bytes as a source: UTF-8, with or without a byte order mark, any line ends."""
    if len(raw) > MOST_BYTES:
        problems.error(
            "too-large",
            f"the file has {len(raw):,} bytes; at most {MOST_BYTES:,} are read",
            Source(path, "").span(0),
        )
        return None
    text = decode(path, raw, problems)
    return None if text is None else Source(path, one_line_end(text))


def parse(source: Source, problems: Problems) -> Node | None:
    """The one document of a source, or None when it is empty or broken; every finding goes to `problems`.

    Where a part of it does not parse, a top-level key or an item of a list below one, the rest is read without that
    part, so that its mistakes are found as well. What the part declares is set aside in `problems`, which hold an
    error then.

    Never raises for any text, and does not recurse: depth and the size behind aliases are bounded first.
    """
    own = Problems()
    root = _root(source, own, problems)
    if root is None and not own.failed:
        own.error(
            "empty-file",
            "the file is empty; expected a storyboard",
            source.span(0),
            "`seedspec: 1`, `model:` and `shots:` are the least that it needs",
        )
    problems.extend(own)
    return root


def _root(source: Source, own: Problems, problems: Problems) -> Node | None:
    if bad := UNPRINTABLE.search(source.text):
        control_character(source, bad, own)
        return None
    text: str | None = source.text
    if _MARKED.search(source.text):
        from seedspec.text.foreign import conflicts, strip_fence

        text = None if conflicts(source, own) else strip_fence(source, own)
    if text is None:
        return None
    if SEPARATORS.search(text):
        text = without_separators(source, text, _scalars(SEPARATORS.sub("\ue000", text)), own)
    found, read = Problems(), Problems()
    attempt = _attempt(source, text, found, set())
    if attempt.stopped is not None:
        from seedspec.text.foreign import without_preface

        if (rest := without_preface(source, text, own)) != text:
            text, found = rest, Problems()
            attempt = _attempt(source, text, found, set())
    if attempt.stopped is None and not ODD.search(text):
        root, read = attempt.root, found
    else:
        from seedspec.text.yaml_resume import Reader  # nearly every file has no need of it

        reader = Reader(source, text, lambda t, found, lost: _attempt(source, t, found, lost), _first_error)
        root = reader.read(attempt, found, read)
        if reader.names:
            problems.set_aside(*reader.names)
    if not isinstance(root, Map):
        from seedspec.text.foreign import is_foreign

        if is_foreign(source, own):
            return None
    own.extend(read)
    return None if isinstance(root, Scalar) and root.value is None else root


def _attempt(source: Source, text: str, problems: Problems, lost: set[str]) -> Attempt:
    """One pass over a text that has the source's places; `lost` are the anchors of parts that were left out."""
    builder = Builder(source, text, problems, lost)
    # what is done with an event of each type; False when nothing further can be made of the text
    takes: Mapping[type[yaml.Event], Callable[[Any], bool]] = {
        yaml.ScalarEvent: builder.scalar,
        yaml.AliasEvent: builder.alias,
        yaml.MappingStartEvent: builder.begin_map,
        yaml.SequenceStartEvent: builder.begin_list,
        yaml.MappingEndEvent: builder.end,
        yaml.SequenceEndEvent: builder.end,
        yaml.DocumentStartEvent: builder.document,
    }
    try:
        parser = _LOADER(text)
        while (event := parser.get_event()) is not None:
            take = takes.get(type(event))
            if take is not None and not take(event):
                if builder.ended:
                    break
                assert event.start_mark is not None
                return Attempt(None, event.start_mark.index, final=builder.final)
    except yaml.MarkedYAMLError as error:
        return _explain_stop(builder, error, problems)
    except (yaml.YAMLError, RecursionError) as error:
        problems.error("yaml-syntax", f"not valid YAML: {str(error).splitlines()[0]}", source.span(0))
        return Attempt(None, 0, final=True)
    builder.warn_of_eaten_words()
    return Attempt(builder.root)


def _explain_stop(builder: Builder, error: yaml.MarkedYAMLError, problems: Problems) -> Attempt:
    mark, began = error.problem_mark or error.context_mark, error.context_mark
    offset = mark.index if mark else 0
    if "maximum nesting depth" in (error.problem or ""):  # libyaml 0.2.6 looks ahead, and has a bound of its own
        too_deep(builder.source.span(offset), problems)
        return Attempt(None, offset, final=True)
    complaint = Complaint(
        (error.problem or "broken").strip(),
        offset,
        (error.context or "").strip(),
        began.index if began else None,
        builder.last,
        lambda edits: False,
    )
    return Attempt(None, offset, complaint)


def _scalars(text: str) -> list[tuple[int, int, str]]:
    """Start, end and style of the scalars of a text, as far as it parses."""
    found = []
    try:
        for event in yaml.parse(text, _LOADER):
            if isinstance(event, yaml.ScalarEvent) and event.start_mark and event.end_mark:
                found.append((event.start_mark.index, event.end_mark.index, event.style or ""))
    except (yaml.YAMLError, RecursionError):
        pass
    return found


def _first_error(text: str) -> int | None:
    """Where the parser stops in a text; None where it comes to the end."""
    try:
        for _ in yaml.parse(text, _LOADER):
            pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return mark.index if mark else 0
    except (yaml.YAMLError, RecursionError):
        return 0
    return None
