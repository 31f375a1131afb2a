"""Words of other template languages that would stay in a prompt, and places that were never filled in: `${BRAND}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from seedspec.compiler.prompt.mentions import literal_mentions
from seedspec.text import later


class Name(NamedTuple):
    """A name that the storyboard declares. `write` is what a template says for it, None where that is not certain."""

    write: str | None
    is_reference: bool


class Foreign(NamedTuple):
    """Words of a text that no template here reads. `name` is the one meant, as far as it is known.

    `write` is what to write for them; `blank` are words that stand for a text which nobody has written yet.
    """

    start: int
    end: int
    name: str
    write: str | None
    blank: bool = False


_CODE = later.pattern(
    r"\{%[-+]?\s*+raw\b.*?\bendraw\s*[-+]?%\}|(?!\{%[-+]?\s*+raw\b)(?:\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\})"
    r"|(?P<open>\{[{%#].*)",
    re.DOTALL,
)  # a template's own parts, in which nothing is looked for; one without an end takes all that follows
_HIDDEN = "\ue000"
_SIGNS = "$@{[<%#_«!"
_BLANKS = ("TODO", "FIXME", "TBD", "XXX", "PLACEHOLDER", "orem ipsum", "OREM IPSUM", "…", "...")
_NAME = r"[A-Za-z_][A-Za-z0-9_.-]*"
_FORMS = later.pattern(
    r"(?P<todo>\b(?:TODO|FIXME)\b(?!\s+list)(?=\s*(?:[:(\]-]|\Z|\n|[a-z]))"
    r"|\b(?:TBD|PLACEHOLDER|XXX+)\b|(?i:\blorem ipsum\b)"
    r"|\A\s*(?:…|\.{3,})\s*\Z"
    r"|[\[(<]\s*(?i:same as|rest of|as above|unchanged)\b[^\])>\n]{0,40}[\])>](?=\s*\Z))"
    rf"|(?:[$#]?\{{\s*|[\[<@%])?(?<![\w.])ref\(\s*(?P<quote>[\"']?)(?P<ref>[\w.-]+)(?P=quote)\s*\)(?:\s*\}}|[\]>%])?"
    rf"|(?:\$|\#)\{{\s*(?P<shell>{_NAME})[^{{}}\n]{{0,40}}\}}"
    rf"|<%[=-]?\s*(?P<erb>{_NAME})\s*-?%>"
    rf"|(?P<dollar>\$)(?={_HIDDEN})"
    rf"|\$\(\s*(?P<make>{_NAME})\s*\)|\$env:(?P<power>[A-Za-z_]\w*)|%\((?P<python>[A-Za-z_]\w*)\)[sdrif]"
    rf"|\{{\s*MERGEFIELD\s+\"?(?P<merge>\w+)[^{{}}\n]*\}}|«\s*(?P<guillemets>\w+)\s*»"
    rf"|(?<![\w!])!(?P<delayed>[A-Za-z_]\w*)!(?!\w)"
    rf"|\[\[\s*+(?P<wiki>[^\[\]\n]{{1,40}}?)\s*\]\]|(?<!<)<<++\s*+(?P<angles>[^<>\n]{{1,40}}?)\s*>>+"
    r"|\{\s*+(?P<brace>[^{}\n]{1,60}?)\s*\}|\[\s*+(?P<square>[^\[\]\n]{1,60}?)\s*\](?!\()"
    r"|<\s*+(?P<angle>[^<>/=\n]{1,60}?)\s*>"
    rf"|(?<![\w%])%(?P<percent>[A-Za-z_]\w*)%(?!\w)|(?<!\w)__(?P<under>[A-Za-z]\w*?)__(?!\w)"
    rf"|(?<![\w$\\])\$(?P<var>[A-Za-z_]\w*)|(?<![\w@./])@(?P<at>[A-Za-z_][\w-]*)(?![\w@]|\.\w)"
)
_PATHS = ("brace", "shell", "make", "erb")
_CERTAIN = ("shell", "erb", "make", "power", "python", "merge")
"""Forms that are never prose, whether their name is known or not."""
_NUMBERED = later.pattern(r"(?<!\w)(?!The\b|A\b)[A-Z]\w*\s\Z")
"""A name before `XXX`: `Super Bowl XXX` is the thirtieth."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_THINGS = _words(
    "product brand company customer client competitor sku cta tagline slogan headline logo url website price "
    "discount name firstname lastname brandname productname"
)
_PARTS = _words(
    "subject character scene style location place setting object animal color colour city season material "
    "verb adjective noun action mood hero person actor environment weather item text title topic keyword keywords"
)
"""Also headings of a prompt, such as `[Scene] a kitchen`; in braces they are places to fill in."""
_SHOT = later.pattern(r"insert\s*(?:shots?\b|cuts?\b|close|[:(-]|cu\b|of\b.*\b(?:hand|hands|screen)\b)", re.IGNORECASE)


def hide_code(text: str) -> str:
    """A text whose own template parts are replaced, character by character, by one that nothing looks for.

    Whatever follows a part that has no end stays as it is.
    """
    return _CODE.sub(lambda m: m[0] if m["open"] else _HIDDEN * len(m[0]), text)


def may_be_foreign(text: str) -> bool:
    """Whether a text holds what words of another template language, and places to fill in, cannot do without."""
    return any(sign in text for sign in _SIGNS) or any(word in text for word in _BLANKS) or "ref(" in text


def may_hold_forms(shown: str) -> bool:
    """The same of a template whose own parts are hidden: what may be foreign holds any of the forms."""
    return may_be_foreign(shown) or "(" in shown or "ipsum" in shown.lower()


def find_foreign(
    text: str,
    shown: str,
    names: Mapping[str, Name],
    *,
    is_template: bool,
    reads: frozenset[str],
    is_text: Callable[[str], bool],
) -> Iterator[Foreign]:
    """The words of a text that look like those of another template language, or like a place to fill in.

    `shown` is the text, of a template with its own parts hidden. `names` are the ones declared, in small letters.
    `reads` are those that the prompt's template reads. `is_text` says whether what a template writes surely begins
    like text: `${{ price }}` may be a price in dollars.
    """
    if not may_be_foreign(text):
        return
    if is_template and ("{{" in shown or "{%" in shown):
        return  # it is broken, which is said elsewhere
    if not may_be_foreign(shown):
        return
    for m in _FORMS.finditer(shown):
        form = m.lastgroup if m["ref"] is None else "ref"
        inner = m[form or 0] or ""
        if form == "todo":
            if inner.startswith("X") and _NUMBERED.search(shown, 0, m.start()):
                continue
            yield Foreign(m.start(), m.end(), "", None, blank=True)
        elif form == "dollar":
            code = _CODE.match(text, m.end())
            if (
                code is not None
                and not code["open"]
                and code[0].startswith("{{")
                and is_text(code[0][2:-2].strip("-+ \t"))
            ):
                yield Foreign(m.start(), code.end(), "", code[0])
        elif (found := _judge(str(form), inner, shown, m, names, reads)) is not None:
            yield found


def _judge(
    form: str, inner: str, text: str, m: re.Match[str], names: Mapping[str, Name], reads: frozenset[str]
) -> Foreign | None:
    root = inner.lstrip("$").partition(".")[0] if form in _PATHS else inner
    known = names.get(re.sub(r"[\s-]+", "_", root.lower())) or names.get(root.lower())
    if form == "ref":
        quoted = m["quote"] or (known is not None and known.is_reference)
        return (
            Foreign(m.start(), m.end(), inner, f"ref('{inner}')" if known and known.is_reference else None)
            if quoted
            else None
        )
    if form in ("at", "var"):
        sure = known is not None and (known.is_reference or form == "var")
        return Foreign(m.start(), m.end(), inner, known.write if known else None) if sure else _constant(form, inner, m)
    if form in ("guillemets", "delayed") and (known is None or inner != inner.strip()):
        return None  # quotes of French, or somebody shouts
    if literal_mentions(inner):
        return None
    if form in ("square", "angle"):
        return _judge_brackets(form, inner, text, m, known, reads)
    if known is not None:
        attribute = "." in inner and not known.is_reference
        return Foreign(m.start(), m.end(), inner, None if attribute else known.write)
    if form in _CERTAIN:
        return Foreign(m.start(), m.end(), inner, None)
    if form == "percent" and re.fullmatch(r"[A-Z][A-Z0-9_]{2,}", inner):
        return Foreign(m.start(), m.end(), inner, None)
    if form in ("percent", "under"):
        return _constant(form, inner, m)
    return Foreign(m.start(), m.end(), inner, None, blank=True) if _is_blank(inner, form) else None


def _constant(form: str, inner: str, m: re.Match[str]) -> Foreign | None:
    """A name in capitals with `_` in it, which is no prose: `$PRODUCT_NAME`."""
    fits = form != "at" and re.fullmatch(r"[A-Z]+(?:_[A-Z]+)+", inner) is not None
    return Foreign(m.start(), m.end(), inner, None) if fits else None


def _judge_brackets(
    form: str, inner: str, text: str, m: re.Match[str], known: Name | None, reads: frozenset[str]
) -> Foreign | None:
    """Words in `[]` or `<>`, which are more often a heading, a sound or a way to speak."""
    if form == "angle" and f"</{inner}" in text:
        return None
    begins = text[: m.start()].rpartition("\n")[2].strip(" \t-*#>") == "" or text[m.end() : m.end() + 1] == ":"
    if known is not None and inner.lower() == inner:
        if not known.is_reference and (begins or inner in reads):
            return None
        return Foreign(m.start(), m.end(), inner, known.write if known.is_reference else None)
    return Foreign(m.start(), m.end(), inner, None, blank=True) if _is_blank(inner, form, begins=begins) else None


def _is_blank(inner: str, form: str, *, begins: bool = False) -> bool:
    """Whether words in brackets ask for a text: `[INSERT NAME]`, `<your product here>`, `{product_name}`."""
    told = re.sub(r"[\s_-]+", " ", inner).lower().strip(" .:")
    parts = told.split(" ")
    if not told or told[-1] in "0123456789":
        return False
    if parts[0] in ("insert", "placeholder"):
        return _SHOT.match(inner) is None and (form != "brace" or len(parts) < 6)
    things = _THINGS if form in ("square", "wiki") else _THINGS | _PARTS
    if parts[0] == "your":
        return len(parts) < 6 and (parts[-1] in ("here", "name") or (len(parts) < 4 and parts[-1] in things))
    if len(parts) == 1:
        return told in things and not begins
    named = parts[-1] in ("name", "here", "url", "placeholder") and parts[0] in (_THINGS | _PARTS)
    identifier = "_" in inner and " " not in inner and bool({parts[0], parts[-1]} & (_THINGS | _PARTS))
    return len(parts) < 4 and (named or identifier)
