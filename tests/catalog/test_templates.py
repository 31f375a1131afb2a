"""Templates of bodies: what is rendered is read back, what is spoilt is refused, and what is no template is told."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedspec.catalog.template import NotOfTemplate, faults, parse, render
from seedspec.project.sources import schemas

FOUND = schemas()
URLS = st.sampled_from(["https://a.example/1.png", "https://a.example/2.mp4", "http://b.example/ü?x=1"])
MODELS = sorted(
    name for name in FOUND if name.count("/") == 1 and not name.startswith("meta/")
    and name.split("/")[1] not in ("provider.json", "prices.json")
)  # fmt: skip


def value_of(rule: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "enum" in rule:
        return st.sampled_from(rule["enum"])
    match rule.get("type"):
        case "integer":
            return st.integers(rule.get("minimum", 0), rule.get("maximum", 2**31))
        case "boolean":
            return st.booleans()
        case "array":
            return st.lists(URLS, min_size=1, max_size=4)
    return URLS if "$ref" in rule else st.text(min_size=1, max_size=40)


def flat_requests(document: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Any flat request of a model, whether the model takes it or not: the template does not judge fields."""
    fields = {k: v for k, v in document["properties"].items() if k not in ("model", "prompt")}
    some = st.fixed_dictionaries({}, optional={k: value_of(v) for k, v in fields.items()})
    return st.builds(lambda p, f: {"prompt": p, **f}, st.text(min_size=1, max_size=40), some)


def parts(name: str) -> tuple[Any, dict[str, Any], frozenset[str], str]:
    document = FOUND[name]
    template = FOUND[f"{name.split('/')[0]}/provider.json"]["calls"]["create"]["body"]
    own = document["x-seedspec"]
    singles = frozenset(rule["field"] for rule in own["slots"].values() if rule.get("single"))
    return template, document, singles, own.get("called", own["model"])


@pytest.mark.parametrize("name", MODELS)
def test_what_is_rendered_is_read_back(name: str) -> None:
    template, document, singles, called = parts(name)

    @settings(max_examples=60, database=None)
    @given(flat_requests(document))
    def walk(request: dict[str, Any]) -> None:
        whole = {"model": document["x-seedspec"]["model"], **request}
        body = render(template, whole, called)
        back = parse(template, body, singles)
        if "$flat" in template:
            assert body == whole == back.fields
            return
        assert back.fields == request
        assert back.model in ("", called)

    walk()


def spoilt(body: Any, dice: random.Random) -> Any:
    """A body with one thing in it that no request makes."""
    made = copy.deepcopy(body)
    places: list[Any] = [made]
    for place in places:
        places += [v for v in (place.values() if isinstance(place, dict) else place) if isinstance(v, (dict, list))]
    place = dice.choice(places)
    if isinstance(place, list) and place and isinstance(place[0], dict):
        kind = dice.randrange(3)
        if kind == 0:
            place.append({"type": "text", "text": "again"})
        elif kind == 1:
            place[dice.randrange(len(place))] = "no item"
        else:
            place[dice.randrange(len(place))].pop("type")
    elif isinstance(place, list):
        place.append(7) if place is not made else None
    else:
        place["x-unknown"] = dice.choice([1, "a", None, {}, []])
    return made


@pytest.mark.parametrize("name", MODELS)
def test_a_spoilt_body_is_refused(name: str) -> None:
    """By number: 200 bodies of each model whose template is more than `$flat`, which leaves all to the schema."""
    template, document, singles, called = parts(name)
    if "$flat" in template:
        pytest.skip("the schema judges the whole body")
    dice, refused, made = random.Random(7), 0, 0
    base = {"model": "x", "prompt": "A hill.", "duration": 5, "aspect_ratio": "16:9", "ratio": "16:9"}
    slots = document["x-seedspec"]["slots"].values()
    for number in range(200):
        chosen = [slot for slot in slots if dice.random() < 0.5]
        media = {s["field"]: "https://a.example/x" if s.get("single") else ["https://a.example/x"] for s in chosen}
        body = render(template, {**base, **media}, called)
        bad = spoilt(body, dice)
        if bad == body or any(bad.get(k) == v for k, v in bad.items() if isinstance(v, list) and 7 in v):
            continue  # an item of a plain list of addresses is the schema's to judge
        made += 1
        try:
            parse(template, bad, singles)
        except NotOfTemplate as error:
            refused += 1
            assert str(error).startswith("body"), number
    assert made > 80 and refused == made, f"{refused} of {made} were refused"


TEMPLATE = {
    "model": {"$model": True},
    "n": 1,
    "content": [
        {"type": "text", "text": {"$get": "prompt"}},
        {"$each": "first", "as": {"url": {"$item": True}, "role": "first"}},
        {"$each": "more", "as": {"url": {"$item": True}, "role": "more"}},
    ],
    "seconds": {"$get": "seconds", "as": "text"},
}
GOOD = {"model": "m", "n": 1, "content": [{"type": "text", "text": "p"}, {"url": "u", "role": "first"}], "seconds": "5"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"n": True}, "body.n: found True; expected 1"),
        ({"n": 1.0}, "body.n: found 1.0; expected 1"),
        ({"model": ""}, "body.model: found ''; expected the name of a model"),
        ({"seconds": 5}, "body.seconds: found 5; expected a whole number as text"),
        ({"seconds": "05"}, "body.seconds: found '05'; expected a whole number as text"),
        ({"extra": 1}, "body.extra: unknown key"),
        ({"content": {}}, "body.content: found a value of type dict; expected a list"),
        ({"content": []}, "body.content[0]: an item is missing that stands for `prompt`"),
        ({"content": GOOD["content"] + [{"url": "u", "role": "other"}]}, "body.content[2]: an item that is not"),
        ({"content": GOOD["content"] + [{"url": "v", "role": "first"}]}, "body.content[2]: an item that is not"),
        ({"content": [*GOOD["content"][:1], {"url": 3, "role": "more"}]}, "body.content[1].url: found 3; expected an"),
        ({"content": [*GOOD["content"][:1], {"url": "u", "role": "more", "x": 1}]}, "body.content[1].x: unknown key"),
        ({"content": [GOOD["content"][1], GOOD["content"][0]]}, "body.content[0]: an item is missing"),
    ],
)
def test_it_is_told_where_a_body_leaves_the_template(change: dict[str, Any], said: str) -> None:
    assert parse(TEMPLATE, GOOD, frozenset({"first"})).fields == {"prompt": "p", "first": "u", "seconds": 5}
    with pytest.raises(NotOfTemplate, match=f"^{''.join(c if c.isalnum() else chr(92) + c for c in said)}"):
        parse(TEMPLATE, {**GOOD, **change}, frozenset({"first"}))


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ({"a": {"$env": "EVOLINK_API_KEY"}}, "`$env` is no operator"),
        ({"a": {"$get": "x", "b": 1}}, "stands beside other keys"),
        ({"a": {"$get": ""}}, "expected the name of a field"),
        ({"a": {"$get": "x", "as": "base64"}}, "expected `as: text`"),
        ({"a": {"$get": "x"}, "b": {"$get": "x"}}, "stands in it twice"),
        ({"a": {"$flat": True}}, "`$flat` is a whole body"),
        ({"a": {"$item": True}}, "there is none around it"),
        ({"a": {"$each": "x", "as": {"$item": True}}}, "makes items of a list"),
        ({"a": [{"$each": "x", "as": {"url": 1}}]}, 'expected `{"$item": true}`'),
        ({"a": [{"$each": "x", "as": {"$item": True}}, {"$each": "y", "as": {"$item": True}}]}, "look the same"),
        ({"a": [{"$get": "x"}]}, "is an item of a list"),
    ],
)
def test_what_is_no_template_is_told(template: Any, said: str) -> None:
    assert not faults(TEMPLATE)
    assert any(said in why for _, why in faults(template)), faults(template)


def test_templates_that_ship_are_good() -> None:
    for name in (n for n in FOUND if n.endswith("/provider.json") and not n.startswith("meta/")):
        assert faults(FOUND[name]["calls"]["create"]["body"]) == []
