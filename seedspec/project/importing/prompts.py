"""A prompt as others write it becomes a template: media by number become `ref()`, names in brackets what they name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from seedspec.compiler.prompt.mentions import Certainty, Mention, every_mention

NAMES = re.compile(r"\{\{([^{}\n]{1,64})\}\}|\$?\{([^{}\n]{1,64})\}|\[([^\[\]\n]{1,64})\]")
"""Names in brackets, with the spaces around them."""
_JINJA = re.compile(r"\{\{|\{%|\{#")
_PLAIN_NAME = re.compile(r"[A-Za-z_][\w .-]{0,40}")


class Template(NamedTuple):
    """A template, the names in brackets that stand for nothing, and whether marks of Jinja were made plain text."""

    text: str
    unknown: tuple[str, ...]
    escaped: bool


def template_of(text: str, media: Callable[[Mention], str], names: Callable[[str], str]) -> Template:
    """A prompt's template. Both functions give the template that stands for what was found, "" for none."""
    found: list[tuple[int, int, str]] = []
    unknown: list[str] = []
    for m in NAMES.finditer(text):
        name = (m[1] or m[2] or m[3]).strip()
        if name and (made := names(name)):
            found.append((m.start(), m.end(), made))
        elif _PLAIN_NAME.fullmatch(name) and not every_mention(name):
            unknown.append(m[0])
    for (start, end), mentions in _by_place(text).items():
        if all(made_all := [media(one) for one in mentions]):
            found.append((start, end, " and ".join(dict.fromkeys(made_all))))
    out, at, escaped = [], 0, False
    for start, end, made in sorted(found):
        if start < at:
            continue  # inside of what was found before
        piece = escape(text[at:start])
        escaped |= piece != text[at:start]
        out += [piece, made]
        at = end
    rest = escape(text[at:])
    escaped |= rest != text[at:]
    return Template("".join([*out, rest]), tuple(dict.fromkeys(unknown)), escaped)


def mentions_of(text: str) -> list[Mention]:
    """The media that a prompt names by number; one that may be any, "the third image", is none of them."""
    return [m for m in every_mention(text) if m.certainty > Certainty.ORDINAL]


def escape(text: str) -> str:
    """Text as a template that renders it, whatever template stands behind it."""
    made = _JINJA.sub(lambda m: f"{{{{ '{m[0]}' }}}}", text)
    if made.endswith("{"):
        made = f"{made[:-1]}{{{{ '{{' }}}}"
    return made


def reference_words(prompts: Iterable[str]) -> str:
    """The `reference_words` whose form most mentions of the prompts have; "" for the usual one."""
    count = {"at": 0, "zh": 0, "": 0}
    for text in prompts:
        for one in mentions_of(text):
            written = text[one.start : one.end]
            count["at" if written.startswith("@") else "zh" if re.match("[图圖视視音]", written) else ""] += 1
    return max(count, key=lambda form: (count[form], not form))


def _by_place(text: str) -> dict[tuple[int, int], list[Mention]]:
    found: dict[tuple[int, int], list[Mention]] = {}
    last = (0, 0)
    for one in sorted(mentions_of(text), key=lambda m: (m.start, m.end, m.number)):
        place = (one.start, one.end)
        if place == last or one.start >= last[1]:
            found.setdefault(place, []).append(one)
            last = place
    return found
