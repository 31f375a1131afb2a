"""Slots and words of a model: what a storyboard may say for one, and what is said of what the model has not."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seedspec import api
from seedspec.catalog.model import Catalog, catalog_of
from seedspec.compiler.entry import body_of
from seedspec.project import sources

SHIPPED = sources.schemas()
USUAL = "seedance-2.0-reference-to-video"
FRAMES, WORDLESS, ALONE = "frames-1", "words-1", "text-1"


def frame(kind: str = "image", **rule: Any) -> dict[str, Any]:
    endings = {"image": (["png"], [".png"]), "video": (["mp4"], [".mp4"])}[kind]
    return {"kind": kind, "formats": endings[0], "extensions": endings[1], **rule}


def document(name: str, slots: dict[str, Any], change: Any) -> dict[str, Any]:
    """A model file like the one that ships, with other slots."""
    made = copy.deepcopy(SHIPPED[f"evolink/{USUAL}.json"])
    made["x-seedspec"] |= {"model": name, "slots": slots}
    made["properties"]["model"]["const"] = name
    for field in ("image_urls", "video_urls", "audio_urls"):
        del made["properties"][field]
    del made["allOf"]
    change(made)
    return made


def frames(made: dict[str, Any]) -> None:
    """Two addresses by themselves, a list, other names and values of fields, and sound that never changes."""
    address = {"description": "An address.", "type": "string", "pattern": "^https?://"}
    fields = made["properties"]
    fields |= {"start": address, "end": address, "pictures": {"description": "Many.", "type": "array", "maxItems": 2}}
    fields["size"] = {"description": "Its size.", "enum": ["small", "large"], "default": "small"}
    fields["sound"] = {"description": "Sound.", "enum": ["on", "off"], "default": "on"}
    fields["seed"] = {"description": "A number.", "type": "integer"}
    fields["stamp"] = {"description": "A mark.", "type": "boolean"}
    for name in ("quality", "generate_audio", "aspect_ratio"):
        del fields[name]
    made["required"] += ["start"]
    made["x-seedspec"]["means"] = {
        "duration": {"field": "duration"},
        "quality": {"field": "size", "values": {"480p": "small", "720p": "large"}},
        "aspect_ratio": {"always": "16:9"},
        "generate_audio": {"field": "sound", "values": {"true": "on", "false": "off"}},
        "seed": {"field": "seed"},
        "callback_url": {"field": "callback_url"},
    }


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    found = copy.deepcopy(SHIPPED)
    slots = {
        "first_frame": frame(field="start", single=True, least=1),
        "last_frame": frame(field="end", single=True, needs=["first_frame"]),
        "style": frame(field="pictures", most=2, not_with=["last_frame"], words={"en": "picture {n}", "zh": "图{n}",
                                                                                 "at": "@{n}"}),
        "pose": frame(field="pictures", most=1, needs=["style"]),
    }  # fmt: skip
    found[f"evolink/{FRAMES}.json"] = document(FRAMES, slots, frames)
    found[f"evolink/{ALONE}.json"] = document(ALONE, {}, lambda made: None)
    usual = sources.catalog().models[USUAL]
    made = catalog_of(found)
    if FRAMES not in made.models:  # the files of prices name no such model
        prices = found["evolink/prices.json"]["models"]
        prices |= dict.fromkeys((FRAMES, ALONE), prices[USUAL])
        made = catalog_of(found)
    assert {FRAMES, ALONE} <= made.models.keys(), made.broken
    return replace(made, models={**made.models, USUAL: usual})


class Board:
    def __init__(self, folder: Path, catalog: Catalog) -> None:
        self._path, self._catalog = folder / "s.yaml", catalog

    def _write(self, text: str, model: str) -> None:
        self._path.write_text(f"seedspec: 1\nmodel: {model}\n{text}", encoding="utf-8")

    def found(self, text: str, model: str = FRAMES) -> list[tuple[str, str]]:
        """The codes of the findings, each with the text that it marks."""
        self._write(text, model)
        return [(d.code, d.span.text if d.span else "") for d in api.check(self._path, self._catalog)]

    def said(self, text: str, model: str = FRAMES) -> str:
        self._write(text, model)
        return "\n".join(
            line for d in api.check(self._path, self._catalog) for line in (d.message, *(n.message for n in d.notes))
        )

    def requests(self, text: str, model: str = FRAMES) -> list[dict[str, Any]]:
        self._write(text, model)
        found = api.compile(self._path, catalog=self._catalog)
        assert not found.diagnostics, found.diagnostics
        return [dict(e.request) for e in found.entries]


@pytest.fixture
def board(tmp_path: Path, catalog: Catalog) -> Board:
    return Board(tmp_path, catalog)


OPEN = "{image: 'https://x.test/a.png', as: first_frame}"
CLOSE = "{image: 'https://x.test/b.png', as: last_frame}"
LOOK = "{image: 'https://x.test/c.png', as: style}"


def shot(references: str = f"start: {OPEN}", prompt: str = "A door opens.", rest: str = "") -> str:
    return f'shots:\n  - id: a\n    references: {{{references}}}\n    prompt: "{prompt}"\n{rest}'


def test_a_slot_sends_by_itself_and_needs_no_mention(board: Board) -> None:
    (request,) = board.requests(shot(f"start: {OPEN}, close: {CLOSE}"))
    assert (request["start"], request["end"]) == ("https://x.test/a.png", "https://x.test/b.png")
    assert "pictures" not in request


def test_what_names_no_slot_goes_to_the_first_of_its_kind(board: Board) -> None:
    text = shot("hero: {image: 'https://x.test/a.png'}", rest="    attach: [hero]\n")
    assert board.requests(text)[0]["start"] == "https://x.test/a.png"


def test_a_slot_with_words_is_named_by_its_own_count(board: Board) -> None:
    (request,) = board.requests(shot(f"start: {OPEN}, look: {LOOK}", "{{ ref('look') }} in the rain"))
    assert request["prompt"] == "picture 1 in the rain" and request["pictures"] == ["https://x.test/c.png"]


def test_words_are_the_models_own_fields_and_values(board: Board) -> None:
    fields = "defaults: {quality: 720p, generate_audio: false, aspect_ratio: 16:9, seed: 7}\n"
    (request,) = board.requests(fields + shot())
    assert {k: request[k] for k in ("size", "sound", "seed", "duration")} == {
        "size": "large", "sound": "off", "seed": 7, "duration": 5,
    }  # fmt: skip
    assert not {"quality", "generate_audio", "aspect_ratio"} & request.keys()
    (own,) = board.requests("defaults: {size: large, sound: off, seed: 7}\n" + shot())
    assert own == request


def test_words_stand_in_every_layer(board: Board) -> None:
    text = "matrix: {axes: {quality: [480p, 720p], tone: {warm: {sound: 'off'}, cold: {generate_audio: true}}}}\n"
    text += "overrides: [{when: {tone: warm}, seed: 3}]\n"
    found = [(r["size"], r["sound"], r.get("seed")) for r in board.requests(text + shot())]
    assert found == [("small", "off", 3), ("small", "on", None), ("large", "off", 3), ("large", "on", None)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (shot("start: {image: a.png, as: first_fram}"), ("model-lacks-slot", "first_fram")),
        (shot("start: {video: 'https://x.test/a.mp4', as: first_frame}"), ("model-lacks-slot", "first_frame")),
        (shot(f"start: {OPEN}, clip: {{video: 'https://x.test/a.mp4'}}", "{{ ref('clip') }}"),
         ("model-lacks-slot", "clip")),
        (shot(f"close: {CLOSE}"), ("slot-missing", '"A door opens."')),
        (shot(f"start: {OPEN}, pose: {{image: 'https://x.test/p.png', as: pose}}"),
         ("slot-needs", "'https://x.test/p.png'")),
        (shot(f"start: {OPEN}, close: {CLOSE}, look: {LOOK}", "{{ ref('look') }}"),
         ("slot-not-with", "'https://x.test/c.png'")),
        (shot(f"start: {OPEN}, other: {{image: 'https://x.test/o.png', as: first_frame}}"),
         ("wrong-count", "'https://x.test/o.png'")),
        (shot(prompt="{{ ref('start') }} opens"), ("slot-without-words", "start")),
        (f"references: {{start: {OPEN}}}\n" + shot(), ("slot-in-catalogue", "as")),
        ("defaults: {quality: 4k}\n" + shot(), ("bad-choice", "4k")),
        ("defaults: {generate_audio: maybe}\n" + shot(), ("bad-choice", "maybe")),
        (shot(rest="    aspect_ratio: 9:16\n"), ("bad-choice", "9:16")),
        ("defaults: {quality: 720p, size: small}\n" + shot(), ("same-field-twice", "size")),
        (shot(rest="    sound: 'on'\n    generate_audio: true\n"), ("same-field-twice", "generate_audio")),
        ("profiles: {p: {sound: 'on', generate_audio: true}}\n" + shot(), ("same-field-twice", "generate_audio")),
    ],
)  # fmt: skip
def test_what_a_model_has_not_is_told_once_at_its_place(board: Board, text: str, found: tuple[str, str]) -> None:
    assert [f for f in board.found(text) if f[0] != "duplicate-reference"] == [found]


@pytest.mark.parametrize(
    "place",
    ["overrides: [{when: {x: y}, stamp: true}]\n", "profiles: {p: {stamp: true}}\n"],
)
def test_a_field_of_another_model_is_told_with_those_that_have_it(board: Board, place: str) -> None:
    text = f"matrix: {{axes: {{x: [y]}}}}\n# {FRAMES}\n{place}shots: [{{id: a, prompt: 'A door. {{{{ x }}}}'}}]\n"
    assert ("model-lacks-field", "stamp") in board.found(text, ALONE)
    assert f"`{FRAMES}`" in board.said(text, ALONE)


def test_values_are_told_in_the_storyboards_words(board: Board) -> None:
    assert "expected `480p` or `720p`" in board.said("defaults: {quality: 4k}\n" + shot())
    assert "expected `true` or `false`" in board.said("defaults: {generate_audio: maybe}\n" + shot())


def test_a_model_of_words_alone_is_not_asked_for_references(board: Board) -> None:
    assert board.found("shots: [{id: a, prompt: A door opens.}]\n", ALONE) == []
    assert [code for code, _ in board.found("shots: [{id: a, prompt: A door opens.}]\n", USUAL)] == ["no-reference"]
    assert board.found(shot(), ALONE) == [("model-lacks-slot", "first_frame")]


def test_the_address_of_a_file_and_of_a_shot_stands_alone_where_the_slot_is_one(
    tmp_path: Path, catalog: Catalog
) -> None:
    text = f"seedspec: 1\nmodel: {FRAMES}\nshots:\n"
    text += f"  - {{id: a, prompt: x, references: {{s: {OPEN}}}}}\n"
    text += "  - {id: b, prompt: y, references: {s: {shot: a, frame: last, as: first_frame}}}\n"
    (tmp_path / "s.yaml").write_text(text)
    found = api.compile(tmp_path / "s.yaml", catalog=catalog)
    first, second = found.entries
    assert second.request["start"] == "frame:last:entry:a/1"
    assert f'"start":"frame:last:entry:{first.fingerprint}"'.encode() in second.manifest
    (medium,) = second.media
    assert (medium.index, medium.place, medium.slot) == (None, "start", "first_frame")
    assert b'"start":"https://x.test/cut.png"' in body_of(second, {medium.item: "https://x.test/cut.png"})
