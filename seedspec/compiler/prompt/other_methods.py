"""What filters and methods of other template languages are here: words alone, for whoever explains a template."""

from __future__ import annotations

_ADVICE = (
    ("a choice is written `{{ 'night' if look == 'noir' else 'day' }}`", "ternary iif choose"),
    (
        "templates know no regular expressions; `replace('a', 'b')` puts one text for another",
        "regex_search regex_findall regex_escape match test search gsub sub",
    ),
    (
        "there is no clock in a storyboard: write the date itself, or name it under `vars`",
        "date strftime to_datetime dateformat date_format time timestamp now",
    ),
    ("`{% include 'words.j2' %}` puts a text file here", "file load read import from_file"),
    (
        "write the list itself where it is used, or under `vars`",
        "combine zip flatten union intersect difference product dict2items items2dict subelements append prepend push "
        "merge compact shift pop",
    ),
    (
        "there is no randomness in a storyboard: an axis holds the variants",
        "shuffle sample password_hash hash md5 sha1 uuid to_uuid",
    ),
    ("templates read no environment; a value stands under `vars`", "env secret vault lookup"),
    ("`{% if name %}` asks whether a value is true; `name == 'true'` compares a text", "bool to_bool boolean"),
    ("write the quotes in the prompt itself", "quote squote dquote shellquote singlequote"),
    ("write `name.split(', ')`", "split explode"),
    ("a name that is missing is an error anyway; leave it out", "mandatory required"),
    (
        "values of `vars` and of axes are mappings and lists already; leave it out",
        "from_json from_yaml fromjson parse_json to_yaml toyaml to_nice_yaml",
    ),
    (
        "there are `upper`, `lower`, `title` and `capitalize`",
        "snakecase kebabcase camelcase pascalcase slug slugify swapcase sentence",
    ),
    (
        "sums are written with signs: `{{ take + 1 }}`",
        "plus minus times divided_by add subtract multiply divide mod modulo",
    ),
    ("write `{{ '%.2f' | format(price) }}`", "currency money number_format numberformat"),
    ("write the text without them", "strip_html strip_newlines stripslashes"),
    ("write `name.startswith('a')` in an `{% if %}`", "startswith endswith starts_with ends_with"),
    ("write `{% if 'night' in name %}`", "contains includes"),
    ("write both forms: `{{ 'cup' if n == 1 else 'cups' }}`", "pluralize"),
    ("write `{% raw %}…{% endraw %}`", "raw"),
    ("write the name itself", "basename"),
    ("write the folder itself", "dirname"),
    ("write the words themselves", "translate"),
)

FILTER_ADVICE = {word: advice for advice, words in _ADVICE for word in words.split()}
"""By the name of a filter that templates do not have: what to do, where no other filter does the same."""

METHODS = {
    "length": "length", "len": "length", "size": "length", "count": "length",
    "toUpperCase": "upper", "uppercase": "upper",
    "toLowerCase": "lower", "lowercase": "lower", "upcase": "upper", "downcase": "lower", "trim": "trim",
    "toString": "string", "to_s": "string", "capitalized": "capitalize", "reverse": "reverse", "sort": "sort",
    "first": "first", "last": "last", "ToUpper": "upper", "ToLower": "lower", "Length": "length", "Trim": "trim",
    "titleize": "title", "toTitleCase": "title", "isEmpty": "length", "includes": "", "contains": "", "indexOf": "",
    "startsWith": "", "endsWith": "", "substring": "", "substr": "", "slice": "", "concat": "", "replaceAll": "",
    "join": "join", "map": "map",
}  # fmt: skip
"""By what other languages write behind the `.` of a value: the filter that does the same, "" for none."""

_INSTEAD = {
    "includes": "write `'word' in {of}`", "contains": "write `'word' in {of}`", "indexOf": "write `'word' in {of}`",
    "startsWith": "write `{of}.startswith('word')`", "endsWith": "write `{of}.endswith('word')`",
    "substring": "write `{of}[0:5]`", "substr": "write `{of}[0:5]`", "slice": "write `{of}[0:5]`",
    "concat": "write `{of} ~ 'word'`", "replaceAll": "write `{of} | replace('a', 'b')`",
    "join": "write `{of} | join(', ')`",
}  # fmt: skip


def method_advice(of: str, name: str) -> tuple[str, ...]:
    """What to write for a method that texts and lists have in other languages; nothing for another name."""
    if (said := _INSTEAD.get(name)) is not None:
        return (said.replace("{of}", of),)
    return (f"`{METHODS[name]}` is a filter: write `{of} | {METHODS[name]}`",) if METHODS.get(name) else ()
