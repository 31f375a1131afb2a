"""Markdown and JSON, whole: what is a record of a document, what holds for all, and each fault with its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from outcomes import Source, outcomes

EXPECTED = Path(__file__).parent / "expected"
Expect = Callable[[Path, str], None]
LONG = "k" * 100  # so long is no name with a meaning
TWO = '{"id": "a", "prompt": "A cup."}, {"id": "b", "prompt": "A hat."}'


def shots(*lines: str) -> str:
    """A document of one shot, with lines of its own."""
    return "\n".join(("## Shot 1", "", *lines, ""))


MARKDOWN: dict[str, Source] = {
    "nothing": (".md", ""),
    "no prompts": (".markdown", "# Title\n\nSome words about it.\n\n## Notes\n\nMore words.\n"),
    "a table with a bar and a break in cells": (
        ".md", "# Film\n\n| id | prompt |\n|---|:---:|\n| a | A cup \\| a hat. |\n  | b c | One.<br>Two.<BR/> |\n"),
    "a table without borders": (".md", "id | prompt | ratio\n--- | --- | ---\na | A cup. | 5:4\nb | A hat. | 5:4\n"),
    "tables of one kind are one": (
        ".md", "## One\n\n|id|prompt|\n|--|--|\n|a|A cup.|\n\n## Two\n\n|id|prompt|\n|--|--|\n|b|A hat.|\n"),
    "a table of another kind": (
        ".md", "|id|prompt|\n|--|--|\n|a|A cup.|\n\n|shot|prompt|ratio|\n|--|--|--|\n|b|A hat.|1:1|\n"),
    "a table with too many columns": (".md", "|id|prompt" + "|x" * 399 + "|\n|--|--|\n|a|A cup.|\n"),
    "a line of bars that is too long": (".md", "# T\n\n|" + "x" * 10_000 + "\n"),
    "a document that is too long": (".md", "x" * 4_000_001),
    "headings that are too many": (".md", "# T\n" * 20_001),
    "a heading is a shot with its prose": (".md", "# The film\n\n## Shot 1\n\nA cup.\nIt falls.\n\nIt breaks.\n"),
    "headings of other languages": (
        ".md", "## 镜头 1\n\nA cup.\n\n## シーン2\n\nA hat.\n\n## 3. End\n\nA door.\n\n## Other\n\nNo shot.\n"),
    "a heading with a time": (
        ".md", "# Clip 1: Opening (0:00 - 0:05)\n\nA cup.\n\n# Clip 2 [1:58–2:06]\n\nA hat.\n\n# Clip 3 0:05-0:05\n\nA door.\n"),
    "a heading of a time alone": (".md", "## 00:00.5 ~ 00:04.5\n\n```\nA cup.\n```\n"),
    "a heading in bold with marks behind": (".md", "## **Shot 1: Morning** ##\n\nA cup.\n"),
    "a fence is a prompt": (".md", "## Opening\n\n~~~text\n\nA cup.\n\nA hat.\n\n~~~~\n\nBehind it.\n\n```json\n{}\n```\n"),
    "two fences": (".md", "## Opening\n\n```\nA cup.\n```\n\n```\nA note.\n```\n\nAnd this.\n"),
    "fences in languages are no prompts": (
        ".md", "## Shot 1\n\n```yaml\na: b\n```\n\n```Mermaid\nx\n```\n\n```\n\n```\n\nA cup.\n"),
    "a fence that is never closed": (".md", "# T\n\n~~~~\nA cup.\n~~~\n"),
    "a fence inside of a longer one": (".md", "## Shot 1\n\n````\nA ```cup```.\n```\n````\n"),
    "fields of a shot": (
        ".md", shots("- **Prompt:** A cup.", "- **Duration**: `7 s`", "* Ratio: 1:1", "1. Camera: low", "Note: by hand",
                     "__Tags__: red, blue", "随便：随便", "Length of it: 7", "- **Empty**:")),
    "a prompt in a field goes before a fence": (".md", shots("Prompt: A cup.", "", "```", "A hat.", "```")),
    "an id in a field": (".md", shots("- id: opening-1", "- prompt: A cup.")),
    "a field twice": (".md", shots("- prompt: A cup.", "- ratio: 1:1", "- ratio: 9:16")),
    "what is no field": (
        ".md", shots("> A cup: red.", "- a hat", "2) a door", "***", "- - -", "and a wall", "", "* * *", "", "+ a roof")),
    "a line that is too long for a field": (".md", shots("- ratio: 1:1" + " " * 2000, "- prompt: A cup.")),
    "front matter": (".md", "---\nratio: 9:16\ntitle: A film\n\nauthor: me\n---\n\n" + shots("A cup.")),
    "front matter without an end": (".md", "---\nratio: 9:16\n\n" + shots("A cup.")),
    "values in the words above": (
        ".md", "# A film\n\nFormat: 9:16, 480p and 1:1; ok.\n\n- Look: warm\n- Ratio: 4:3\n\n" + shots("A cup.")),
    "values between other marks": (".md", "# A film\n\n竖屏（9:16）、480p|x\n\n" + shots("A cup.")),
    "media by number": (
        ".md", "# Media\n\n| name | file | what |\n|--|--|--|\n| @Image 1 | a.png | the cup |\n| **Image 2** | `b.png` | |\n"
        "| `Video 1` | [c](c.mp4) | a walk |\n| Audio 1 | d.png | x |\n| no | e.png |\n| Image 3 | none |\n"
        "| Image 4 and 5 | f.png |\n\n" + shots("@Image 1 and image 2 as in video 1, to audio 1, by image 7.")),
    "a title that is a shot": (".md", "# Shot 1\n\nA cup.\n"),
    "lines end as on Windows": (".md", "# A film\r\n\r\n## Shot 1\r\n\r\nA cup.\r\nA hat.\r\n"),
    "ids of headings": (
        ".md", "".join(f"## {t}\n\n```\nA cup.\n```\n\n" for t in ("Shot 1: Opening", "1. Opening", "A-1 | The end", "Opening",
                                                                    "Shot one", "12", "S 3 – Night ride", "Clip4"))),
}  # fmt: skip

JSON: dict[str, Source] = {
    "nothing": (".json", ""),
    "an object in an object": (".json", f'{{"film": {{"title": "T", "ratio": "9:16", "scenes": [{TWO}]}}, "camera": "low"}}'),
    "a list at the top": (".json", f"[{TWO}]"),
    "the list with more prompts": (".json", f'{{"a": [{{"x": "y", "note": "z"}}], "b": [{{"prompt": "Old."}}], "c": [{TWO}]}}'),
    "no list": (".json", '{"a": [1, 2], "b": {"prompt": "A cup."}}'),
    "a list without prompts": (".json", '[{"x": "y"}]'),
    "a storyboard": (".json", '{"seedspec": 1, "shots": []}'),
    "more behind the end": (".json", f"[{TWO}]\n  x"),
    "a comma too many in an object": (".json", '[{"prompt": "A cup.",}]'),
    "a comma too many in a list": (".json", '[{"prompt": "A cup."},\n ]'),
    "no comma in a list": (".json", '[{"prompt": "A cup."} {"prompt": "A hat."}]'),
    "no comma in an object": (".json", '[{"prompt": "A cup." "id": 1}]'),
    "no colon": (".json", '[{"prompt" "A cup."}]'),
    "no key": (".json", "[{prompt: 1}]"),
    "no value": (".json", '[{"prompt": }]'),
    "a value that is long and none": (".json", '[{"prompt": undefined_and_longer_than_that}]'),
    "an end in the middle": (".json", '[{"prompt": '),
    "an end in a list": (".json", '[{"prompt": "A cup."}'),
    "a text that is not closed": (".json", '[{"prompt": "A cup.}]'),
    "sixty levels": (".json", f'[{{"prompt": "A cup.", "x": {"[" * 58}{"]" * 58}}}]'),
    "one level more": (".json", f'[{{"prompt": "A cup.", "x": {"[" * 59}1{"]" * 59}}}]'),
    "numbers, yes and no, and nothing": (
        ".json", '[{"id": 1.0, "prompt": "A cup.", "duration": 6, "takes": 2, "generate_audio": false, "x": null, "notes": -2.5e1},'
        ' {"id": 2, "prompt": "A hat.", "duration": 6.5, "takes": 2, "generate_audio": true, "x": null, "notes": 0.5}]'),
    "a number that is too long": (
        ".json", f'[{{"prompt": "A cup.", "notes": {"9" * 31}}}, {{"prompt": "A hat.", "notes": {"9" * 30}}}]'),
    "items that are no objects": (".json", f'[1, {TWO}, "x"]'),
    "lists in a shot": (
        ".json", '[{"id": "a", "prompt": "A cup.", "tags": ["x", "y", 3], "images": ["a.png", "b.png"], "notes": ["z"],'
        ' "extra": {"camera": "low", "notes": "w"}}]'),
    "objects with names beside the shots": (
        ".json", '{"cast": [{"name": "Mia", "image": "mia.png", "age": 7}, {"id": "tom", "image": "tom.png"}, {"image": "x.png"}],'
        ' "shots": [{"id": "a", "prompt": "[Mia] meets {tom}, and [nobody]."}]}'),
    "one object without a name": (
        ".json", '{"music": [{"audio": "a.mp3"}], "shots": [{"id": "a", "prompt": "A cup to [audio]."}]}'),
    "values beside two shots": (
        ".json", '{"name": "My film", "version": "2.1", "notes": " By hand. ", "defaults": {"ratio": "1:1", "duration": 99},'
        ' "seed": 4, "width": "4:3", "fps": 24,\n  "shots": [' + TWO + "]}"),
    "values that are too many": (".json", "[" + "," * 500_001),
    "items that are too many": (".json", json.dumps([{"prompt": "x"}] * 20_001)),
    "values of an object that are too many": (".json", json.dumps([{"prompt": "x"}, {f"{LONG}{i}": 1 for i in range(401)}])),
    "keys that are too many": (
        ".json", json.dumps([{"prompt": "x"}, {f"{LONG}{i}": 1 for i in range(200)}, {f"{LONG}{i}": 1 for i in range(200, 400)}])),
    "texts with escapes": (".json", '[{"id": "a", "prompt": "A \\u2615 cup\\nand a \\"hat\\"."}]'),
}  # fmt: skip


@pytest.mark.parametrize(("topic", "sources"), [("markdown", MARKDOWN), ("json", JSON)])
def test_what_becomes_of_a_document(topic: str, sources: dict[str, Source], expect: Expect) -> None:
    expect(EXPECTED / f"{topic}.txt", outcomes(sources))
