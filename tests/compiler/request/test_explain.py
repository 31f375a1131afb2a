"""Where a request came from: every layer of every field of each entry, and the place of what changed in one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from boards import CATALOG, MODEL, look

from seedspec.compiler.entry import Entry
from seedspec.compiler.references.context import Inputs
from seedspec.compiler.request.expand import expand
from seedspec.compiler.request.explain import explain, words_of
from seedspec.compiler.request.trace import differing, trace
from seedspec.compiler.storyboard.profile import with_profile
from seedspec.compiler.storyboard.reader import storyboard_of
from seedspec.compiler.storyboard.types import Storyboard
from seedspec.text.diagnostic import Problems
from seedspec.text.source import Span
from seedspec.text.yaml import parse, source_of

BOARD = f"""\
seedspec: 1
model: {MODEL}
vars: {{brand: Sunny Tea, deep: {{one: [calm, wild]}}}}
defaults: {{duration: 5, quality: 480p}}
references:
  hero: {{image: https://cdn.example.com/a.png}}
  walk: {{video: https://cdn.example.com/a.mp4, seconds: 4}}
matrix:
  axes:
    look: {{noir: {{words: dark rain, duration: 6}}, soft: {{words: warm light}}}}
    aspect_ratio: ['16:9', '9:16']
    ad: [{{id: A1, quality: 720p}}, {{id: A2, quality: 480p}}]
  exclude: [{{ad: A2, look: soft}}]
overrides: [{{when: {{look: noir}}, duration: 7}}]
profiles: {{draft: {{duration: 4}}}}
shots:
  - id: a
    callback_url: 'https://x.test/{{{{ take }}}}'
    overrides: [{{when: {{ad: A1}}, duration: '{{{{ 8 }}}}'}}]
    prompt: >-
      {{{{ ref('walk') }}}} and {{{{ ref('hero') }}}}: {{{{ brand }}}} in {{{{ look.words }}}},
      {{{{ deep.one | first }}}}
  - id: b
    matrix: {{only: []}}
    generate_audio: false
    attach: [hero]
    prompt: {{plain: A cup., wet: "A cup in {{{{ brand }}}} rain."}}
  - id: c
    matrix: {{only: []}}
    attach: [hero]
    generate_audio: false
    callback_url: https://x.test/c
    prompt: A cup.
"""


def compiled(profile: str = "") -> tuple[Storyboard, tuple[Entry, ...]]:
    problems = Problems()
    source = source_of("s.yaml", BOARD.encode(), problems)
    assert source is not None
    node = parse(source, problems)
    assert node is not None
    board = storyboard_of(node, CATALOG, "s", problems)
    assert board is not None
    board = with_profile(board, profile)
    entries = tuple(expand(board, Inputs(look, lambda _: None), problems).entries())
    assert not problems.failed, list(problems)
    return board, entries


def placed(span: Span | None) -> str:
    return "nowhere" if span is None else f"{span.place[0]}:{span.place[1]} ‹{span.text}›"


def told(profile: str) -> Iterator[str]:
    board, entries = compiled(profile)
    for entry in entries:
        found = explain(board, entry)
        assert found.entry is entry
        yield f"{entry.address}{f' with {profile}' if profile else ''}\n"
        for field in found.fields:
            yield f"  {field.field} = {field.value!r}\n"
            yield f"    {field.winner.name}: {field.winner.value!r} at {placed(field.winner.span)}\n"
            yield from (f"    over {o.name}: {o.value!r} at {placed(o.span)}\n" for o in field.overridden)
        yield from (f"  {label} at {placed(span)}\n" for label, span in found.labels.items())
        yield f"  words: {' '.join(map(placed, words_of(board, entry)))}\n"


def test_every_layer_of_every_field(expect: Callable[[Path, str], None]) -> None:
    expect(Path(__file__).parent / "explained.txt", "".join((*told(""), *told("draft"))))


PROMPT = "video 1 and image 1: Sunny Tea in dark rain, calm"
PLAIN = "A cup."
TRACED = [  # the address, the field, what it was and is, and the place
    ("a@look=noir,aspect_ratio=16:9,ad=A1/1", "prompt", PROMPT.replace("Sunny", "Rainy"), PROMPT, "Sunny"),
    ("a@look=noir,aspect_ratio=16:9,ad=A1/1", "prompt", PROMPT.replace("dark", "bleak"), PROMPT, "dark"),
    ("a@look=noir,aspect_ratio=16:9,ad=A1/1", "prompt", PROMPT.replace("rain", "ruin"), PROMPT, "rain"),
    ("a@look=noir,aspect_ratio=16:9,ad=A1/1", "prompt", PROMPT.replace("calm", ""), PROMPT, "calm"),
    ("a@look=noir,aspect_ratio=16:9,ad=A1/1", "prompt", PROMPT.replace(" and", " or"), PROMPT, "whole"),
    ("a@look=noir,aspect_ratio=16:9,ad=A1/1", "prompt", PROMPT.replace("Tea", "Tea Tea"), PROMPT, "whole"),
    ("a@look=noir,aspect_ratio=16:9,ad=A1/1", "prompt", None, None, "whole"),
    ("a@look=noir,aspect_ratio=16:9,ad=A1/1", "prompt", "x", None, "whole"),
    ("c/1", "prompt", "A cup", PLAIN, "cup."),
    ("c/1", "prompt", "A blue cup.", PLAIN, "whole"),
    ("c/1", "prompt", "A cap.", PLAIN, "cup"),
    ("c/1", "prompt", PLAIN, PLAIN, "A cup."),
    ("a@look=noir,aspect_ratio=16:9,ad=A1/1", "duration", 5, 8, "'{{ 8 }}'"),
    ("a@look=noir,aspect_ratio=16:9,ad=A1/1", "quality", None, None, "720p"),
    ("a@look=noir,aspect_ratio=16:9,ad=A1/1", "aspect_ratio", None, None, "'16:9'"),
    ("a@look=noir,aspect_ratio=16:9,ad=A1/1", "generate_audio", None, None, None),
    ("a@look=noir,aspect_ratio=16:9,ad=A1/1", "image_urls[0]", None, None, "https://cdn.example.com/a.png"),
    ("a@look=noir,aspect_ratio=16:9,ad=A1/1", "image_urls[1]", None, None, None),
    ("a@look=noir,aspect_ratio=16:9,ad=A1/1", "image_urls", None, None, "https://cdn.example.com/a.png"),
    ("a@look=noir,aspect_ratio=16:9,ad=A1/1", "video_urls[0]", None, None, "https://cdn.example.com/a.mp4"),
    ("c/1", "zzz", None, None, None),
]


@pytest.mark.parametrize(("address", "field", "old", "new", "text"), TRACED)
def test_the_place_of_what_changed(address: str, field: str, old: object, new: object, text: str | None) -> None:
    board, entries = compiled()
    entry = next(e for e in entries if e.address == address)
    span = trace(board, entry, field, old, new)
    whole = entry.origins["prompt"].span
    if text is None:
        assert span is None
    else:
        assert span is not None and whole is not None
        assert span == whole if text == "whole" else span.text == text


@pytest.mark.parametrize(
    ("old", "new", "stretch"),
    [("", "", (0, 0)), ("", "a", (0, 1)), ("a", "", (0, 0)), ("ab", "ab", (2, 2)), ("axb", "ayb", (1, 2)),
     ("ab", "aab", (1, 2)), ("aab", "ab", (1, 1)), ("abc", "xyz", (0, 3)), ("aaa", "aaaaa", (3, 5))],
)  # fmt: skip
def test_the_stretch_that_is_new(old: str, new: str, stretch: tuple[int, int]) -> None:
    assert differing(old, new) == stretch
