"""What other template languages write, and what is written for it here: for the findings of unreadable templates."""

from __future__ import annotations

import re

from seedspec.compiler.prompt.complaint import Complaint, Finding, short
from seedspec.compiler.prompt.regions import Region

_COMPARED = {
    "eq": "==", "ne": "!=", "neq": "!=", "equals": "==", "gt": ">", "lt": "<", "ge": ">=", "le": "<=", "gte": ">=",
    "lte": "<=", "AND": "and", "OR": "or", "NOT": "not", "IN": "in", "isnt": "!=", "of": "in", "contains": "in",
}  # fmt: skip
_BLOCKS = {
    "if": "if", "unless": "if not", "each": "for", "for": "for", "foreach": "for", "with": "with", "else": "else",
}  # fmt: skip


def other_language(text: str, complaint: Complaint, region: Region, regions: list[Region]) -> Finding | None:
    """Code of Handlebars, Go, JavaScript and others, by how it begins."""
    inside = text[region.start + 2 : region.end]
    if region.mark == "{{":
        if (found := _find_nested(text, region, regions)) is not None:
            return found
        for rule in (_handlebars, _go, _template_literal):
            if (found := rule(text, region, inside)) is not None:
                return found
    return _find_word_operator(text, complaint, region)


def _handlebars(text: str, region: Region, inside: str) -> Finding | None:
    """`{{#if x}}`, `{{/if}}`, `{{> part}}`, `{{^x}}`, `{{! words }}`."""
    m = re.match(r"[-~]?([#/>^!&@])\s*(?:else\s+)?([\w.-]*)\s*([^{}\n]*?)\s*[-~]?(?:\}\}|$)", inside)
    if m is None:
        return None
    sign, word, rest = m.groups()
    end = region.start + 2 + (m.end(2) if word else m.end(1))
    if sign == ">":
        write = f"`{{% include '{word or 'part'}.j2' %}}` puts a text file here"
    elif sign == "!":
        write = "a comment is written `{# … #}`"
    elif sign in "&@":
        write = f"write `{{{{ {word or 'name'} }}}}`" if sign == "&" else "`loop.index` counts inside `{% for %}`"
    else:
        block = _BLOCKS.get(word, "if")
        kind = block.split()[0]
        condition = rest if word in _BLOCKS else word
        opening = f"{kind} item in {condition or 'list'}" if kind == "for" else f"{block} {condition or 'name'}".strip()
        opening = opening if sign != "^" else f"if not {condition or word or 'name'}"
        closing = "" if kind == "else" else f" … {{% end{kind} %}}"
        write = f"write `{{% end{kind} %}}`" if sign == "/" else f"write `{{% {short(opening, 40)} %}}{closing}`"
    shown = text[region.start : end]
    return Finding(region.start, end, f"found `{short(shown, 40)}`, which is of another template language", (write,))


def _find_nested(text: str, region: Region, regions: list[Region]) -> Finding | None:
    """`{{ ref({{ hero }}) }}`: braces inside of braces."""
    outer = next((r for r in regions if r.mark == "{{" and not r.closed and r.end == region.start), None)
    if outer is None or not re.search(r"[(\[,~+=|]\s*$", text[: region.start]):
        return None
    m = re.compile(r"\{\{\s*['\"]?([\w.-]*)['\"]?").match(text, region.start)
    name = m[1] if m is not None else ""
    called = text[outer.start + 2 : outer.end].strip() == "ref("
    note = (
        f"write `{{{{ ref('{name}') }}}}`" if called and name else "names inside are read as they are, without braces"
    )
    message = "found `{{` inside of `{{ }}`; expected a name or a value"
    return Finding(region.start, region.start + 2, message, (note,))


def _go(text: str, region: Region, inside: str) -> Finding | None:
    """`{{ .Brand }}`: a name with a `.` before it."""
    m = re.match(r"-?\s*(?:(?:if|with|range|else if)\s+)?(\.(\w+))", inside)
    if m is None:
        return None
    start = region.start + 2 + m.start(1)
    note = f"write `{{{{ {m[2].lower()} }}}}`, and a condition as `{{% if {m[2].lower()} %}}`"
    return Finding(start, start + len(m[1]), f"found `{short(m[1], 40)}`; a name has no `.` before it", (note,))


def _template_literal(text: str, region: Region, inside: str) -> Finding | None:
    """A text of JavaScript in backticks."""
    m = re.search(r"`([^`]*)`", inside)
    if m is None:
        return None
    start = region.start + 2 + m.start()
    return Finding(
        start, start + 1, "found a backtick; a text stands in straight quotes", (f"write `'{short(m[1], 40)}'`",)
    )


def _find_word_operator(text: str, complaint: Complaint, region: Region) -> Finding | None:
    """Words for signs: `look eq 'noir'`."""
    for m in re.finditer(r"(?<=[\w)\]'\"])\s+(\w+)(?=\s)", text[region.start : region.end]):
        start = region.start + m.start(1)
        if (ours := _COMPARED.get(m[1])) and start <= complaint.at <= start + len(m[1]) + 1:
            return Finding(start, start + len(m[1]), f"found `{m[1]}`; expected `{ours}`", (f"write `{ours}`",))
    return None
