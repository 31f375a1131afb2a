"""What a whole storyboard is told about a key, a value or a path: one finding at the place, with what to do instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedspec import api
from seedspec.project import sources
from seedspec.text.diagnostic import Diagnostic
from tests.boards import MODEL

CATALOG = sources.catalog()
HEAD = f"seedspec: 1\nmodel: {MODEL}\n"
HERO = f"{HEAD}references: {{hero: {{image: https://x.test/h.png}}}}\n"
SHOT = "shots:\n  - id: a\n    prompt: \"{{ ref('hero') }}\"\n"
MATRIX = "matrix: {axes: {look: [noir, soft], hook: [q, r]}}\n"


def found_in(folder: Path, text: str) -> list[Diagnostic]:
    (folder / "storyboard.yaml").write_text(text, encoding="utf-8")
    return [d for d in api.check(folder / "storyboard.yaml", CATALOG) if d.severity == "error"]


def said(found: Diagnostic) -> str:
    return "\n".join((found.message, *(n.message for n in found.notes)))


def mended(text: str, found: list[Diagnostic]) -> str:
    for edit in sorted((e for d in found for e in d.edits), key=lambda e: -e.span.start):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


ONE = [  # a storyboard, the text at fault, words that the finding has, and what `--fix` writes in its place
    # the key that is meant
    (f"{HERO}defaults: {{ratio: 16:9}}\n{SHOT}", "ratio", "`aspect_ratio`", "aspect_ratio"),
    (f"{HERO}defaults: {{aspectRatio: 16:9}}\n{SHOT}", "aspectRatio", "`aspect_ratio`", "aspect_ratio"),
    (f"{HERO}defaults: {{aspect-ratio: 16:9}}\n{SHOT}", "aspect-ratio", "`aspect_ratio`", "aspect_ratio"),
    (f"{HERO}defaults: {{Duration: 5}}\n{SHOT}", "Duration", "`duration`", "duration"),
    (f"{HERO}defaults: {{'resolution': 720p}}\n{SHOT}", "'resolution'", "`quality`", "'quality'"),
    (f"{HERO}profiles: {{draft: {{video_length: 5}}}}\n{SHOT}", "video_length", "`duration`", "duration"),
    (f"{HERO}{SHOT}    seconds: 5\n", "seconds", "`duration`", "duration"),
    (f"{HERO}{SHOT}    take: 2\n", "take", "`takes`", "takes"),
    (f"{HERO}{SHOT}    webhook: https://x.test/done\n", "webhook", "`callback_url`", "callback_url"),
    (f"{HERO}variables: {{a: b}}\n{SHOT}", "variables", "`vars`", "vars"),
    (f"{HERO}env: {{a: b}}\n{SHOT}", "env", "`vars`", "vars"),
    (f"{HERO}settings: {{duration: 5}}\n{SHOT}", "settings", "`defaults`", "defaults"),
    (f"{HERO}budget: {{dollars: 5}}\n{SHOT}", "dollars", "`usd`", "usd"),
    (f"{HERO}output_dir: out\n{SHOT}", "output_dir", "`output`", "output"),
    (f"{HEAD}references: {{hero: {{image_url: https://x.test/h.png}}}}\n{SHOT}", "image_url", "`image`", "image"),
    (f"{HEAD}refs: {{hero: {{image: https://x.test/h.png}}}}\n{SHOT}", "refs", "`references`", "references"),
    (f"{HERO}{MATRIX}overrides: [{{match: {{look: noir}}, duration: 6}}]\n{SHOT}", "match", "`when`", "when"),
    # a key that is missing under its own name is the same mistake
    (f"{HERO}scenes:\n  - id: a\n    prompt: \"{{{{ ref('hero') }}}}\"\n", "scenes", "`shots`", "shots"),
    (f"{HERO}shots:\n  - name: a\n    prompt: \"{{{{ ref('hero') }}}}\"\n", "name", "`id`", "id"),
    (f"{HERO}shots:\n  - id: a\n    text: \"{{{{ ref('hero') }}}}\"\n", "text", "`prompt`", "prompt"),
    (f"{HERO}shots:\n  - id: a\n    description: \"{{{{ ref('hero') }}}}\"\n", "description", "`prompt`", None),
    (HERO.replace("seedspec:", "version:") + SHOT, "version", "`seedspec: 1`", "seedspec"),
    (HERO.replace("seedspec: 1", "version: '3.8'") + SHOT, "version", "`seedspec: 1`", None),
    (f"{HERO}prompts:\n  - a\n", "prompts", "shots: [{id: open, prompt: …}]", None),
    (f"{HERO}shots:\n  - id: a\n    uses: file.txt\n", "uses", "include", None),
    (f"{HERO}shots:\n  - id: a\n    提示词: \"{{{{ ref('hero') }}}}\"\n", "提示词", "`prompt`", "prompt"),
    (f"{HERO}defaults: {{时长: 5}}\n{SHOT}", "时长", "`duration`", "duration"),
    # what there is not, what stands elsewhere, what is said in another way
    (f"{HERO}{SHOT}    seed: 3\n", "seed", "no seed", None),
    (f"{HERO}defaults: {{negative_prompt: x}}\n{SHOT}", "negative_prompt", "no negative prompt", None),
    (f"{HERO}defaults: {{fps: 24}}\n{SHOT}", "fps", "frame rate", None),
    (f"{HERO}{SHOT}    guidance_scale: 7\n", "guidance_scale", "no such setting", None),
    (f"{HERO}{SHOT}    width: 1280\n    height: 720\n", "width", "`quality: 720p`", None),
    (f"{HERO}{SHOT}    camera: dolly\n    style: noir\n    lighting: hard\n", "camera", "in `prompt`", None),
    (f"{HERO}{SHOT}    first_frame: x.png\n", "first_frame", "`references`", None),
    (f"{HERO}{SHOT}    image_urls: [x.png]\n", "image_urls", "`references`", None),
    (f"{HERO}{SHOT}    audio: m.mp3\n", "audio", "generate_audio", None),
    (f"{HERO}{SHOT}    needs: b\n", "needs", "{shot: open}", None),
    (f"{HERO}{SHOT}    loop: [a]\n", "loop", "matrix: {axes:", None),
    (f"{HERO}{SHOT}    if: x\n", "if", "`overrides:", None),
    (f"{HERO}{SHOT}    params: {{duration: 5}}\n", "params", "beside `id`", None),
    (f"{HERO}extends: base.yaml\n{SHOT}", "extends", "`defaults`", None),
    (f"{HERO}strategy: {{matrix: {{look: [a]}}}}\n{SHOT}", "strategy", "`matrix: {axes:", None),
    (f"{HERO}duration: 5\n{SHOT}", "duration", "in `defaults`", None),
    (f"{HERO}prompt: x\n{SHOT}", "prompt", "in a shot", None),
    (f"{HERO}matrix: {{look: [noir, soft]}}\n{SHOT}", "look", "axes: {look: [one, two]}", None),
    (f"{HERO}matrix: {{duration: [5, 6]}}\n{SHOT}", "duration", "axes: {duration: [one, two]}", None),
    (f"{HERO}{MATRIX}overrides: [{{when: {{look: noir}}, takes: 2}}]\n{SHOT}", "takes", "in a shot", None),
    (f"{HERO}{MATRIX}overrides: [{{when: {{look: noir}}, prompt: x}}]\n{SHOT}", "prompt", "only a shot has", None),
    (f"{HERO}profiles: {{draft: {{prompt: x}}}}\n{SHOT}", "prompt", "only a shot has", None),
    (f"{HEAD}references: {{hero: {{type: image, url: x.png}}}}\n{SHOT}", "type", "{image: assets/hero.png}", None),
    (f"{HERO}zzz: 1\n{SHOT}", "zzz", "at the top of a storyboard: `seedspec`", None),
    (f"{HERO}{SHOT}    zzz: 1\n", "zzz", "in a shot: `id`", None),
    # another document, or a wrapper
    ("on: push\njobs: {build: {steps: []}}\n", "on", "expected `seedspec`, `model` and `shots`", None),
    ("services: {web: {image: nginx}}\nversion: '3'\n", "services", "expected `seedspec`", None),
    ("- {id: a, prompt: x}\n", "- {id: a, prompt: x}", "under `shots:`", None),
    (f"storyboard:\n  seedspec: 1\n  model: {MODEL}\n  shots: []\n", "storyboard", "take `storyboard:` away", None),
    # values
    (f"{HERO}defaults: {{aspect_ratio: 16x9}}\n{SHOT}", "16x9", "`16:9`", "16:9"),
    (f"{HERO}defaults: {{aspect_ratio: '16:9 '}}\n{SHOT}", "'16:9 '", "`16:9`", "'16:9'"),
    (f"{HERO}defaults: {{aspect_ratio: 1.78}}\n{SHOT}", "1.78", "`16:9`", "16:9"),
    (f"{HERO}defaults: {{aspect_ratio: 4:5}}\n{SHOT}", "4:5", "portrait; the nearest is `3:4`", None),
    (f"{HERO}defaults: {{quality: 1080p}}\n{SHOT}", "1080p", "the highest is `720p`", None),
    (f"{HERO}{SHOT}    quality: 720P\n", "720P", "`720p`", "720p"),
    (f"{HERO}{SHOT}    duration: 5s\n", "5s", "`5`", "5"),
    (f"{HERO}{SHOT}    duration: \"5\"\n", '"5"', "leave the quotes out", "5"),
    (f"{HERO}{SHOT}    duration: 20s\n", "20s", "`20`", None),
    (f"{HERO}{SHOT}    generate_audio: yes\n", "yes", "`true`", "true"),
    (f"{HERO}{SHOT}    generate_audio: 0\n", "0", "`false`", "false"),
    (f"{HERO}{SHOT}    duration: [5, 8]\n", "[5, 8]", "axes: {duration: [5, 8]}", None),
    (f"{HERO}{MATRIX}overrides: [{{when: {{look: noir}}, quality: 720P}}]\n{SHOT}", "720P", "`720p`", "720p"),
    (f"{HERO}profiles: {{d: {{aspect_ratio: 9x16}}}}\n{SHOT}", "9x16", "`9:16`", "9:16"),
    (f"{HERO}matrix: {{axes: {{look: {{a: {{quality: 720P}}}}}}}}\n{SHOT}", "720P", "`720p`", "720p"),
    # a label is called by its name elsewhere, so that nobody changes it unasked
    (f"{HERO}matrix: {{axes: {{aspect_ratio: [16x9]}}}}\n{SHOT}", "16x9", "`16:9`", None),
    (f"{HERO}matrix: {{axes: {{aspect_ratio: [16/9]}}}}\n{SHOT}", "16/9", "`16:9`", None),
    (f"{HERO}vars: {{x: 720P}}\n{SHOT}    quality: '{{{{ x }}}}'\n", "'{{ x }}'", "found the text `720P`", None),
    (HERO.replace(MODEL, MODEL.upper()) + SHOT, MODEL.upper(), f"`{MODEL}`", MODEL),
    (HERO.replace(MODEL, "seedance-2.0") + SHOT, "seedance-2.0", f"did you mean `{MODEL}`", None),
    # unions
    (f"{HERO}budget: 15\n{SHOT}", "15", "`budget: {usd: 15}`", None),
    (f"{HERO}budget: {{usd: $15}}\n{SHOT}", "$15", "`15`", "15"),
    (f"{HERO}shots:\n  - id: a\n    prompt: [x, y]\n", "[x, y]", "prompt: {plain: …, splash: …}", None),
    (f"{HERO}shots: {{a: {{prompt: x}}}}\n", "{a: {prompt: x}}", "`- id: open`", None),
    (f"{HEAD}references: {{hero: h.png}}\n{SHOT}", "h.png", "`hero: {image: h.png}`", "{image: h.png}"),
    (f"{HEAD}references: {{hero: t.mp3}}\n{SHOT}", "t.mp3", "`hero: {audio: t.mp3}`", "{audio: t.mp3}"),
    (f"{HEAD}references: {{hero: open}}\n{SHOT}", "open", "{shot: open}", None),
    (f"{HERO}matrix: {{axes: {{look: noir}}}}\n{SHOT}", "noir", "`look: [noir]`", None),
    (f"{HERO}{SHOT}    attach: hero\n", "hero", "`[hero]`", "[hero]"),
    (f"{HERO}{SHOT}    tags: summer, tea\n", "summer, tea", "`[summer, tea]`", "[summer, tea]"),
    (f"{HERO}{MATRIX}overrides: {{when: {{look: noir}}, duration: 6}}\n{SHOT}", "{when: {look: noir}, duration: 6}",
     "`- {when:", None),
    # names
    (f"{HERO}shots: [{{id: Shot 1, prompt: \"{{{{ ref('hero') }}}}\"}}]\n", "Shot 1", "`shot-1`", None),
    (f"{HERO}shots: [{{id: 镜头2, prompt: \"{{{{ ref('hero') }}}}\"}}]\n", "镜头2", "`shot-2`", None),
    (f"{HERO}shots: [{{id: 5, prompt: \"{{{{ ref('hero') }}}}\"}}]\n", "5", "quote it", '"5"'),
    (f"{HERO}matrix: {{axes: {{look: {{清晨: x}}}}}}\n{SHOT}", "清晨", "`look-1`", None),
    (f"{HERO}matrix: {{axes: {{look: [清晨]}}}}\n{SHOT}", "清晨", "`look: {look-1: '清晨'}`", None),
    # prompts of an axis
    (f"{HERO}matrix: {{axes: {{prompt: [x, y]}}, exclude: [{{prompt: x}}]}}\n{SHOT}", "prompt", "in the shot", None),
    (f"{HERO}matrix: {{axes: {{look: {{a: {{prompt: x}}, b: {{prompt: y}}}}}}}}\n{SHOT}",
     "prompt", "{{ look.text }}", None),
    (f"{HERO}{SHOT}    matrix: {{axes: {{prompt: [x, y]}}}}\n", "prompt", "in the shot", None),
    (f"{HERO}tags: [a、b]\n{SHOT}", "a、b", "`[a, b]`", None),
    (f"{HERO}matrix: {{axes: {{look: [noir; soft]}}}}\n{SHOT}", "noir; soft", "`[noir, soft]`", None),
    (f"{HERO}shots: [{{id: end‑card, prompt: \"{{{{ ref('hero') }}}}\"}}]\n", "end‑card", "U+2011", None),
    # axes
    (f"{HERO}{MATRIX}{SHOT}    matrix: {{only: [hook]}}\n    overrides: [{{when: {{look: noir}}, duration: 6}}]\n",
     "look", "leaves out with `only`", None),
    (f"{HERO}shots:\n  - {{id: shot3, prompt: x, references: {{p: {{shot: shot0}}}}}}\n  - {{id: b, prompt: x}}\n",
     "shot0", "expected `b`", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "fault", "words", "write"), ONE, ids=[str(n) for n in range(len(ONE))])
def test_one_finding_says_what_to_do(tmp_path: Path, text: str, fault: str, words: str, write: str | None) -> None:
    (one,) = found_in(tmp_path, text)
    assert one.span is not None and one.span.text.rstrip() == fault, said(one)
    assert words in said(one), said(one)
    assert [(e.span.text, e.text) for e in one.edits] == ([] if write is None else [(fault, write)])
    if write is not None:
        assert one.code not in [d.code for d in found_in(tmp_path, mended(text, [one]))]


def test_a_missing_version_is_written_above_everything(tmp_path: Path) -> None:
    for before in ("", "# my film\n", "---\n"):
        text = before + HERO.removeprefix("seedspec: 1\n") + SHOT
        (one,) = found_in(tmp_path, text)
        assert found_in(tmp_path, mended(text, [one])) == []
    (one,) = found_in(tmp_path, f'{{"model": "{MODEL}", "shots": [{{"id": "a", "prompt": "x"}}]}}')
    assert one.code == "missing-key" and one.edits == ()


def test_json_stays_json(tmp_path: Path) -> None:
    fields = '"defaults": {"ratio": "16x9", "length": "5s"}'
    text = f'{{"seedspec": 1, "model": "{MODEL}", {fields}, "shots": [{{"id": "a", "prompt": "x"}}]}}'
    fixed = mended(text, found_in(tmp_path, text))
    assert '"defaults": {"aspect_ratio": "16:9", "duration": 5}' in fixed
    assert found_in(tmp_path, fixed) == []


LONG = "x\\ny" + "q" * 700
LONG_NAMES = [
    HERO.replace(MODEL, f'"{LONG}"') + SHOT,
    f'{HERO}"{LONG}": 1\n{SHOT}',
    f'{HERO}vars: {{"{LONG}": 1}}\n{SHOT}',
    f'{HERO}tags: ["{LONG}"]\n{SHOT}',
    f'{HERO}{MATRIX}overrides: [{{when: {{"{LONG}": a}}, duration: 5}}]\n{SHOT}',
    f'{HERO}{MATRIX}overrides: [{{when: {{look: "{LONG}"}}, duration: 5}}]\n{SHOT}',
    f'{HERO}matrix: {{axes: {{look: ["{LONG}"]}}}}\n{SHOT}',
    f'{HERO}matrix: {{axes: {{look: {{"{LONG}": 1}}}}}}\n{SHOT}',
    f'{HERO}matrix: {{axes: {{"{LONG}": [a]}}}}\n{SHOT}',
    f'{HERO}matrix: {{axes: {{look: [a]}}, include: [{{look: "{LONG}"}}], exclude: [{{look: "{LONG}"}}]}}\n{SHOT}',
    f'{HERO}{SHOT}    matrix: {{only: ["{LONG}"]}}\n',
    f'{HERO}{SHOT}    attach: ["{LONG}"]\n',
    f'{HERO}{SHOT}    quality: "{LONG}"\n',
    f'{HERO}{SHOT}    duration: "{LONG}"\n',
    f'{HERO}{SHOT}    references: {{p: {{shot: "{LONG}"}}}}\n',
    f'{HERO}{SHOT}    references: {{p: {{shot: a, at: {{"{LONG}": x}}}}}}\n    attach: [p]\n',
    f'{HEAD}references: {{hero: {{image: "{LONG}.png"}}}}\n{SHOT}',
    f'{HEAD}references: {{hero: "{LONG}"}}\n{SHOT}',
    f'{HERO}shots: [{{id: "{LONG}", prompt: x}}]\n',
    f'"{LONG}": 1\n',
    f'"{LONG}": {{seedspec: 1, shots: []}}\n',
]  # fmt: skip


@pytest.mark.parametrize("text", LONG_NAMES, ids=[str(n) for n in range(len(LONG_NAMES))])
def test_a_name_is_shown_on_one_line_and_not_whole(tmp_path: Path, text: str) -> None:
    found = found_in(tmp_path, text)
    assert found
    for one in found:
        for line in (one.message, *(n.message for n in one.notes)):
            assert "\n" not in line and "q" * 100 not in line and len(line) < 400, line


FILES = [  # a path, the kind, what the finding says, and what `--fix` writes
    ("assets/sneeker.png", "image", "did you mean `assets/sneaker.png`?", None),
    ("assets/Sneaker.PNG", "image", "did you mean `assets/sneaker.png`?", "assets/sneaker.png"),
    ("Assets/sneaker.png", "image", "did you mean `assets/sneaker.png`?", "assets/sneaker.png"),
    ("assets\\sneaker.png", "image", "did you mean `assets/sneaker.png`?", "assets/sneaker.png"),
    ("assets//nowhere//sneaker.png", "image", "did you mean `assets/sneaker.png`?", None),
    ("assets/sneaker.png ", "image", "did you mean `assets/sneaker.png`?", "assets/sneaker.png"),
    ("assets/sneaker.jpg", "image", "did you mean `assets/sneaker.png`?", None),
    ("assets/sneaker", "image", "did you mean `assets/sneaker.png`?", None),
    ("sneaker.png", "image", "did you mean `assets/sneaker.png`?", None),
    ("assets/cafe\u0301.png", "image", "did you mean `assets/caf\u00e9.png`?", "assets/caf\u00e9.png"),
    ("assets/walk.mov", "video", "did you mean `assets/walk.mp4`?", None),
    ("assets/theme.wav", "audio", "did you mean `assets/theme.mp3`?", None),
    ("assets/theme.png", "image", "does not exist", None),  # what it is called like is no image
    ("../shared/loga.png", "image", "did you mean `../shared/logo.png`?", None),
    ("~/film/assets/sneaker.png", "image", "did you mean `assets/sneaker.png`?", None),
    ("~/zebra.png", "image", "`assets/zebra.png`", None),
    ("/home/me/assets/sneaker.png", "image", "did you mean `assets/sneaker.png`?", None),
    ("/home/me/zebra.png", "image", "is an absolute path", None),
    ("C:\\me\\zebra.png", "image", "is an absolute path", None),
    ("C:/me/assets/sneaker.png", "image", "did you mean `assets/sneaker.png`?", None),
    ("\\\\nas\\zebra.png", "image", "is an absolute path", None),
    ("$HOME/zebra.png", "image", "variable of the environment", None),
    ("${ASSETS}/sneaker.png", "image", "did you mean `assets/sneaker.png`?", None),
    ("%USERPROFILE%/zebra.png", "image", "variable of the environment", None),
    ("file:///home/me/zebra.png", "image", "is an address of a disk", None),
    ("file:assets/sneaker.png", "image", "address of a disk", None),
    ("s3://bucket/zebra.png", "image", "the service cannot fetch", None),
    ("gs://bucket/zebra.png", "image", "the service cannot fetch", None),
    ("www.example.com/zebra.png", "image", "`https://www.example.com/zebra.png`", None),
    ("//cdn.example.com/zebra.png", "image", "`https://cdn.example.com/zebra.png`", None),
    ("assets/quokka.png", "image", "put the file there", None),
    ("assets／sneaker.png", "image", "U+FF0F", "assets/sneaker.png"),
    (" assets/sneaker.png", "image", "a space at its beginning", "assets/sneaker.png"),
    ("[hero](https://x.test/hero.png)", "image", "write `https://x.test/hero.png`", None),
    ("<https://x.test/hero.png>", "image", "write `https://x.test/hero.png`", None),
    ("https//x.test/hero.png", "image", "write `https://x.test/hero.png`", None),
    ("YOUR_IMAGE_URL_HERE", "image", "placeholder", None),
    ("path/to/hero.png", "image", "placeholder", None),
    ("https://x.test/walk.mp4", "image", "write its kind: `{video: …}`", None),
]


@pytest.mark.parametrize(("path", "kind", "words", "write"), FILES)
def test_a_file_that_is_not_there(tmp_path: Path, path: str, kind: str, words: str, write: str | None) -> None:
    (tmp_path / ".git").mkdir()
    film = tmp_path / "film"
    for name in ("film/assets/sneaker.png", "film/assets/caf\u00e9.png", "film/assets/walk.mp4", "shared/logo.png",
                 "film/assets/theme.mp3", "film/.hidden/quokka.png", "film/assets/quokka.txt"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    text = f"{HEAD}references: {{it: {{{kind}: '{path}'}}}}\nshots: [{{id: a, prompt: \"{{{{ ref('it') }}}}\"}}]\n"
    (one,) = found_in(film, text)
    assert one.span is not None and one.span.text == f"'{path}'"
    assert words in said(one), said(one)
    assert [e.text for e in one.edits] == ([] if write is None else [f"'{write}'"])


def test_a_path_of_a_template_is_not_edited(tmp_path: Path) -> None:
    (tmp_path / "Hero.png").write_bytes(b"")
    text = f"{HEAD}vars: {{n: hero}}\nreferences: {{hero: {{image: '{{{{ n }}}}.png'}}}}\n{SHOT}"
    (one,) = found_in(tmp_path, text)
    assert "did you mean `Hero.png`?" in said(one) and one.edits == ()


def test_a_file_with_a_strange_name_is_a_file(tmp_path: Path) -> None:
    for name in ("~hero.png", "$hero.png", "%a%.png"):
        (tmp_path / name).write_bytes(b"")
        text = f"{HEAD}references: {{it: {{image: '{name}'}}}}\nshots: [{{id: a, prompt: \"{{{{ ref('it') }}}}\"}}]\n"
        (one,) = found_in(tmp_path, text)
        assert said(one) == f"`{name}` is empty"
