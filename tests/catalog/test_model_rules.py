"""What a user's model file may say, and which files of users count: all that is told of each that breaks a rule."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from acme import model, prices, provider, told

from seedspec.catalog.model_rules import faults, patterns_of
from seedspec.catalog.pattern import MOST_LETTERS, is_steady
from seedspec.catalog.user_files import NONE, UserFile, UserFiles, id_of, settle
from seedspec.project import sources

HERE = Path(__file__).parent / "expected"
Expect = Callable[[Path, str], None]
Changes = tuple[tuple[str, Any], ...]
KNOWN = frozenset(("^(a+)+$",))
SHIPPED = sources.schemas()
P = "properties/prompt/"

CASES: dict[str, Changes] = {
    "as it is": (),
    "it is a list": (("", []),),
    "it is too large": (("", {"x": [0] * 200_001}),),
    "nothing of ours": (("x-seedspec", None),),
    "ours is a text": (("x-seedspec", "x"),),
    "another provider": (("x-seedspec/provider", "other"),),
    "no id": (("x-seedspec/model", None), ("properties/model/const", None)),
    **{f"the id {name!r}": (("x-seedspec/model", name), ("properties/model/const", name)) for name in
       ("a" * 120, "a" * 121, "a.b/c-d_e:f", "a/", "a//b", "a..b", "/a", "-a", "a b", "A9", "", 7)},
    "requests for another": (("properties/model/const", "other"),),
    "requests for any": (("properties/model/const", None),),
    "a model that is no rule": (("properties/model", True),),
    "properties that are a list": (("properties", []),),
    "a title that steers": (("title", "\x1b[2J"),),
    "a rule that is a text": (("properties/prompt", "x"),),
    "rules that are true or false": (("properties/prompt", True), ("not", False), ("properties/seed", False)),
    "every value that is taken": (
        *((f"{P}{key}", 1) for key in ("$comment", "title", "description", "type", "default", "enum", "const")),
        *((f"{P}{key}", 1) for key in ("examples", "required", "minimum", "maximum", "exclusiveMinimum")),
        *((f"{P}{key}", 1) for key in ("exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems")),
        *((f"{P}{key}", "x") for key in ("uniqueItems", "$schema", "$id")),
    ),
    "rules that are not taken": tuple((f"{P}{key}", 1) for key in (
        "multipleOf", "format", "patternProperties", "$dynamicRef", "dependentSchemas", "contains", "prefixItems")),
    "a plain pattern": ((f"{P}pattern", "^[a-z]+$"),),
    "a pattern of a file that ships": ((f"{P}pattern", "^(a+)+$"),),
    "a pattern without an end": ((f"{P}pattern", "^(a*)*$"),),
    "a pattern that is none": ((f"{P}pattern", 7),),
    "a reference": ((f"{P}$ref", "#/$defs/Text_1"), ("$defs", {"Text_1": {"type": "string"}})),
    "references elsewhere": (
        (f"{P}$ref", "#/properties/seed"), ("properties/seed/$ref", "#/$defs/a/b"), ("properties/sound/$ref", 7),
    ),
    "a reference in what is referred to": (("$defs", {"a": {"allOf": [{"$ref": "#/$defs/b"}]}}),),
    "further keys": (("additionalProperties", True), (f"{P}additionalProperties", {})),
    "rules in rules": (
        *((key, {"multipleOf": 1}) for key in ("items", "not", "if", "then", "else")),
        *((key, [{}, {"multipleOf": 1}, 7]) for key in ("allOf", "anyOf", "oneOf")),
        ("$defs", {"a": {"multipleOf": 1}}),
    ),
    "lists and names of rules that are none": (("allOf", 7), ("$defs", [])),
    "words of ours": ((f"{P}x-seedspec", {"unit": "s", "code": "a-1-b", "message": "m", "at": ["x", 7]}),),
    "words of ours that are not": ((f"{P}x-seedspec", {"unit": 7, "code": "A-b", "instead": {"any": "x"}}),),
    "a code with a joint at its end": ((f"{P}x-seedspec", {"code": "a-"}),),
    "a code that is no text": ((f"{P}x-seedspec", {"code": 7}),),
    "words that are a text": ((f"{P}x-seedspec", "x"),),
}  # fmt: skip


def test_what_is_told_of_each_model_file(expect: Expect) -> None:
    said = [told(case, faults(model(*changed), "acme", KNOWN)) for case, changed in CASES.items()]
    expect(HERE / "model_rules.txt", "\n".join(said) + "\n")


def test_the_patterns_of_files_that_ship_are_found_wherever_they_stand() -> None:
    documents = {"a": {"pattern": "^a$", "b": [{"pattern": "^b$"}, 7, {"c": {"pattern": "^c$"}}]}, "d": {"pattern": 7}}
    assert patterns_of(documents) == {"^a$", "^b$", "^c$"}
    assert patterns_of({"a": {"pattern": {"pattern": "^in$"}}}) == {"^in$"}


STEADY = {
    "": True, "a": True, "^a$": True, "a*": False, "^a*$": True, "^a?$": True, "a?": False, "^a*b*$": True,
    "^a*b*c*$": False, "^a+b?c{1,2}$": False, "^a{2}b{3}c{4}d*e*$": True, "^a{2,2}b*c*$": True, "a{3}": True,
    "^a{1,2}b{1,}$": True, "^a{1000}$": True, "^a{1001}$": False, "^a{1,1000}$": True, "^a{1,1001}$": False,
    "^a{1001,}$": False, "^(a*)*$": False, "^(a*)b*$": True, "^(a*)+$": False, "^(a|b)+$": False, "^(?:a|b)+$": False,
    "^(ab)+$": True, "^(?:ab)*c?$": True, "^((a*)b)*$": False, "^((ab)c)*$": True, "^(a{2})+$": True,
    "^(a{1,2})+$": False, "^(a?)+$": False, "^(a)(b)*$": True, "^(a*)(b)*$": True, "^a|b$": True, "^a*|b$": False,
    "^(a|b)c*$": True, "^(a|b)c*|d$": False, "^a*?$": True, "^a+?b??$": True, "^a{1,2}?b*c*$": False, "?": False,
    r"^\d*$": True, r"^(\d)\1$": False, r"^(a)\1*$": False, r"^[(a*)*]+$": True, r"^[]a*]+$": True,
    r"^[^]a*]+$": True, r"^[\]a*]+$": True, r"^\(a*\)*$": True, "^(?=a)$": False, "^(?i)a$": False, "^(?P<n>a)$": False,
    "^(a": False, "^a)$": False, "^[a": False, "^(a|b)$": True, "a|b": True, "^(ab*c)$": True, "^(a*)a(b)*$": True,
    "^(a*)x*$": True, "^(?:(a)|b)c*$": True, f"^{'a' * (MOST_LETTERS - 2)}$": True,
    f"^{'a' * (MOST_LETTERS - 1)}$": False,
    "^(a|b)(c)+$": True, "^((a|b)c)+$": False, "^a\n*$": True, "(^a*)": False, "^(a*(b))c*$": True, "^(a(b*))*$": False,
}  # fmt: skip


@pytest.mark.parametrize("pattern", STEADY)
def test_a_pattern_is_steady_or_not(pattern: str) -> None:
    assert is_steady(pattern) is STEADY[pattern]


def file(folder: str, name: str, document: Any, *, beside: bool = True, **more: Any) -> UserFile:
    shown = f"{'' if beside else '~/'}providers/{folder}/{name}"
    return UserFile(folder, name, shown, beside, document, digest=f"digest of {folder}", **more)


def named(own: str, *changed: tuple[str, Any]) -> Any:
    """The provider file under another name, with its own variables."""
    begin = own.upper()
    return provider(
        ("id", own), ("auth/variable", f"{begin}_API_KEY"), ("origins/api/variable", f"{begin}_BASE_URL"),
        ("origins/files/variable", f"{begin}_FILES_URL"), *changed,
    )  # fmt: skip


def of(folder: str, name: str = "acme-1.0") -> Any:
    return model(("x-seedspec/provider", folder), ("x-seedspec/model", name), ("properties/model/const", name))


TEXT = '{\n "id": "acme",\n "title": 7\n}\n'
UNREAD = {"document": None, "fault": "it is no JSON", "text": "{\n {", "fault_at": 3}
SETTLED: dict[str, list[UserFile]] = {
    "a provider that is trusted, with its model and prices": [
        file("acme", "provider.json", named("acme")), file("acme", "m.json", of("acme")),
        file("acme", "prices.json", prices()),
    ],
    "one that nobody has trusted": [
        file("other one", "x.json", of("other one", "x-1")), file("other", "provider.json", named("other")),
        file("other", "m.json", of("other")), file("other", "prices.json", prices()),
    ],
    "one of the user's own settings, before another of that name": [
        file("acme", "provider.json", named("acme")), file("acme", "m.json", of("acme")),
        file("acme", "provider.json", named("acme"), beside=False), file("acme", "o.json", of("acme"), beside=False),
        file("acme", "prices.json", prices(), beside=False),
    ],
    "one of the id of one that ships": [file("evolink", "provider.json", named("evolink"))],
    "one of a folder that is no provider's": [file("meta", "provider.json", named("meta"))],
    "one in another folder than its id": [file("mine", "provider.json", named("evolink"))],
    "one whose variables are no texts": [
        file("acme", "provider.json", named("acme", ("auth/variable", []), ("origins/api/variable", 7))),
    ],
    "one with the variable of one that ships": [
        file("acme", "provider.json", named("acme", ("origins/files/variable", "EVOLINK_BASE_URL"))),
    ],
    "one with a variable that was trusted elsewhere": [
        file("acme", "provider.json", named("acme", ("auth/variable", "GONE_KEY"))),
        file("gone", "provider.json", named("gone", ("auth/variable", "GONE_KEY"))),
        file("x", "provider.json", named("x", ("auth/variable", "EVOLINK_API_KEY"))),
    ],
    "one that breaks a rule": [
        file("acme", "provider.json", named("acme", ("title", "A" * 81)), text=TEXT),
        file("acme", "m.json", of("acme")),
    ],
    "files that could not be read": [
        file("acme", "provider.json", **UNREAD), file("evolink", "m.json", **UNREAD),
        file("evolink", "n.json", **UNREAD),
    ],
    "a model of a provider that ships": [
        file("evolink", "m.json", of("evolink", "mine-1")), file("evolink", "n.json", of("evolink", "mine-1")),
        file("evolink", "prices.json", prices()),
    ],
    "a model that ships": [file("evolink", "m.json", of("evolink", "seedance-2.0-text-to-video"))],
    "a model that breaks a rule": [file("evolink", "m.json", model(("title", "\x1b[2J")), text=TEXT)],
    "a model without a provider": [file("nobody", "m.json", of("nobody"))],
    "models without an id": [file("evolink", "m.json", [], text="[]"), file("evolink", "n.json", {"x-seedspec": 7})],
    "two models of one that waits": [
        file("other", "provider.json", named("other")), file("other", "m.json", of("other")),
        file("other", "n.json", of("other")),
    ],
}  # fmt: skip


def settled(files: Iterable[UserFile]) -> UserFiles:
    owners = {"GONE_KEY": ("gone", "`/gone/provider.json`"), "EVOLINK_API_KEY": ("x", "`/x.json`")}
    return settle(SHIPPED, files, lambda digest: digest == "digest of acme", owners)


def shown(case: str, found: UserFiles) -> str:
    lines = [
        f"providers: {', '.join(found.providers)}",
        f"models: {', '.join(f'{id_of(one.document)} of {one.shown}' for one in found.models)}",
        f"prices: {', '.join(f'{folder} of {one.shown}' for folder, one in found.prices.items())}",
        *(f"fault: {f}  [breach={f.breach}, beside={f.beside}, models={list(f.models)}]" for f in found.faults),
        *(f"waiting: {name} for {path}" for name, path in found.waiting.items()),
        *(f"state: {one.shown} is {state}: {why}" for one, state, why in found.states),
    ]
    return "\n".join([case, *(f"  {line}".rstrip() for line in lines)])


def test_which_files_count_and_what_is_told_of_the_others(expect: Expect) -> None:
    expect(HERE / "user_files.txt", "\n".join(shown(case, settled(files)) for case, files in SETTLED.items()) + "\n")


def test_a_file_of_settings_and_its_provider_are_given_as_they_are() -> None:
    document = named("acme")
    found = settled([file("acme", "provider.json", document), file("evolink", "prices.json", prices(), beside=False)])
    assert found.providers == {"acme": document} and found.prices == {}
    assert settled([]) is NONE
    assert settle(SHIPPED, [file("acme", "provider.json", document)], lambda digest: True).providers == found.providers


def test_nothing_that_ships_is_changed() -> None:
    before = copy.deepcopy(SHIPPED)
    for files in SETTLED.values():
        settled(files)
    assert before == SHIPPED


def test_the_id_of_what_is_no_model_is_empty() -> None:
    assert [id_of(d) for d in (None, [], {}, {"x-seedspec": []}, {"x-seedspec": {"model": 7}}, of("a", "b"))] == [
        "", "", "", "", "", "b",
    ]  # fmt: skip
