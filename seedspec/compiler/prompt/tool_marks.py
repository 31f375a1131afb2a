"""Marks that another tool obeys and this service reads as words: `--ar 16:9`, `(glass:1.3)`, `&quot;`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple


class Mark(NamedTuple):
    """A mark in a text: where it stands, what it is, and what to write."""

    start: int
    end: int
    what: str
    remedy: str


_BESIDE = "request fields stand beside the prompt: `duration`, `quality`, `aspect_ratio`, `generate_audio`"
_MARKS = (
    (r"(?<!\S)--(?:ar|aspect|ratio|rt)\s+(?P<ratio>\d+:\d+)", "an option of another tool",
     "write `aspect_ratio: {ratio}` beside the prompt"),
    (r"(?<!\S)--(?:style|stylize|chaos|weird|seed|niji|iw|fps|dur|duration|resolution|camerafixed|watermark|rs|wm|cf)\s+"
     r"[\w.:%-]+|(?<!\S)--(?:v|s|q|w|h|c)\s+\d[\w.]*", "an option of another tool", _BESIDE),
    (r"<(?:lora|lyco|hypernet|embedding):[^<>\n]+>|(?<!\w)embedding:[\w-]+", "an extension of another tool",
     "leave it out, and describe in words what it does"),
    (r"\[[^\[\]:\n]*:[^\[\]:\n]*:0?\.\d+\]", "a change in time as another tool writes it", "say it in words"),
    (r"(?<!\w)__(?=[a-z])\w+?__(?!\w)", "a choice of another tool",
     "make an axis of it, and write its name in two braces"),
    (r"</?(?:br|strong|div|span|p|b|i|u|em|ul|ol|li|h[1-6]|font|sub|sup|blockquote|pre|code)\s*/?>"
     r"|<(?:a|img|div|span|p|font)\s+[a-z-]+=[^<>\n]*>|</a>|<!--.*?-->",
     "HTML", "write the line end or the words themselves"),
    (r"<\|[a-z_]+\|>|\[/?INST\]|<</?SYS>>|</?(?:think|system|assistant|user|instructions?)>",
     "a mark of a chat program", "delete it"),
    (r"(?m:^(?:(?:Sure|Certainly|Of course|Absolutely|Great)\b[^\n]{0,60}\b)?[Hh]ere(?:’s|'s| is| are)\b[^\n]{0,60}"
     r"\b(?:prompts?|versions?|scripts?|storyboards?|shots?|descriptions?)\b[^\n]*:[ \t]*$"
     r"|^(?:Let me know if you\b|Feel free to (?:ask|adjust|modify|change|tweak)\b|Would you like me to\b"
     r"|Do you want me to\b|I hope this helps\b)[^\n]*$)", "a sentence of a chat program", "delete it"),
    (r"#(?:REF!|N/A(?!\w)|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!|BEZUG!|NV\b|WERT!)|(?<!#)#{5,}(?!#)",
     "an error of a spreadsheet", "write the words that the cell should show"),
    (r"\A=[A-Z][A-Z.]{1,15}\([^\n]*\)|\A=\$?[A-Z]{1,2}\$?\d+(?:[&+*/][^\n]*)?\Z|\A=\"[^\n]*\"&[^\n]*",
     "a formula of a spreadsheet", "write its result, the words themselves"),
    (r":?contentReference\[[^\]\n]*\](?:\{[^}\n]*\})?|【\d+†[^】\n]*】", "a mark of a chat program for its source",
     "delete it"),
    (r"[ÃÂ][\u0080-\u00bf]|â€[\u0080-\uffff]?|\ufffd", "text that was decoded wrongly",
     "write the character itself, and save the file as UTF-8"),
    (r"\A\s*[“”„«][^“”„»\"]*[”“»]\s*\Z"
     r"|\A\s*[「『][^「」『』]*[」』]\s*\Z|\A\s*＂[^＂]*＂\s*\Z", "a text in curly quotes, which are sent with it",
     "delete them, or write straight ones, `\"`, around the whole value"),
    (r"\((?=[^()\n:]*[A-Za-z])[^()\n:]+:\d\.\d+\)", "a weight of another tool", "write the words without the number"),
    (r"\{[^{}\n|]{1,60}(?:\|[^{}\n|]{1,60})+\}", "a choice of another tool",
     "make an axis of it: `matrix: {{axes: {{look: [noir, soft]}}}}`, and write its name in two braces"),
    (r"&(?:quot|amp|lt|gt|nbsp|apos|#\d{2,5});", "a character as HTML writes it", "write the character itself"),
    (r"\\n(?=[A-Z\\]|\s|\Z)|\\[\"'](?=[^\n])|\\u[0-9a-fA-F]{4}|\\[*#\[\]]",
     "an escape that has no meaning in this text",
     "delete the backslash, and write the character itself; a line end is written under `prompt: |`"),
    (r"\*\*(?=\S)[^*\n]+\*\*|(?<![\w*])\*{3}(?=\S)[^*\n]+\*{3}", "Markdown", "write the words without `**`"),
    (r"(?m:^(?:#{2,6}[ \t]+(?=\S)|#[ \t]+(?=[A-Z])))", "a heading of Markdown", "write the words without `#`"),
    (r"!?\[[^\[\]\n]+\]\((?:https?:|[\w./-]+\.\w{2,4}\))[^()\s]*\)?", "a link of Markdown", "write the words alone"),
    (r"(?m:^(?:```|~~~)[ \t]*\w*[ \t]*$)", "a fence of Markdown", "delete the line"),
)  # fmt: skip
"""What each looks like, what it is, and what to write."""

_SIGNS = (
    ("--",), ("--",), ("<", "embedding:"), ("[",), ("__",), ("<",), ("<", "["),
    (":", "Let me", "Feel free", "Would you", "Do you", "I hope"), ("#",), ("=",), ("[", "【"),
    ("Ã", "Â", "â€", "\ufffd"), ("“", "”", "„", "«", "「", "『", "＂"), ("(",), ("{",), ("&",), ("\\",), ("**",),
    ("#",), ("[",), ("```", "~~~"),
)  # fmt: skip
"""What a text has for each that holds it: most hold few, and all forms together take long to compile."""
_GIVES_AWAY = frozenset(s for signs in _SIGNS for s in signs if not (s.isascii() and s[0].isalpha()))
"""Of a text without any of these nothing is said: the sentences of a chat program alone may be an author's own."""


@lru_cache(maxsize=200)
def _pattern_of(numbers: tuple[int, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<_{n}>{_MARKS[n][0]})" for n in numbers))


def may_have_marks(text: str) -> bool:
    """Whether a text holds a sign that marks are made of."""
    return any(sign in text for sign in _GIVES_AWAY)


def find_marks(text: str) -> Iterator[Mark]:
    """The marks in a text without templates."""
    if not may_have_marks(text):
        return
    numbers = tuple(n for n, signs in enumerate(_SIGNS) if any(sign in text for sign in signs))
    for m in _pattern_of(numbers).finditer(text):
        n = next(n for n in numbers if m[f"_{n}"] is not None)
        yield Mark(m.start(), m.end(), _MARKS[n][1], _MARKS[n][2].format(ratio=m["ratio"] if n == 0 else ""))
