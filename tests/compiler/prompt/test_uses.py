"""What a template names, with places, for editors: each text and the whole of what is found in it."""

from __future__ import annotations

import pytest

from seedspec.compiler.prompt.uses import filter_names, uses_of

TEXTS = [
    ("Tea.", []),
    ("{{ brand", []),  # it cannot be read
    ("{{ brand }}", ["name brand 3-8"]),
    ("a {{ look.words }}", ["key words of look 10-15", "name look 5-9"]),
    ("{{ look['words'] }}", ["key words of look 9-14", "name look 3-7"]),
    ("{{ look[0] }}", ["name look 3-7"]),
    ("{{ label.look }}", ["name look 9-13", "name label 3-8"]),
    ("{{ label['look'] }}", ["name look 10-14", "name label 3-8"]),
    ("{{ ref('hero') }}", ["reference hero 8-12", "name ref 3-6"]),
    ('{{ ref("hero") }}', ["reference hero 8-12", "name ref 3-6"]),
    ("{{ ref(hero) }}", ["name ref 3-6", "name hero 7-11"]),
    ("{{ upper('hero') }}", ["name upper 3-8"]),
    ("{{ 'a' if look == 'noir' else 'b' }}", ["label noir of look 19-23", "name look 10-14"]),
    ("{{ 'a' if 'noir' == look else 'b' }}", ["label noir of look 11-15", "name look 20-24"]),
    ("{% if label.look != 'noir' %}x{% endif %}", ["label noir of look 21-25", "name look 12-16", "name label 6-11"]),
    ("{% if look in ['noir', 'soft', n] %}x{% endif %}",
     ["label noir of look 16-20", "label soft of look 24-28", "name look 6-10", "name n 31-32"]),
    ("{% if look in ['noir', 'soft'] %}x{% endif %}",
     ["label noir of look 16-20", "label soft of look 24-28", "name look 6-10"]),
    ("{% if look in ('noir', 5) %}x{% endif %}", ["label noir of look 16-20", "name look 6-10"]),
    ("{% if shot.id == 'open' %}x{% endif %}", ["shot open 18-22", "key id of shot 11-13", "name shot 6-10"]),
    ("{% if shot.name == 'open' %}x{% endif %}", ["key name of shot 11-15", "name shot 6-10"]),
    ("{% if look.words == 'a' %}x{% endif %}", ["key words of look 11-16", "name look 6-10"]),
    ("{% if look == 'a\\'b' %}x{% endif %}", ["name look 6-10"]),  # its characters have no places of their own
    ("{% if 'a' == 'b' %}x{% endif %}", []),
    ("{% include 'words.j2' %}", ["file words.j2 12-20"]),
    ('{% from "w.j2" import sky %}', ["file w.j2 9-13"]),
    ("{% import 'w.j2' as w %}{{ w.sky(brand) }}", ["file w.j2 11-15", "name brand 33-38"]),
    ("{% include name %}", ["name name 11-15"]),
    ("{% extends 'base.j2' %}", ["file base.j2 12-19"]),
    ("{% for x in list %}{{ x }}{% endfor %}", ["name list 12-16"]),
    ("{% set x = brand %}{{ x.a }}", ["name brand 11-16"]),
    ("{{ brand.a.b }}", ["key a of brand 9-10", "name brand 3-8"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "found"), TEXTS, ids=[t for t, _ in TEXTS])
def test_the_names_in_a_template(text: str, found: list[str]) -> None:
    uses = uses_of(text)
    assert sorted(f"{u.kind} {u.name}{' of ' * bool(u.owner)}{u.owner} {u.start}-{u.end}" for u in uses) == sorted(
        found
    )
    for use in uses:
        assert text[use.start : use.end] == use.name


def test_the_filters_are_those_that_a_template_may_write() -> None:
    names = filter_names()
    assert {"upper", "join", "default", "tojson"} <= set(names)
    assert "random" not in names and not [n for n in names if " " in n] and list(names) == sorted(names)
