"""What is proposed instead of a value or a key, as tables: by meaning, in any form that people write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest

from seedspec.catalog.choice import remedy_for_choice
from seedspec.catalog.form import amount_of, name_for, remedy_for_type
from seedspec.catalog.meant import column_of, meaning_of
from seedspec.catalog.schema import Schema, edits_of
from seedspec.project import sources
from seedspec.text.near import fold, nearest, shorten
from seedspec.text.source import Source

pytestmark = pytest.mark.slow

STORYBOARD = sources.schemas()["storyboard.json"]
RATIOS = ["16:9", "9:16", "1:1", "4:3", "3:4", "21:9", "adaptive"]
LINES = ["480p", "720p"]

CHOICES: list[tuple[object, list[str], str, str | None]] = [
    ("16x9", RATIOS, "`16:9`", "16:9"),
    ("16X9", RATIOS, "`16:9`", "16:9"),
    ("16×9", RATIOS, "`16:9`", "16:9"),
    ("16/9", RATIOS, "`16:9`", "16:9"),
    ("16-9", RATIOS, "`16:9`", "16:9"),
    ("16_9", RATIOS, "`16:9`", "16:9"),
    ("16 : 9", RATIOS, "`16:9`", "16:9"),
    ("16:9 ", RATIOS, "`16:9`", "16:9"),
    ("\u00a016:9", RATIOS, "`16:9`", "16:9"),
    ("16：9", RATIOS, "`16:9`", "16:9"),
    ("１６：９", RATIOS, "`16:9`", "16:9"),
    ("16∶9", RATIOS, "`16:9`", "16:9"),
    ("16 by 9", RATIOS, "`16:9`", "16:9"),
    ("32:18", RATIOS, "`16:9`", "16:9"),
    (1.78, RATIOS, "`16:9`", "16:9"),
    (1.7778, RATIOS, "`16:9`", "16:9"),
    (1.77, RATIOS, "`16:9`", "16:9"),
    ("1.78:1", RATIOS, "`16:9`", "16:9"),
    ("0.5625", RATIOS, "`9:16`", "9:16"),
    (1.33, RATIOS, "`4:3`", "4:3"),
    ("1,33", RATIOS, "`4:3`", "4:3"),
    ("1.0", RATIOS, "`1:1`", "1:1"),
    ("ADAPTIVE", RATIOS, "`adaptive`", "adaptive"),
    ("1280x720", RATIOS, "has the ratio `16:9`", None),
    ("1080x1920", RATIOS, "has the ratio `9:16`", None),
    ("landscape 16:9", RATIOS, "`16:9`", None),
    (969, RATIOS, "`16:9`", None),
    ("4:5", RATIOS, "portrait; the nearest is `3:4`", None),
    ("2:3", RATIOS, "portrait; the nearest is `3:4`", None),
    ("9:21", RATIOS, "portrait; the nearest is `9:16`", None),
    ("0.8", RATIOS, "portrait; the nearest is `3:4`", None),
    ("5:4", RATIOS, "landscape; the nearest is `4:3`", None),
    ("3:2", RATIOS, "landscape; the nearest is `4:3`", None),
    ("2.35:1", RATIOS, "landscape; the nearest is `21:9`", None),
    (2.39, RATIOS, "landscape; the nearest is `21:9`", None),
    ("1024x1024", RATIOS, "has the ratio `1:1`", None),
    ("portrait", RATIOS, "portrait is `9:16` or `3:4`", None),
    ("Vertical", RATIOS, "portrait is `9:16` or `3:4`", None),
    ("landscape", RATIOS, "landscape is `16:9`, `4:3` or `21:9`", None),
    ("square", RATIOS, "`1:1`", None),
    ("cinematic", RATIOS, "the widest is `21:9`", None),
    ("auto", RATIOS, "`adaptive`", None),
    ("1080p", LINES, "the highest is `720p`", None),
    ("1080", LINES, "the highest is `720p`", None),
    (1080, LINES, "the highest is `720p`", None),
    ("1920x1080", LINES, "the highest is `720p`", None),
    ("4k", LINES, "the highest is `720p`", None),
    ("4K UHD", LINES, "", None),
    ("Full HD", LINES, "the highest is `720p`", None),
    ("ultra", LINES, "the highest is `720p`", None),
    ("high", LINES, "the highest is `720p`", None),
    ("hd", LINES, "`720p`", None),
    ("1280x720", LINES, "`720p`", None),
    ("720x1280", LINES, "`720p`", None),
    ("720i", LINES, "`720p`", None),
    ("720", LINES, "`720p`", "720p"),
    (720, LINES, "`720p`", "720p"),
    ("720P", LINES, "`720p`", "720p"),
    ("720 p", LINES, "`720p`", "720p"),
    ("７２０ｐ", LINES, "`720p`", "720p"),
    ("480 ", LINES, "`480p`", "480p"),
    ("360p", LINES, "the lowest is `480p`", None),
    ("draft", LINES, "the lowest is `480p`", None),
    ("540p", LINES, "between `480p` and `720p`", None),
    ("ZH", ["en", "zh", "at"], "`zh`", "zh"),
]


@pytest.mark.parametrize(("value", "allowed", "words", "write"), CHOICES, ids=str)
def test_a_choice_is_compared_by_its_meaning(value: object, allowed: list[str], words: str, write: str | None) -> None:
    found = remedy_for_choice(value, allowed)
    assert words in (found.note if found else ""), found
    assert (found and found.write) == write
    assert write is None or write in allowed


@pytest.mark.parametrize(
    "value", [None, True, "", " ", "0:0", "16:0", "0:9", "x" * 5000, "9" * 400, -1, 1e300, "banana"]
)
def test_what_is_near_to_nothing_has_no_certain_mend(value: object) -> None:
    for allowed in (RATIOS, LINES):
        found = remedy_for_choice(value, allowed)
        assert found is None or (found.write is None and len(found.note) < 200), found


FORMS: list[tuple[object, list[str], dict[str, object], str, str | None]] = [
    ("5", ["integer"], {}, "seconds", "5"),
    ("5.0", ["integer"], {}, "seconds", "5"),
    ("5s", ["integer"], {}, "seconds", "5"),
    ("5 s", ["integer"], {}, "seconds", "5"),
    ("5 sec", ["integer"], {}, "seconds", "5"),
    ("5 sec.", ["integer"], {}, "seconds", "5"),
    ("5 Seconds", ["integer"], {}, "seconds", "5"),
    ("5秒", ["integer"], {}, "seconds", "5"),
    ("５", ["integer"], {}, "seconds", "5"),
    ("5000ms", ["integer"], {}, "seconds", "5"),
    ("0:05", ["integer"], {}, "seconds", "5"),
    ("00:00:05", ["integer"], {}, "seconds", "5"),
    ("PT5S", ["integer"], {}, "seconds", "5"),
    ("0.1 min", ["integer"], {}, "seconds", "6"),
    ("12.5s", ["number"], {}, "seconds", "12.5"),
    ("5.5s", ["integer"], {}, "seconds", None),
    ("20s", ["integer"], {"maximum": 15}, "seconds", None),  # the number is told, and is out of range
    ("five", ["integer"], {}, "seconds", None),
    ("5 apples", ["integer"], {}, "seconds", None),
    ("5s", ["integer"], {}, "", None),
    ("1280px", ["integer"], {}, "pixels", "1280"),
    ("24 fps", ["number"], {}, "frames per second", "24"),
    ("10 MB", ["integer"], {}, "bytes", "10000000"),
    ("1 KiB", ["integer"], {}, "bytes", "1024"),
    ("$15", ["number"], {}, "dollars", "15"),
    ("15 USD", ["number"], {}, "dollars", "15"),
    ("1,5", ["number"], {}, "dollars", None),  # a decimal comma, or thousands
    ("100 credits", ["number"], {}, "credits", "100"),
    ("2x", ["integer"], {}, "", "2"),
    *((word, ["boolean"], {}, "", "true") for word in ("yes", "Yes", "on", "True", "TRUE", "y", "1", " true ")),
    *((word, ["boolean"], {}, "", "false") for word in ("no", "off", "OFF", "False", "n", "0")),
    (1, ["boolean"], {}, "", "true"),
    (0, ["boolean"], {}, "", "false"),
    ("maybe", ["boolean"], {}, "", None),
    (2, ["boolean"], {}, "", None),
    (5, ["string"], {}, "", '"{written}"'),
    (True, ["string"], {}, "", '"{written}"'),
    (["a"], ["string"], {}, "", None),
    ("noir", ["array"], {"items": {"type": "string"}}, "", "[noir]"),
    ("noir, pastel", ["array"], {"items": {"type": "string"}}, "", "[noir, pastel]"),
    ("{x}", ["array"], {"items": {"type": "string"}}, "", None),
    ("noir", ["array"], {"items": {"type": "object"}}, "", None),
]


@pytest.mark.parametrize(("value", "types", "rule", "unit", "write"), FORMS, ids=str)
def test_a_value_of_another_type(
    value: object, types: list[str], rule: dict[str, object], unit: str, write: str | None
) -> None:
    found = remedy_for_type(value, types, rule, unit)
    assert (found and found.write) == write


@pytest.mark.parametrize(
    "text", ["", "s", ":", "1:2:3:4", "9" * 5000, "5" + "s" * 5000, "-", "--5", "5--", "1e5s", "٥"]
)
def test_any_text_is_an_amount_or_none(text: str) -> None:
    for unit in ("seconds", "bytes", "pixels", "dollars", ""):
        assert isinstance(amount_of(text, unit), (Fraction, type(None)))


ID, LABEL, NAME = (STORYBOARD["$defs"][k]["pattern"].strip("^$") for k in ("id", "label", "name"))
NAMES = [
    ("Shot 1", ID, "shot-1"),
    ("opening shot!", ID, "opening-shot"),
    ("镜头1", ID, "shot-1"),
    ("镜头 12", ID, "shot-12"),
    ("開場", ID, "shot-7"),
    ("сцена", ID, "shot-7"),
    ("Österreich", ID, "osterreich"),
    ("Ænglisc", ID, "aenglisc"),
    ("café crème", ID, "cafe-creme"),
    ("a/b\\c", ID, "a-b-c"),
    ("-x-", ID, "x"),
    ("...", ID, "shot-7"),
    ("", ID, "shot-7"),
    ("🎬", ID, "shot-7"),
    ("a" * 90, ID, "a" * 60),
    ("a\nb", ID, "a-b"),
    ("She asks: what?", LABEL, "she-asks-what"),
    ("16:9 wide", LABEL, "16:9-wide"),
    ("2nd", NAME, "shot_2nd"),
    ("my-hero", NAME, "my_hero"),
    ("主角", NAME, "shot_7"),
]


@pytest.mark.parametrize(("text", "pattern", "name"), NAMES)
def test_a_name_is_made_of_any_text(text: str, pattern: str, name: str) -> None:
    assert name_for(text, pattern, "shot", 7) == name
    assert re.fullmatch(pattern, name)


NEAR = [
    ("ratio", ["duration", "aspect_ratio"], "aspect_ratio"),
    ("seedance-2.0", ["seedance-2.0-reference-to-video"], "seedance-2.0-reference-to-video"),
    ("Seedance_2_0", ["seedance-2.0"], "seedance-2.0"),
    ("hero", ["hero"], None),  # never itself
    ("hero_frnt", ["hero", "hero_front"], "hero_front"),
    ("HERO", ["hero", "walk"], "hero"),
    ("videoDuration", ["video", "duration"], "duration"),
    ("a", ["a_b", "b"], None),
    ("promt", ["prompt", "id"], "prompt"),
    ("", ["a"], None),
    ("xyz", [], None),
]


@pytest.mark.parametrize(("word", "known", "near"), NEAR)
def test_the_nearest_word(word: str, known: list[str], near: str | None) -> None:
    assert nearest(word, known) == near


def test_a_shown_text_is_one_short_line() -> None:
    for end in ("\n", "\r\n", "\r", "\x85", "\u2028", "\u2029", "\x0b"):
        assert shorten(f"a{end}b") == "a⏎b"
    assert len(shorten("x\n" * 100_000)) == 60


EDITS = [
    ("16x9", "16:9", "16:9"),
    ('"16x9"', "16:9", '"16:9"'),
    ("'16x9'", "16:9", "'16:9'"),
    ('"5s"', "5", "5"),
    ('"yes"', "true", "true"),
    ("1.50", '"{written}"', '"1.50"'),
    ("noir", "[noir]", "[noir]"),
    ('"noir"', "[noir]", "[noir]"),
    ("|\n  5", "5", None),
    (">-\n  5", "5", None),
    ("*five", "5", None),
    ("&five 5s", "5", None),
    ("!!str 5s", "5", None),
    ("5s", None, None),
]


@pytest.mark.parametrize(("there", "write", "text"), EDITS)
def test_an_edit_keeps_the_quotes_and_leaves_blocks_alone(there: str, write: str | None, text: str | None) -> None:
    source = Source("s.yaml", f"k: {there}\n")
    edits = edits_of(source.span(3, 3 + len(there)), write)
    assert [e.text for e in edits] == ([] if text is None else [text])


def places(schema: Any) -> Iterator[Any]:
    """Each object of the schema that says which place it is."""
    if isinstance(schema, dict):
        if "place" in schema.get("x-seedspec", {}):
            yield schema
        for name, part in schema.items():
            if name != "x-seedspec":
                yield from places(part)


PLACES = list(places(STORYBOARD))
KEYS = {key for place in PLACES for key in place["properties"]}


def rows(table: list[list[Any]]) -> list[tuple[str, Any]]:
    return [(word, told) for words, told, *_ in table for word in words.split()]


TABLES = [rows(p["x-seedspec"].get("meant", [])) for p in PLACES] + [rows(STORYBOARD["x-seedspec"]["everywhere"])]


def test_every_place_that_refuses_keys_says_what_it_is_called() -> None:
    def closed(schema: Any) -> Iterator[Any]:
        if isinstance(schema, dict):
            if schema.get("additionalProperties") is False:
                yield schema
            for part in schema.values():
                yield from closed(part)

    assert all(any(c is p for p in PLACES) for c in closed(STORYBOARD))
    assert len({p["x-seedspec"]["place"] for p in PLACES}) == len(PLACES)


def test_the_tables_name_keys_that_there_are() -> None:
    for table in TABLES:
        for word, told in table:
            for one in [told] if isinstance(told, str) else told:
                sentence = " " in one
                assert sentence or one in KEYS, (word, one)
                assert not sentence or (len(one) < 250 and one.count("`") % 2 == 0 and not one.endswith(".")), one


def test_a_word_of_a_table_has_one_meaning_and_is_no_key_of_its_place() -> None:
    for place in PLACES:
        words = {word for word, _ in rows(place["x-seedspec"].get("meant", []))}
        assert not words & place["properties"].keys(), place["x-seedspec"]["place"]
    for table in TABLES:
        meant: dict[str, Any] = {}
        for word, told in table:
            assert meant.setdefault(fold(word), told) == told, word


WORDS = sorted(
    {word for table in TABLES for word, _ in table} | KEYS | {"x", "look", "promt", "zzz", "主题", "a\nb", "q" * 900}
)


@pytest.mark.parametrize("place", PLACES, ids=lambda p: p["x-seedspec"]["place"])
def test_every_unknown_key_has_a_remedy_that_holds_in_its_place(place: Any) -> None:
    for word in WORDS:
        if word in place["properties"]:
            continue
        found = meaning_of(word, {word: 1}, place, STORYBOARD)
        assert found.note and "\n" not in found.note and len(found.note) < 350, (word, found)
        assert not found.key or found.key in place["properties"], (word, found)
        proposed = re.match(r"did you mean `(\w+)(: 1)?`\?", found.note)
        assert not proposed or proposed[1] in place["properties"], (word, found)


def test_a_long_key_is_cut_alike_in_the_finding_and_in_its_remedy() -> None:
    key, head, prompt = "k" * 200, {"seedspec": 1, "model": "m"}, {"prompt": "x"}
    shots = [[{"id": "a", key: prompt}], [{key: prompt}]]
    for board in ({key: {**head, "shots": [{"id": "a", **prompt}]}}, *({**head, "shots": one} for one in shots)):
        found = [v for v in Schema(STORYBOARD).violations(board) if v.code == "unknown-key"]
        named = [name for v in found for text in (v.message, *v.notes) for name in re.findall("k{20,}…?", text)]
        assert len(named) > 1 and {len(name) for name in named} == {40}, found


def test_unions_and_lists_say_what_is_expected_and_what_to_do() -> None:
    """Each place with alternatives names them, and each list, mapping and union has a way out for a plain text."""
    schema = Schema(STORYBOARD)
    head = {"seedspec": 1, "model": "m"}
    shot = {"id": "a", "prompt": "x"}
    for wrong in ("text", 5, None, True, ["a"], [], {}, {"a": {"b": ["c"]}}):
        for board in (
            {**head, "shots": wrong},
            {**head, "shots": [{**shot, "prompt": wrong}]},
            {**head, "shots": [shot], "budget": wrong},
            {**head, "shots": [shot], "references": {"hero": wrong}},
            {**head, "shots": [shot], "matrix": {"axes": {"look": wrong}}},
            {**head, "shots": [shot], "overrides": [{"when": wrong, "duration": 5}]},
        ):
            for found in schema.violations(board):
                assert found.notes, (board, found)
                assert "{key}" not in str(found.notes) and "{value}" not in str(found.notes), found


@pytest.mark.parametrize(
    ("name", "keys", "note"),
    [
        ("resolution", ("quality",), ""),
        ("Ratio", ("aspect_ratio",), ""),
        ("orientation", ("aspect_ratio",), ""),
        ("画质", ("quality",), ""),
        ("something of our own", (), ""),
    ],
)
def test_a_column_is_named_by_the_tables_of_words_alone(name: str, keys: tuple[str, ...], note: str) -> None:
    found = column_of(name, STORYBOARD, STORYBOARD)
    assert (found.keys, found.note) == (keys, note)
