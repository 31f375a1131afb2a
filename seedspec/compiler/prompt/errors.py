"""What can be wrong with a template, as a fault with its place; complaints of Jinja and of Python made readable."""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import TracebackType
from typing import Any

import jinja2

from seedspec.compiler.prompt.meter import Excess
from seedspec.text.diagnostic import did_you_mean

_TOKENS = {
    "end of print statement": "}}",
    "end of statement block": "%}",
    "begin of print statement": "{{",
    "begin of statement block": "{%",
    "end of template": "the end",
    "end of comment": "#}",
}


class TemplateFault(Exception):
    """A template could not be rendered; the message is one line, `line` counts from 1 in its text.

    `word` is what to look for on that line; `file` names the included file, with its line, where the fault lies;
    `value` is the one that was found where none like it can stand.
    """

    value: Any = ()

    def __init__(
        self, message: str, line: int = 1, word: str = "", file: str = "", code: str = "template-failed"
    ) -> None:
        super().__init__(message)
        self.code = code
        self.line = line
        self.word = word
        self.file = file


class RefFault(TemplateFault):
    """`ref()` was called with a name that the entry's references do not have."""


def fault_of(fault: BaseException) -> TemplateFault:
    """Python's or Jinja's complaint as one line about the template, with the template line it arose on."""
    line, file = line_of(fault.__traceback__)
    said = (str(fault) or type(fault).__name__).splitlines()[0]
    if isinstance(fault, Excess):
        return TemplateFault(f"the template {said}", line, file=file, code="template-excess")
    if isinstance(fault, jinja2.TemplateNotFound):
        return TemplateFault(f"`{said[:80]}` is no text file below the storyboard's folder", line, said, file)
    if isinstance(fault, jinja2.TemplateSyntaxError):
        message, _, _ = describe_syntax(fault.message or "broken", (), ())
        return TemplateFault(message, line, file=f"{fault.name}:{fault.lineno}" if fault.name else "")
    if isinstance(fault, jinja2.UndefinedError) and (
        m := re.search(r"has no attribute '(.+)'$", said) or re.match(r"'(.+)' is undefined", said)
    ):
        return TemplateFault(f"`{m[1]}` is not defined", line, m[1], file, "undefined-name")
    if isinstance(fault, NameError):  # names of templates are none of Python's: Jinja writes such a number as `inf`
        return TemplateFault("found a number that is too large", line, file=file)
    word = m[1] if (m := re.match(r"access to attribute '(.+)' of", said)) else ""
    return TemplateFault(describe_fault(said), line, word, file)


def line_of(trace: TracebackType | None) -> tuple[int, str]:
    """The innermost line of the outermost template, and the name of the file for an included one."""
    line, file = 1, ""
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if isinstance(template, jinja2.Template):
            if template.name is None:
                line = template.get_corresponding_lineno(trace.tb_lineno)
            else:
                file = f"{template.name}:{template.get_corresponding_lineno(trace.tb_lineno)}"
        trace = trace.tb_next
    return line, file


def describe_syntax(complaint: str, filters: Iterable[str], tests: Iterable[str]) -> tuple[str, str, tuple[str, ...]]:
    """A complaint of the parser as message, the word to look for in the text, and notes."""
    if m := re.match(r"No (filter|test) named '(.+)'", complaint):
        known = filters if m[1] == "filter" else tests
        return f"`{m[2]}` is no {m[1]} of templates", m[2], did_you_mean(m[2], known)
    if m := re.match(r"[Uu]nexpected end of template.*innermost block that needs to be closed is '(\w+)'", complaint):
        return f"`{{% {m[1]} %}}` is never closed; expected `{{% end{m[1]} %}}`", m[1], ()
    if m := re.match(r"Encountered unknown tag '(\w+)'", complaint):
        if m[1].startswith("end") or m[1] in ("else", "elif"):
            wanted = re.findall(r"'(\w+)'", complaint)[1:]
            note = (f"expected {' or '.join(f'`{w}`' for w in wanted)}",) if wanted else ()
            return f"`{{% {m[1]} %}}` closes nothing here", m[1], note
        tags = ("if", "for", "set", "macro", "include", "import", "from", "raw", "block", "call", "filter", "with")
        return f"`{m[1]}` is no tag of templates", m[1], did_you_mean(m[1], tags)
    if m := re.match(r"[Ee]xpected token '(.+)', got '(.*)'", complaint):
        return f"found {_token(m[2])}; expected {_token(m[1])}", m[2], ()
    if m := re.match(r"[Ee]xpected (.+), got '(.*)'", complaint):
        return f"found {_token(m[2])}; expected {m[1]}", m[2], ()
    if m := re.match(r"[Uu]nexpected '(.+)'", complaint):
        return f"found {_token(m[1])} where nothing like it can stand", m[1], ()
    if m := re.match(r"unexpected char (?:'(.+)'|\"(.+)\") at", complaint):
        word = m[1] or m[2]
        return f"found `{word}`, which no template has here", word, ()
    return describe_fault(complaint), "", ()


def describe_fault(complaint: str) -> str:
    """A complaint that arose while rendering, in small letters and backticks."""
    if m := re.match(r"access to attribute '(.+)' of '(.+)' object is unsafe", complaint):
        return f"not allowed in a template: attribute `{m[1]}` of {m[2]}"
    if m := re.match(r"the template '(.+?)' .*does not export the requested name '(.+)'", complaint):
        return f"`{m[1]}` has no `{m[2]}` to import"
    if complaint.startswith("maximum recursion depth"):
        return "nested too deeply"
    text = re.sub(r"'([^'\s]+)'", r"`\1`", complaint.strip().rstrip("."))
    return text[:1].lower() + text[1:200]


def _token(name: str) -> str:
    if name == "end of template":
        return "the end of the text"
    return f"`{_TOKENS.get(name, name)}`"
