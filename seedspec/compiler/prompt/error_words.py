"""The complaints of the template language and of Python as one line about a template: found, then expected."""

from __future__ import annotations

import re
from collections.abc import Iterable

from seedspec.text.diagnostic import did_you_mean

_TOKENS = {
    "end of print statement": "}}",
    "end of statement block": "%}",
    "begin of print statement": "{{",
    "begin of statement block": "{%",
    "end of template": "the end",
    "end of comment": "#}",
}


def syntax(said: str, filters: Iterable[str], tests: Iterable[str]) -> tuple[str, str, tuple[str, ...]]:
    """A syntax complaint as message, the word to look for in the text, and notes."""
    if m := re.match(r"No (filter|test) named '(.+)'", said):
        known = filters if m[1] == "filter" else tests
        return f"`{m[2]}` is no {m[1]} of templates", m[2], did_you_mean(m[2], known)
    if m := re.match(r"[Uu]nexpected end of template.*innermost block that needs to be closed is '(\w+)'", said):
        return f"`{{% {m[1]} %}}` is never closed; expected `{{% end{m[1]} %}}`", m[1], ()
    if m := re.match(r"Encountered unknown tag '(\w+)'", said):
        if m[1].startswith("end") or m[1] in ("else", "elif"):
            wanted = re.findall(r"'(\w+)'", said)[1:]
            note = (f"expected {' or '.join(f'`{w}`' for w in wanted)}",) if wanted else ()
            return f"`{{% {m[1]} %}}` closes nothing here", m[1], note
        tags = ("if", "for", "set", "macro", "include", "import", "from", "raw", "block", "call", "filter", "with")
        return f"`{m[1]}` is no tag of templates", m[1], did_you_mean(m[1], tags)
    if m := re.match(r"[Ee]xpected token '(.+)', got '(.*)'", said):
        return f"found {_token(m[2])}; expected {_token(m[1])}", m[2], ()
    if m := re.match(r"[Ee]xpected (.+), got '(.*)'", said):
        return f"found {_token(m[2])}; expected {m[1]}", m[2], ()
    if m := re.match(r"[Uu]nexpected '(.+)'", said):
        return f"found {_token(m[1])} where nothing like it can stand", m[1], ()
    if m := re.match(r"unexpected char (?:'(.+)'|\"(.+)\") at", said):
        word = m[1] or m[2]
        return f"found `{word}`, which no template has here", word, ()
    return fault(said), "", ()


def fault(said: str) -> str:
    """A complaint that arose while rendering, in small letters and backticks."""
    if m := re.match(r"access to attribute '(.+)' of '(.+)' object is unsafe", said):
        return f"not allowed in a template: attribute `{m[1]}` of {m[2]}"
    if m := re.match(r"the template '(.+?)' .*does not export the requested name '(.+)'", said):
        return f"`{m[1]}` has no `{m[2]}` to import"
    if said.startswith("maximum recursion depth"):
        return "nested too deeply"
    text = re.sub(r"'([^'\s]+)'", r"`\1`", said.strip().rstrip("."))
    return text[:1].lower() + text[1:200]


def _token(name: str) -> str:
    if name == "end of template":
        return "the end of the text"
    return f"`{_TOKENS.get(name, name)}`"
