"""Tags of a template that are unknown, misplaced or never closed."""

from __future__ import annotations

import re

from seedspec.compiler.prompt.complaint import PAGE, Complaint, Finding, short
from seedspec.compiler.prompt.errors import Change
from seedspec.compiler.prompt.regions import Region
from seedspec.text.diagnostic import did_you_mean

_TAGS = (
    "if", "elif", "else", "for", "set", "macro", "include", "import", "from", "raw", "block", "call", "filter", "with",
)  # fmt: skip
_OTHER_TAGS = {
    "elseif": "elif", "elsif": "elif", "elsetif": "elif", "foreach": "for", "let": "set", "assign": "set",
    "var": "set", "fi": "endif", "done": "endfor", "endforeach": "endfor", "next": "endfor", "when": "if",
}  # fmt: skip


def wrong_tag(text: str, complaint: Complaint, region: Region, regions: list[Region]) -> Finding | None:
    """Words that are no tag, or stand where none like it can."""
    tag = _tag(text, region)
    if tag is None:
        return None
    word, start, end = tag
    inner = _open_block(text, regions, region)
    if word == "else" and (m := re.compile(r"else\s+if\b").match(text, start)) and complaint.at >= start:
        return Finding(start, m.end(), "found `else if`; expected `elif`", (), (Change(start, m.end(), "elif"),))
    if not complaint.said.startswith("Encountered unknown tag"):
        return None
    lower = word.lower()
    closing = f"end{inner[0]}" if inner is not None else ""
    if word != lower and (lower in _TAGS or lower == closing):
        return Finding(start, end, f"found `{word}`; expected `{lower}`", (), (Change(start, end, lower),))
    if lower in ("end", "endblock", "fi", "done") and closing:
        said = f"found `{word}`; expected `{closing}`"
        return Finding(start, end, said, (), (Change(start, end, closing),))
    if lower in ("else", "elif") or lower.startswith("end"):
        return _explain_misplaced(word, start, end, inner)
    if word == "ref":
        m = re.compile(r"ref[\s(]*['\"]?([\w-]+)").match(text, start)
        note = f"write `{{{{ ref('{m[1] if m else 'hero'}') }}}}`"
        return Finding(start, end, "templates have no tag `ref`; a value is written in `{{ }}`", (note,))
    other = _OTHER_TAGS.get(lower)
    notes = (f"write `{other}`",) if other else did_you_mean(lower, _TAGS)
    changes = (Change(start, end, other),) if other in ("elif", "for", "set") else ()
    return Finding(start, end, f"templates have no tag `{word}`", notes or (PAGE,), changes)


def _explain_misplaced(word: str, start: int, end: int, inner: tuple[str, Region, bool] | None) -> Finding:
    if inner is None and word == "end":
        return Finding(start, end, "`{% end %}` closes nothing: no tag is open here")
    if inner is None:
        opens = "if" if word in ("else", "elif") else word.removeprefix("end")
        what = "belongs to no" if word in ("else", "elif") else "closes no"
        return Finding(start, end, f"`{{% {word} %}}` {what} `{{% {opens} %}}`")
    name, _, has_else = inner
    if word in ("else", "elif") and has_else:
        return Finding(start, end, f"`{{% {word} %}}` stands behind the `{{% else %}}` of the same `{{% {name} %}}`")
    if word in ("else", "elif"):
        return Finding(start, end, f"`{{% {word} %}}` cannot stand in `{{% {name} %}}`; expected `{{% end{name} %}}`")
    return Finding(start, end, f"found `{word}`; expected `end{name}`, as `{{% {name} %}}` is open here")


def unclosed_block(text: str, complaint: Complaint, region: Region, regions: list[Region]) -> Finding | None:
    if not re.match(r"[Uu]nexpected end of template", complaint.said):
        return None
    inner = _open_block(text, regions, None)
    if inner is None:
        return None
    name, opened, _ = inner
    start = text.index(name, opened.start)
    return Finding(start, start + len(name), f"`{{% {name} %}}` is never closed; expected `{{% end{name} %}}`")


def _open_block(text: str, regions: list[Region], before: Region | None) -> tuple[str, Region, bool] | None:
    """The innermost block that is open before a region: its word, its tag, and whether it had its `else`."""
    stack: list[tuple[str, Region, bool]] = []
    for region in regions:
        if before is not None and region.start >= before.start:
            break
        tag = _tag(text, region)
        if tag is None:
            continue
        word = tag[0]
        if word in ("if", "for", "macro", "call", "filter", "with", "block") or (
            word == "set" and "=" not in text[region.start : region.end]
        ):
            stack.append((word, region, False))
        elif word == "else" and stack:
            stack[-1] = (*stack[-1][:2], True)
        elif word.startswith("end") and stack and stack[-1][0] == word[3:]:
            stack.pop()
    return stack[-1] if stack else None


def _tag(text: str, region: Region) -> tuple[str, int, int] | None:
    m = re.compile(r"\{%[-+]?\s*(\w+)").match(text, region.start)
    return (m[1], m.start(1), m.end(1)) if region.mark == "{%" and m else None


def tag_in_braces(text: str, complaint: Complaint, region: Region, _: list[Region]) -> Finding | None:
    """`{{ if x }}`, and braces that are one too many."""
    if text.startswith("{{{", region.start) and region.mark == "{{":
        note = "`{{ name }}` writes a value; a `{` of the text beside it is written `{{ '{' }}`"
        return Finding(region.start, region.start + 3, "found `{{{`; expected `{{`", (note,))
    m = re.compile(r"\{\{[-+]?\s*(\w+)").match(text, region.start)
    if m is None or complaint.at < m.start(1) or not (m[1] in _TAGS or m[1] in (f"end{t}" for t in _TAGS)):
        return None
    end = re.compile(r"[^{}\n]*?(?=\s*\}\})").match(text, m.start(1))
    note = f"a tag is written `{{% {short(end[0] if end else m[1], 40)} %}}`"
    return Finding(m.start(1), m.end(1), f"found the tag `{m[1]}` in `{{{{ }}}}`, which writes values", (note,))
