"""What holds for every storyboard, tried on many: no crash, stable identities, one file name each."""

from __future__ import annotations

import copy
import json
import os
import random
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from boards import CATALOG, LABELS, MODEL, NAMES, WORDS, boards, compiled, written
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from seedspec.catalog.schema import Schema
from seedspec.compiler.address import Address, Labels, matches, parse
from seedspec.compiler.entry import canonical, digest
from seedspec.report import diagnostics as report
from seedspec.report import entries as report_entries

pytestmark = pytest.mark.slow

MORE = int(os.environ.get("SEEDSPEC_TEST_MORE", "1"))
"""A longer hunt: how many times the usual number of inputs."""

bounded = settings(max_examples=75 * MORE, suppress_health_check=list(HealthCheck))
often = settings(bounded, max_examples=300 * MORE)

REAL = [
    p.read_text(encoding="utf-8", errors="replace") for p in sorted(Path(__file__).parents[2].rglob("storyboard.yaml"))
]
REAL = [text for text in REAL if len(text) < 20_000]
NASTY = [
    "{{", "}}", "{%", "%}", "{#", ": ", " #", "#", "- ", "? ", "&a ", "*a", "!!str ", "!x ", "|\n", ">\n", "'",
    '"', "\\", "\t",
    "\n", "\n\n", "\r\n", "---\n", "...\n", "<<: *a", "[", "]", "{", "}", ",", "@", "`", "%", "~", "null", "0x1F",
    "010", "1e999",
    ".inf", "\0", "\u202e", "\ufeff", "\u2028", "😀", "茶", "\x1b[31m", "ref('", "ref('hero')", "take", "x" * 300,
    "9" * 40,
]  # fmt: skip
FRAGMENTS = [
    "seedspec: 1", f"model: {MODEL}", "shots:", "  - id: a", "    prompt: x", "    prompt: |",
    "      {{ ref('hero') }}",
    "references:", "  hero: {image: assets/hero.png}", "matrix:", "  axes:", "    look: [a, b]",
    "    look: {a: {duration: 6}}",
    "  exclude: [{look: a}]", "  include: [{look: c}]", "defaults: {duration: 5}", "overrides:",
    "  - {when: {look: a}, duration: 6}", "profiles:", "  draft: {quality: 480p, takes: 2}",
    "vars: {x: 1}", "budget: {usd: 1}", "x-a: &a {b: 1}", "    <<: *a", "    takes: 2", "    attach: [hero]",
    "# note", "",
]  # fmt: skip


def bears(raw: str | bytes) -> None:
    """The law of every input: findings or entries, all of it printable, never an exception."""
    result = compiled(raw)
    assert result.entries or result.diagnostics
    for d in result.diagnostics:
        assert "\n" not in d.message and d.message and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", d.code)
        if d.span is not None:
            assert 0 <= d.span.start <= d.span.end <= len(d.span.source.text)
    text = report.as_text(result.diagnostics)
    assert all(c == "\n" or c.isprintable() or unicodedata.category(c) == "Zs" for c in text)
    assert len(json.loads(report.as_json(result.diagnostics))) == len(result.diagnostics)
    assert report.as_github(result.diagnostics).count("\n") == min(10, len(result.diagnostics))
    for entry in result.entries:
        json.dumps(report_entries.as_json(entry)).encode()
        assert digest(entry.manifest) == entry.fingerprint


@often
@given(st.text(max_size=200) | st.binary(max_size=200))
@example(b"")
@example("[" * 20_000)
@example("{a: " * 20_000)
@example("- " * 50_000)
@example("? " * 50_000)
@example("{{}}a: 1\nb: 2")
@example("&a [" * 500 + "*a" + "]" * 500)
def test_any_text(raw: str | bytes) -> None:
    bears(raw)


@often
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=18), st.lists(st.sampled_from(NASTY), max_size=2), st.randoms())
def test_lines_of_storyboards_in_any_order(lines: list[str], nasty: list[str], chance: random.Random) -> None:
    lines = [*FRAGMENTS[:2], *lines] if chance.random() < 0.8 else lines
    text = "\n".join(lines)
    for bit in nasty:
        at = chance.randint(0, len(text))
        text = text[:at] + bit + text[at:]
    bears(text)


@often
@given(
    st.sampled_from(REAL),
    st.lists(st.tuples(st.integers(0, 5), st.floats(0, 1), st.floats(0, 1)), max_size=4),
    st.data(),
)
def test_mutated_storyboards(text: str, edits: list[tuple[int, float, float]], data: st.DataObject) -> None:
    for kind, one, other in edits:
        a, b = sorted((int(one * len(text)), int(other * len(text))))
        if kind == 0:
            text = text[:a] + text[min(b, a + 9) :]
        elif kind == 1:
            text = text[:a] + text[a : a + 40] + text[a:]
        elif kind == 2:
            text = text[:a] + data.draw(st.sampled_from(NASTY)) + text[a:]
        else:
            lines = text.split("\n")
            i, j = int(one * (len(lines) - 1)), int(other * (len(lines) - 1))
            if kind == 3:
                lines[i], lines[j] = lines[j], lines[i]
            elif kind == 4:
                lines[i] = lines[j]
            else:
                lines[i] = "  " + lines[i]
            text = "\n".join(lines)
    bears(text)


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 2000)
    | st.floats()
    | WORDS
    | st.sampled_from(["a", "16:9", "5", "{{ x }}", "hero"])
)
VALUES = st.recursive(
    SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(WORDS | NAMES, v, max_size=3), max_leaves=6
)


@often
@given(boards(), st.data())
def test_boards_with_any_value_anywhere(board: dict[str, Any], data: st.DataObject) -> None:
    board = copy.deepcopy(board)
    for _ in range(data.draw(st.integers(1, 3))):
        here: Any = board
        for _ in range(data.draw(st.integers(0, 5))):
            keys = (
                sorted(here, key=str) if isinstance(here, dict) else range(len(here)) if isinstance(here, list) else []
            )
            inner = [k for k in keys if isinstance(here[k], (dict, list))]
            if not inner:
                break
            here = here[data.draw(st.sampled_from(list(inner)))]
        if isinstance(here, dict):
            known = [
                "duration",
                "prompt",
                "takes",
                "matrix",
                "axes",
                "overrides",
                "references",
                "shot",
                "at",
                "when",
                "only",
            ]
            key = data.draw(st.sampled_from([*map(str, here), *known]))
            here[key] = data.draw(VALUES)
        elif here:
            here[data.draw(st.integers(0, len(here) - 1))] = data.draw(VALUES)
    bears(written(board).replace("NaN", ".nan").replace("Infinity", ".inf"))


def fingerprints(text: str) -> set[str]:
    result = compiled(text)
    assert result.ok, report.as_text(result.diagnostics) + text
    return {e.fingerprint for e in result.entries}


def sound(board: dict[str, Any]) -> set[str]:
    """The fingerprints of a board; boards whose labels clash as file names are passed over."""
    result = compiled(written(board))
    assume(result.ok)
    return {e.fingerprint for e in result.entries}


def shuffled(value: Any, chance: random.Random, key: str = "") -> Any:
    if isinstance(value, dict):
        items = [(k, shuffled(v, chance, k)) for k, v in value.items()]
        if key != "references":  # their order numbers the media
            chance.shuffle(items)
        return dict(items)
    return [shuffled(v, chance) for v in value] if isinstance(value, list) else value


@bounded
@given(boards(), st.randoms(use_true_random=False))
def test_order_never_changes_a_purchase(board: dict[str, Any], chance: random.Random) -> None:
    before = sound(board)
    other = shuffled(board, chance)
    chance.shuffle(other["shots"])
    assert fingerprints(written(other)) == before


@bounded
@given(boards(), WORDS, st.randoms(use_true_random=False))
def test_words_for_people_never_change_a_purchase(board: dict[str, Any], words: str, chance: random.Random) -> None:
    before = sound(board)
    other = {
        **board,
        "title": words,
        "notes": words,
        "tags": ["x"],
        "output": "elsewhere",
        "name": "n",
        "budget": {"usd": 3},
    }
    other["shots"] = [{**s, "title": words, "notes": words, "tags": ["y", "z"]} for s in board["shots"]]
    other["matrix"] = {**board["matrix"], "max_entries": 5000}
    other["x-free"] = {"anything": [words]}
    assert fingerprints(written(other, comment=f"# {words!r}\n\n")) == before
    assert fingerprints(written(other).replace("\n", "\r\n")) == before
    assert fingerprints("\ufeff" + written(board)) == before


@bounded
@given(boards(), st.data())
def test_new_names_never_change_a_purchase(board: dict[str, Any], data: st.DataObject) -> None:
    before = sound(board)
    axes = board["matrix"]["axes"]
    taken = {*axes, *(s["id"] for s in board["shots"])}
    renamed = {name: f"{name}_{n}" for n, name in enumerate(sorted(taken))}
    assume(not set(renamed.values()) & taken)
    other = copy.deepcopy(board)
    other["matrix"]["axes"] = {
        renamed[name]: {f"L{n}": value for n, value in enumerate(values.values())} for name, values in axes.items()
    }
    for shot in other["shots"]:
        shot["id"] = renamed[shot["id"]]
        if "matrix" in shot:
            shot["matrix"]["only"] = [renamed[n] for n in shot["matrix"]["only"]]
        for name in axes:
            shot["prompt"] = re.sub(rf"\b{name}\.words", f"{renamed[name]}.words", shot["prompt"])
    assert fingerprints(written(other)) == before


@bounded
@given(boards(), st.integers(1, 4), st.integers(1, 4))
def test_more_takes_keep_the_first_ones(board: dict[str, Any], few: int, more: int) -> None:
    sound(board)
    bought = []
    for takes in sorted((few, more)):
        text = written({**board, "shots": [{**s, "takes": takes} for s in board["shots"]]})
        bought.append({(e.address, e.fingerprint) for e in compiled(text).entries})
    assert bought[0] <= bought[1]
    assert {a for a, _ in bought[1] - bought[0]} == {
        a for a, _ in bought[1] if int(a.rpartition("/")[2]) > min(few, more)
    }


FIELDS = {
    "quality": st.sampled_from(["480p", "720p"]),
    "duration": st.integers(4, 15),
    "aspect_ratio": st.sampled_from(["1:1", "21:9"]),
    "takes": st.integers(1, 3),
}


@bounded
@given(boards(), st.fixed_dictionaries({}, optional=FIELDS))
def test_a_profile_is_what_its_fields_written_everywhere_would_be(board: dict[str, Any], layer: dict[str, Any]) -> None:
    """The oracle: the fields taken out of every shot and label, and put into `defaults`."""
    profiled = {**board, "profiles": {"draft": layer, "other": {"quality": "480p", "takes": 2}}}
    sound(board)
    other = copy.deepcopy(board)
    for part in (*other["shots"], *(value for axis in other["matrix"]["axes"].values() for value in axis.values())):
        for field in layer:
            part.pop(field, None)
    other["defaults"] = {**other.get("defaults", {}), **layer}
    wanted = [(e.address, e.fingerprint, e.request) for e in compiled(written(other)).entries]
    assert [(e.address, e.fingerprint, e.request) for e in compiled(written(profiled), "draft").entries] == wanted
    as_written = [(e.address, e.fingerprint) for e in compiled(written(board)).entries]
    assert [(e.address, e.fingerprint) for e in compiled(written(profiled)).entries] == as_written


@bounded
@given(boards())
def test_equal_fingerprints_are_equal_requests(board: dict[str, Any]) -> None:
    by_fingerprint: dict[str, str] = {}
    for entry in compiled(written(board)).entries:
        said = json.dumps([entry.request, entry.take], sort_keys=True)
        assert by_fingerprint.setdefault(entry.fingerprint, said) == said
    assert len(set(by_fingerprint.values())) == len(by_fingerprint)


@bounded
@given(boards(), st.lists(LABELS, min_size=1, max_size=5, unique=True))
@example({}, ["16:9", "16x9"])
@example({}, ["a", "A"])
def test_different_entries_have_different_files(board: dict[str, Any], labels: list[str]) -> None:
    if not board:
        board = {"seedspec": 1, "model": MODEL, "shots": [{"id": "a", "prompt": "x"}], "matrix": {"axes": {}}}
    board = {**board, "matrix": {"axes": {**board["matrix"]["axes"], "AXIS": labels}}}
    result = compiled(written(board))
    clash = len({label.casefold().replace(":", "x") for label in labels}) < len(labels)
    assert not (clash and result.ok) or all("AXIS" not in e.address for e in result.entries)
    if result.ok:
        assert len({e.file.casefold() for e in result.entries}) == len(result.entries)
        assert all(re.fullmatch(r"[A-Za-z0-9@=,._-]{1,240}", e.file) for e in result.entries)


JSON_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
MANIFESTS = st.recursive(
    st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | JSON_TEXT | st.none(),
    lambda v: (
        st.lists(v, max_size=4)
        | st.dictionaries(st.text(st.characters(max_codepoint=126, min_codepoint=32)), v, max_size=4)
    ),
    max_leaves=12,
)


@often
@given(MANIFESTS)
def test_canonical_is_rfc_8785(manifest: Any) -> None:
    assert canonical(manifest) == rfc8785.dumps(manifest)


FIELD_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "model": st.sampled_from([MODEL, "other", 1]),
    "prompt": st.text(max_size=4) | st.sampled_from(["", " ", "\n", "\x1c", "\x85", "\u2003", "x\n"]) | SCALARS,
    "duration": st.integers(2, 17) | st.sampled_from([4.0, 15.0, 4.5, "5", True, 10**30, float("inf")]) | SCALARS,
    "quality": st.sampled_from(["480p", "720p", "720p\n", "1080p", 720, None]),
    "aspect_ratio": st.sampled_from(["16:9", "adaptive", "1:1 ", 969, []]),
    "generate_audio": st.sampled_from([True, False, 0, 1, "true"]),
    "callback_url": st.from_regex(r"\A(https?|HTTPS)://[a-z0-9.@:\[\]%\\ \n]{0,12}(/[\x00-\x30]?)?\Z")
    | st.from_regex(r"\Ahttps://(a@)?((0x[0-9a-f]{1,3}|[0-9]{1,3})\.?){1,5}[:/\n]?\Z")
    | st.from_regex(r"\Ahttps://\[[0-9a-f:]{0,9}\](:1)?/?\Z"),
}
ADDRESSES = (
    st.from_regex(r"\Ahttps?://[a-z/?#\\ \n\x1c\x85]{0,5}\Z") | st.sampled_from(["https://x.test/a.png"] * 5) | SCALARS
)
for _kind, _most in (("image", 11), ("video", 5), ("audio", 5)):
    FIELD_VALUES[f"{_kind}_urls"] = st.lists(ADDRESSES, max_size=_most) | SCALARS


def agree(schema: Schema, value: Any) -> None:
    assert schema.is_valid(value) == (schema.violations(value) == []), value


@often
@given(st.fixed_dictionaries({}, optional=FIELD_VALUES))
@example({"model": MODEL, "prompt": "\x85"})
@example({"model": MODEL, "prompt": "\ufeff"})
@example({"model": MODEL, "prompt": "x", "callback_url": "https://x.test\n"})
def test_both_judges_agree_on_requests(request: dict[str, Any]) -> None:
    agree(CATALOG.models[MODEL].schema, request)


@bounded
@given(boards(), st.text(max_size=3), VALUES)
def test_both_judges_agree_on_storyboards(board: dict[str, Any], text: str, value: Any) -> None:
    agree(CATALOG.storyboard, board)
    agree(CATALOG.storyboard, {**board, "name": text, "output": text})
    agree(CATALOG.storyboard, {**board, "matrix": value, "tags": [f"x{text}"]})
    agree(CATALOG.storyboard, {**board, "shots": [{"id": f"a{text}", "prompt": value}]})


PLACES = st.tuples(
    NAMES, st.lists(st.tuples(NAMES, LABELS), max_size=3, unique_by=lambda p: p[0]).map(tuple), st.integers(1, 99)
)


@often
@given(PLACES, PLACES)
def test_addresses(one: tuple[str, Labels, int], other: tuple[str, Labels, int]) -> None:
    address = str(Address(*one))
    assert (address == str(Address(*other))) == (one == other)
    assert parse(address) == one and parse(address).variant == address.rpartition("/")[0]
    assert re.fullmatch(r"[A-Za-z0-9@=,./:_-]+", address), "safe in a shell"
    cuts = {i for i, c in enumerate(address) if c in "@,/"} | {len(address)}
    for length in range(1, len(address) + 1):
        assert matches(address[:length], address) == (length in cuts)
    assert Address(*one).file.endswith(".mp4")


@often
@given(st.text(alphabet="a@=,/1 \u0661", max_size=12))
def test_a_text_is_an_address_or_refused(text: str) -> None:
    try:
        found = parse(text)
    except ValueError:
        return
    assert str(found) == text or text.rpartition("/")[2].startswith("0")


@bounded
@given(boards())
def test_entries_know_their_addresses(board: dict[str, Any]) -> None:
    entries = compiled(written(board)).entries
    assert len({e.address for e in entries}) == len(entries)
    for entry in entries:
        assert parse(entry.address) == (entry.shot, entry.labels, entry.take)
        assert entry.variant == parse(entry.address).variant
        assert entry.file == parse(entry.address).file
