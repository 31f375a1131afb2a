"""What can be wrong with a template while it renders, each fault as one line with its place in the template."""

from __future__ import annotations

import re
from types import TracebackType
from typing import Any

import jinja2

from seedspec.compiler.prompt import error_words
from seedspec.compiler.prompt.meter import Excess


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
        message, _, _ = error_words.syntax(fault.message or "broken", (), ())
        return TemplateFault(message, line, file=f"{fault.name}:{fault.lineno}" if fault.name else "")
    if isinstance(fault, jinja2.UndefinedError) and (
        m := re.search(r"has no attribute '(.+)'$", said) or re.match(r"'(.+)' is undefined", said)
    ):
        return TemplateFault(f"`{m[1]}` is not defined", line, m[1], file, "undefined-name")
    if isinstance(fault, NameError):  # names of templates are none of Python's: Jinja writes such a number as `inf`
        return TemplateFault("found a number that is too large", line, file=file)
    word = m[1] if (m := re.match(r"access to attribute '(.+)' of", said)) else ""
    return TemplateFault(error_words.fault(said), line, word, file)


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
