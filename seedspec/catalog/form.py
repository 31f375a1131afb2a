"""What is meant by a value of the wrong form: an amount with its unit, a word for true or false, a name with spaces."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import floor

from seedspec.catalog.choice import Remedy

WRITTEN = "{written}"
"""In the text of a remedy: what stands in the file, as it stands there."""

_YES = ("yes", "y", "on", "true", "t", "1", "1.0", "enabled", "enable", "ja", "oui", "si", "是")
_NO = ("no", "n", "off", "false", "f", "0", "0.0", "disabled", "disable", "nein", "non", "否")
_SECONDS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "sekunden", "秒", "秒钟", "''"), Fraction(1)),
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds", "毫秒"), Fraction(1, 1000)),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes", "分", "分钟"), Fraction(60)),
}
_BYTES = {
    **dict.fromkeys(("b", "byte", "bytes"), Fraction(1)),
    **{f"{p}{b}": Fraction(1000**n) for n, p in enumerate("kmg", 1) for b in ("", "b")},
    **{f"{p}i{b}": Fraction(1024**n) for n, p in enumerate("kmg", 1) for b in ("", "b")},
}
_UNITS: Mapping[str, Mapping[str, Fraction]] = {
    "seconds": _SECONDS,
    "bytes": _BYTES,
    "pixels": dict.fromkeys(("px", "pixel", "pixels"), Fraction(1)),
    "frames per second": dict.fromkeys(("fps", "hz", "/s", "frames/s"), Fraction(1)),
    "dollars": dict.fromkeys(("$", "usd", "us$", "dollar", "dollars"), Fraction(1)),
    "credits": dict.fromkeys(("credit", "credits"), Fraction(1)),
    "LUFS": dict.fromkeys(("lufs", "lkfs", "lu", "db", "dblufs"), Fraction(1)),
    "dBTP": dict.fromkeys(("dbtp", "db", "dbfs"), Fraction(1)),
    "": dict.fromkeys(("x", "times", "take", "takes", "entries", "cuts", "places"), Fraction(1)),
}


def remedy_for_type(value: object, types: Sequence[str], rule: Mapping[str, object], unit: str) -> Remedy | None:
    """What to write instead of a value that is of none of these types of JSON Schema; None where nothing is plain."""
    if isinstance(value, (bool, int, float)) and "string" in types and not _SCALARS & set(types):
        return Remedy("quote it to make it text", f'"{WRITTEN}"')
    if "boolean" in types and isinstance(value, (str, int, float)):
        return _truth(str(value)) or Remedy("write `true` or `false`")
    if isinstance(value, str) and {"integer", "number"} & set(types):
        return _amount(value, rule, unit, whole="number" not in types) or _number_word(value)
    if isinstance(value, float) and "integer" in types and "number" not in types and abs(value) < 1e9:
        return Remedy(f"write `{floor(value)}` or `{floor(value) + 1}`")
    of_texts = isinstance(items := rule.get("items"), dict) and items.get("type", "string") == "string"
    if isinstance(value, str) and list(types) == ["array"] and of_texts and re.fullmatch(_WORDS, value.strip()):
        flow = f"[{', '.join(re.split(r'[ ,;]+', value.strip()))}]"
        return Remedy(f"a list stands in brackets: `{flow}`", flow)
    return None


_SCALARS = frozenset(("integer", "number", "boolean"))
_WORDS = r"[A-Za-z][A-Za-z0-9_-]{0,39}(?:[,;] ?[A-Za-z][A-Za-z0-9_-]{0,39}){0,9}"


_NUMBER_WORDS = tuple(
    tuple(words.split())
    for words in (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen",
        "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn",
        "〇 一 二 三 四 五 六 七 八 九 十",
    )
)


def _number_word(text: str) -> Remedy:
    word = text.split()[0].casefold() if text.split() else ""
    number = next((words.index(word) for words in _NUMBER_WORDS if word in words), None)
    return Remedy("write a number, in digits" if number is None else f"write `{number}`")


def _truth(text: str) -> Remedy | None:
    word = unicodedata.normalize("NFKC", text).strip().casefold()
    meant = "true" if word in _YES else "false" if word in _NO else ""
    if not meant:
        return None
    plain = word in ("true", "false") and word == text
    return Remedy("leave the quotes out" if plain else f"write `{meant}`", meant)


def _amount(text: str, rule: Mapping[str, object], unit: str, *, whole: bool) -> Remedy | None:
    value = amount_of(text, unit)
    if value is None:
        return None
    if value.denominator != 1 and whole:
        return None
    shown = str(value.numerator) if value.denominator == 1 else f"{float(value):g}"
    plain = re.fullmatch(r"-?\d+(\.\d+)?", text) is not None
    said = "leave the quotes out to make it a number" if plain else f"write the number alone: `{shown}`"
    if unit and not plain:
        said = f"write the {unit} as a number alone: `{shown}`"
    least, most = rule.get("minimum"), rule.get("maximum")
    inside = (not isinstance(least, (int, float)) or value >= least) and (
        not isinstance(most, (int, float)) or value <= most
    )
    return Remedy(said, shown if inside and "," not in text else None)


def amount_of(text: str, unit: str) -> Fraction | None:
    """A number as people write it with a unit, in the unit that is wanted: `5 sec`, `5000ms` and `0:05` are 5."""
    if any(unicodedata.category(c) == "No" for c in text):
        return None  # `5²` and `5½` are no 52
    said = unicodedata.normalize("NFKC", text).strip().casefold().replace("_", "").removesuffix(".")
    if unit == "seconds" and (m := re.fullmatch(r"(?:(\d{1,2}):)?(\d{1,2}):(\d{2}(?:\.\d{1,6})?)", said)):
        return Fraction(int(m[1] or 0) * 3600 + int(m[2]) * 60) + Fraction(m[3])
    if unit == "seconds":
        said = re.sub(r"^pt(?=\d.*s$)", "", said)
    m = re.fullmatch(r"([^\d\s.,+-]*)\s*([+-]?\d{1,15}(?:[.,]\d{1,9})?)\s*([^\d.,+-]*)", said)
    if m is None or (m[1] and m[3]):
        return None
    name = (m[1] or m[3]).strip()
    units = _UNITS.get(unit, {})
    if name and name not in units:
        return None
    return Fraction(m[2].replace(",", ".")) * units.get(name, 1)


def items_of(text: str) -> list[str]:
    """The items of a list that is written as one text, between commas or semicolons of any script; none of prose."""
    items = [item.strip() for item in re.split("[,;|、，；]", text)]
    return items if len(items) > 1 and all(re.fullmatch(r"[\w.:-]{1,40}", item) for item in items) else []


_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ł": "l", "þ": "th", "ð": "d", "ı": "i"})


_LONGEST = 200
"""Characters of a text of which a name is made: no pattern takes as many."""


def name_for(text: str, pattern: str, stem: str, number: int) -> str | None:
    """A name that a pattern takes, made of a text; where no letter of it can stand there, of a stem and a number.

    None where nothing that was made fits.
    """
    joint = "-" if re.fullmatch(pattern, "a-a") else "_"
    plain = unicodedata.normalize("NFKD", text[:_LONGEST].casefold().translate(_LETTERS))
    kept = "".join(c for c in plain if not unicodedata.combining(c))
    allowed = "".join(c for c in "._:-" if re.fullmatch(pattern, f"a{c}a"))
    words = re.sub(rf"[^a-z0-9{re.escape(allowed)}]+", joint, kept)
    words = re.sub(rf"[{re.escape(allowed)}]*{joint}[{re.escape(allowed)}]*", joint, words).strip("._:-")
    if not re.search("[a-z]", words) and re.search(r"[^\W\d_]", kept):
        words = f"{stem}{joint}{words or number}"  # of another script
    elif not words:
        words = f"{stem}{joint}{number}"
    if not re.fullmatch(pattern, words) and words[0].isdecimal():
        words = f"{stem}{joint}{words}"
    while len(words) > 1 and not re.fullmatch(pattern, words):
        words = words[:-1].rstrip(f"._:-{joint}")
    return words if re.fullmatch(pattern, words) else None
