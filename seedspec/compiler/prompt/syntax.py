"""What an author is told of a template that cannot be read: the cause, at its place, and what to write."""

from __future__ import annotations

import re
from collections.abc import Callable

from seedspec.compiler.prompt.complaint import PAGE, Complaint, Finding, short, word_end
from seedspec.compiler.prompt.errors import FILTERS_PAGE, Change
from seedspec.compiler.prompt.look_alikes import look_alike
from seedspec.compiler.prompt.other_languages import other_language
from seedspec.compiler.prompt.other_methods import FILTER_ADVICE
from seedspec.compiler.prompt.regions import CLOSES, Region, regions_of
from seedspec.compiler.prompt.tags import tag_in_braces, unclosed_block, wrong_tag
from seedspec.text.diagnostic import did_you_mean


def explain(text: str, complaint: Complaint) -> Finding:
    """The finding for a text that the template language refuses. It has always a place and words of its own."""
    regions = regions_of(text)
    region = next((r for r in reversed(regions) if r.start <= complaint.at), Region("{{", 0, len(text)))
    for rule in _RULES:
        if (found := rule(text, complaint, region, regions)) is not None:
            return found
    end = word_end(text, complaint.at)
    shown = text[complaint.at : end] or "the end of the text"
    return Finding(complaint.at, end, f"found `{short(shown)}` where it cannot stand", (PAGE,))


_FILTERS = {
    "uppercase": "upper", "upcase": "upper", "toupper": "upper", "lowercase": "lower", "downcase": "lower",
    "tolower": "lower", "titleize": "title", "titlecase": "title", "title_case": "title", "capfirst": "capitalize",
    "capitalise": "capitalize", "json": "tojson", "to_json": "tojson", "json_encode": "tojson", "size": "length",
    "len": "length", "strip": "trim", "str": "string", "to_string": "string", "text": "string", "to_int": "int",
    "number": "float", "concat": "join", "implode": "join", "uniq": "unique", "where": "selectattr",
    "truncatechars": "truncate", "substr": "truncate", "regex_replace": "replace", "sort_by": "sort",
    "or": "default", "ifempty": "default", "fallback": "default", "to_nice_json": "tojson", "pluck": "map",
}  # fmt: skip
_TESTS = {
    "null": "none", "nil": "none", "undefined_or_none": "none", "list": "sequence", "array": "sequence",
    "text": "string", "str": "string", "dict": "mapping", "map": "mapping", "equal": "eq", "equals": "eq",
    "int": "integer", "bool": "boolean", "empty": "none", "set": "defined", "contains": "in",
}  # fmt: skip
_OPERATORS = (
    ("&&", "and", "both hold"), ("||", "or", "one of the two holds"), ("===", "==", "the same"),
    ("!==", "!=", "not the same"), ("<>", "!=", "not the same"), ("??", "or", "one of the two holds"),
)  # fmt: skip
_CHOICE = "a choice is written `{{ a if x else b }}`; a text for nothing is `{{ x or 'nothing' }}`"
_WORDS = {
    "end of print statement": "}}", "end of statement block": "%}", "begin of print statement": "{{",
    "begin of statement block": "{%", "end of template": "the end of the text", "end of comment": "#}",
}  # fmt: skip
_KINDS = {"name": "a name", "string": "a text in quotes", "integer": "a number", "float": "a number"}


def _unclosed_comment(text: str, complaint: Complaint, region: Region, _: list[Region]) -> Finding | None:
    if complaint.said.startswith("Missing end of comment"):
        start = text.rfind("{#", 0, complaint.at)
        return Finding(start, start + 2, "`{#` begins a comment that is never closed; expected `#}`")
    if complaint.said.startswith("Missing end of raw"):
        start = text.rfind("{%", 0, complaint.at)
        return Finding(start, complaint.at, "`{% raw %}` is never closed; expected `{% endraw %}`")
    return None


def _unclosed_quote(text: str, complaint: Complaint, region: Region, regions: list[Region]) -> Finding | None:
    broken = next((r for r in reversed(regions) if r.start <= complaint.at and r.quote >= 0), None)
    if broken is None:
        return None
    at = broken.quote
    word = re.match(r"[\w./ -]*[\w.-]", text[at + 1 : broken.end])
    note = (f"write `{text[at]}{short(word[0], 40)}{text[at]}`",) if word else ()
    return Finding(at, at + 1, f"the quote `{text[at]}` is never closed", note)


def _wrong_close(text: str, complaint: Complaint, region: Region, _: list[Region]) -> Finding | None:
    """A `{{` or `{%` without its end, or with another one."""
    if region.mark == "{#" or (region.closed and not region.wrong_end):
        return None
    wanted = CLOSES[region.mark]
    if region.wrong_end:
        start, end = region.wrong_end
        found, change = text[start:end], Change(start, end, wanted)
        said = f"found `{found}`; expected `{wanted}`"
        note = ("one `}` is missing here",) if wanted.startswith(found) else ()
        return Finding(start, end, said, note, (change,))
    inner = text[region.start + 2 : region.end]
    call = re.match(r"\s*[\w.]+(?:\([^(){}\n]*\))?", inner)
    behind = f" behind `{short(call[0].strip(), 40)}`" if call else ""
    return Finding(region.start, region.start + 2, f"`{region.mark}` is never closed; expected `{wanted}`{behind}")


def _operators(text: str, complaint: Complaint, region: Region, _: list[Region]) -> Finding | None:
    """Signs of other languages."""
    at = complaint.at
    for sign, ours, sense in _OPERATORS:
        for back in range(len(sign)):
            start = at - back
            if start >= region.start and text.startswith(sign, start):
                change = _replace_sign(text, start, start + len(sign), ours)
                choice = (_CHOICE,) if re.search(r"\?[^?\n]*:", text[at : region.end]) else ()
                said = f"found `{sign}`; expected `{ours}`, for {sense}"
                return Finding(start, start + len(sign), said, choice, (change,))
    c = text[at : at + 1]
    if c == "!":
        return Finding(at, at + 1, "found `!`; expected `not`", (), (_replace_sign(text, at, at + 1, "not"),))
    if c == "?":
        return Finding(at, at + 1, "found `?`, which templates do not have", (_CHOICE,))
    if c == "&":
        return Finding(at, at + 1, "found `&`; expected `and`, or `~` to join texts")
    if c == "$":
        bare = re.match(r"\$\w", text[at : at + 2])
        return Finding(at, at + 1, "found `$`; a name has none", (), (Change(at, at + 1, ""),) if bare else ())
    if c == "=" and ("end of" in complaint.said or "unexpected '='" in complaint.said):
        return _find_assignment(text, at, region)
    return None


def _find_assignment(text: str, at: int, region: Region) -> Finding:
    """One `=` where two compare. Within a tag `if` nothing else can be meant."""
    before = text[region.start : at]
    certain = re.match(r"\{%[-+]?\s*(?:if|elif)\b", before) or re.search(r"\sif\s", before)
    if certain and text[at - 1 : at] not in "<>!=":
        return Finding(at, at + 1, "found `=`; expected `==`, which compares", (), (Change(at, at + 1, "=="),))
    notes = ("`==` compares", "`{% set name = value %}` gives a value to a name")
    return Finding(at, at + 1, "found `=` where no value can be given", notes)


def _replace_sign(text: str, start: int, end: int, word: str) -> Change:
    """A word in place of a sign, with the spaces that a word needs."""
    if not word.isalpha():
        return Change(start, end, word)
    left = "" if text[start - 1 : start] in " (" else " "
    return Change(start, end, left + word + ("" if text[end : end + 1] == " " else " "))


def _unknown(text: str, complaint: Complaint, region: Region, _: list[Region]) -> Finding | None:
    """Filters and tests that templates do not have."""
    m = re.match(r"No (filter|test) named '(.+)'", complaint.said)
    if m is None:
        return None
    kind, name = m.groups()
    known = [n for n in (complaint.filters if kind == "filter" else complaint.tests) if " " not in n]
    other = (_FILTERS if kind == "filter" else _TESTS).get(name.lower()) or (
        name.lower() if name.lower() in known else ""
    )
    start = max(text.find(name, complaint.at), 0)
    if name == "random":
        notes: tuple[str, ...] = ("there is no randomness in a storyboard: take one of an axis",)
    elif other and other in known:
        notes = (f"write `{other}`",)
    elif kind == "filter" and (advice := FILTER_ADVICE.get(name.lower().replace("-", "_"))):
        notes = (advice,)
    else:
        notes = did_you_mean(name, known) or (
            f"leave it out, or take one of those that there are: {FILTERS_PAGE}#list-of-builtin-{kind}s",
        )
    changes = (Change(start, start + len(name), other),) if other == name.lower() else ()
    return Finding(start, start + len(name), f"templates have no {kind} `{name}`", notes, changes)


def _find_call(text: str, complaint: Complaint, region: Region, _: list[Region]) -> Finding | None:
    """A text right behind a name, as other languages call a function."""
    m = re.compile(r"'([^'\\]*)'|\"([^\"\\]*)\"").match(text, complaint.at)
    before = re.search(r"(\w+)\s*$", text[region.start : complaint.at])
    if m is None or before is None or not before[1].isidentifier():
        return None
    start, name = region.start + before.start(1), before[1]
    if name == "ref":
        change = (Change(start, m.end(), f"ref('{m[1] or m[2]}')"),) if m[1] or m[2] else ()
        note = f"write `ref('{short(m[1] or m[2] or 'name', 40)}')`"
        return Finding(start, m.end(), "`ref` takes the name of a reference in parentheses", (note,), change)
    note = f"`{name} ~ {short(m[0], 40)}` joins texts; `{name}({short(m[0], 40)})` calls a function"
    return Finding(complaint.at, m.end(), f"found {short(m[0], 40)} right behind `{name}`", (note,))


def _two_words(text: str, complaint: Complaint, region: Region, _: list[Region]) -> Finding | None:
    """Two words with nothing between them."""
    m = re.compile(r"\w+").match(text, complaint.at)
    before = re.search(r"([\w)\]'\"]+)\s+$", text[region.start : complaint.at])
    if m is None or before is None or not complaint.said.startswith("expected token 'end of"):
        return None
    wanted = CLOSES[region.mark]
    message = f"found `{short(m[0], 40)}` where `{wanted}` is expected"
    return Finding(m.start(), m.end(), message, ("a name has no spaces, and text stands in quotes",))


def _find_expected(text: str, complaint: Complaint, region: Region, _: list[Region]) -> Finding | None:
    """One word found where another is expected."""
    at, said = complaint.at, complaint.said
    end = word_end(text, at)
    if m := re.match(r"unexpected '([)\]}])'(?:, expected '([)\]}])')?", said):
        wanted = f"; expected `{m[2]}`" if m[2] else ", which closes nothing here"
        return Finding(at, at + 1, f"found `{m[1]}`{wanted}", () if m[2] else ("delete it",))
    if m := re.match(r"[Ee]xpected token '(.+?)', got '(.*)'", said):
        return Finding(
            at, end, f"found {_show_token(m[2], text[at:end])}; expected {_show_token(m[1])}", _close_notes(m[1])
        )
    if m := re.match(r"[Ee]xpected (an expression|a subscript|name or number), got '(.*)'", said):
        return Finding(at, end, f"found {_show_token(m[2], text[at:end])}; expected a name or a value")
    if re.match(r"[Ee]xpected name or number", said):
        return Finding(at, end, "expected a name behind the `.`")
    if re.match(r"[Uu]nexpected '", said):
        return Finding(at, end, f"found {_show_token('', text[at:end])} where a name or a value is expected")
    if said.startswith("unexpected char"):
        return Finding(at, at + 1, f"found `{text[at : at + 1]}`, which has no meaning in a template")
    if text[at : at + 1] in ("'", '"'):
        return Finding(at, end, "a `\\` in this text begins no known character", ("write `\\\\` for one `\\`",))
    if m := re.search(r"(?:[Cc]an't assign|cannot assign) to (?:special )?['\"]?(\w+)", said):
        return Finding(at, end, "this is no name that can be given a value")
    return None


def _close_notes(wanted: str) -> tuple[str, ...]:
    return ("`{% for name in list %}` goes over a list",) if wanted == "in" else ()


def _show_token(word: str, found: str = "") -> str:
    if word in ("end of template", "eof") or (not word and not found):
        return "the end of the text"
    if word in _KINDS and not found:
        return _KINDS[word]
    return f"`{short(_WORDS.get(word) or found or word, 40)}`"


_RULES: tuple[Callable[[str, Complaint, Region, list[Region]], Finding | None], ...] = (
    _unclosed_comment, _unknown, look_alike, other_language, _unclosed_quote, _wrong_close, _operators, wrong_tag,
    unclosed_block, _find_call, tag_in_braces, _two_words, _find_expected,
)  # fmt: skip
