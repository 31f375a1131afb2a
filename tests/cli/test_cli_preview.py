"""`compile --preview`: a page before anything is bought, from any storyboard, and never over another file."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
from pathlib import Path

import pytest
from looks import IMAGE, LOOKS, Run, edit, keep

from seedspec.cli import preview_page

HOSTILE = (
    """</p></style><script>window.pwned=1</script><img src=x onerror="window.pwned=1"> & \\"' زجاجة 夏天 \u202e."""
)


def prompts(page: Path) -> list[str]:
    """The prompts of a page as a reader sees them."""
    found = re.findall(r'<p class="prompt" dir="auto">(.*?)</p>', page.read_text(encoding="utf-8"), re.DOTALL)
    return [html.unescape(re.sub(r"</?mark>", "", text)) for text in found]


def test_it_needs_no_key_and_no_lock_and_has_every_prompt_as_it_is_sent(
    looks: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EVOLINK_API_KEY", raising=False)
    page = looks.parent / "p.html"
    said = seedspec("compile", "--preview", "p.html")
    assert (said.code, said.out) == (0, "p.html\n") and "next: seedspec plan" in said.err
    sent = json.loads(seedspec("compile", "--format", "json").out)
    assert prompts(page) == [entry["request"]["prompt"] for entry in sent]
    text = page.read_text(encoding="utf-8")
    assert "nothing of it is bought" in text and "<mark>hard shadows</mark>" in text
    assert "4 entries" in text and text.count("$0.37") >= 2
    assert sorted(p.name for p in looks.parent.iterdir()) == ["p.html", "storyboard.yaml"]
    before = page.read_bytes()
    assert seedspec("compile", "--preview", "p.html").code == 0, "a page may be made anew"
    assert page.read_bytes() == before


def test_with_a_lock_it_says_what_is_bought(looks: Path, seedspec: Run) -> None:
    keep(looks, "open@look=noir/1", "saved", file="renders/a.mp4", task="task-1", sha256="0" * 64, bytes=9)
    keep(looks, "open@look=soft/1", "doubt", doubt="the answer was lost")
    said = seedspec("compile", "--preview", "p.html", "--format", "json")
    assert said.code == 0, said.err
    made = json.loads(said.out)
    assert (made["page"], made["entries"], made["to_buy"]) == ("p.html", 4, 2)
    assert made["cost"]["credits"]["high"] > made["cost_to_buy"]["credits"]["high"] > 0
    text = (looks.parent / "p.html").read_text(encoding="utf-8")
    assert "2 of them to buy" in text and "in doubt" in text and "file missing" in text and "not bought" in text


def test_equal_requests_are_said_to_be_bought_once(looks: Path, seedspec: Run) -> None:
    edit(looks, "    matrix: {only: []}\n", "")
    edit(looks, "    duration: 4\n", "")
    edit(looks, "overrides:\n  - {when: {look: noir}, generate_audio: false}\n", "")
    edit(looks, "duration: 6}", "mood: dark}")
    assert seedspec("compile", "--preview", "p.html").code == 0
    assert "bought once" in (looks.parent / "p.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("page", "is no name of a page; expected one that ends in .html"),
        ("", "is no name of a page"),
        ("-", "is no name of a page"),
        ("storyboard.yaml", "is no name of a page"),
        ("storyboard.lock", "is no name of a page"),
        ("folder.html", "is a folder; expected a file to write"),
        ("none/p.html", "there is no folder `none`; make it first, or name another file"),
        ("notes.html", "is there and is no page; move it away, or name another file"),
    ],
)
def test_it_never_takes_the_place_of_something_else(looks: Path, seedspec: Run, target: str, said: str) -> None:
    (looks.parent / "folder.html").mkdir()
    (looks.parent / "notes.html").write_text("my notes", encoding="utf-8")
    before = {p: p.read_bytes() for p in looks.parent.iterdir() if p.is_file()}
    done = seedspec("compile", "--preview", target)
    assert done.code == 2 and said in done.err and "Traceback" not in done.err, done
    assert {p: p.read_bytes() for p in looks.parent.iterdir() if p.is_file()} == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_said(looks: Path, seedspec: Run) -> None:
    (looks.parent / "kept").mkdir(mode=0o500)
    done = seedspec("compile", "--preview", "kept/p.html")
    assert done.code == 2 and "permission denied" in done.err


def test_a_link_out_of_the_folder_is_not_followed(looks: Path, seedspec: Run, tmp_path: Path) -> None:
    other = tmp_path / "other.html"
    other.write_text("<!doctype html>mine", encoding="utf-8")
    (looks.parent / "p.html").symlink_to(other)
    assert seedspec("compile", "--preview", "p.html").code == 0
    assert other.read_text(encoding="utf-8") == "<!doctype html>mine" and not (looks.parent / "p.html").is_symlink()


@pytest.mark.parametrize("options", [("--format", "jsonl"), ("--origins", "open@look=noir/1")])
def test_it_goes_with_no_other_answer(looks: Path, seedspec: Run, options: tuple[str, ...]) -> None:
    done = seedspec("compile", "--preview", "p.html", *options)
    assert done.code == 2 and "leave --origins and --format jsonl out" in done.err


def test_nothing_selected_and_errors_make_no_page(looks: Path, seedspec: Run) -> None:
    assert seedspec("compile", "--preview", "p.html", "--select", "look=nothing").code == 2
    edit(looks, "{{ brand }}", "{{ brnd }}")
    said = seedspec("compile", "--preview", "p.html")
    assert said.code == 3 and "brnd" in said.err and not (looks.parent / "p.html").exists()


def test_whatever_stands_in_a_prompt_is_text(looks: Path, seedspec: Run) -> None:
    edit(looks, "\"{{ ref('cup') }}, whip pan.\"", f"|\n        {HOSTILE}")
    assert seedspec("compile", "--preview", "p.html").code == 0
    text = (looks.parent / "p.html").read_text(encoding="utf-8")
    assert "<script" not in text and "<img" not in text and text.count("</style>") == 1
    assert "default-src 'none'" in text and "script-src" not in text and "unsafe" not in text
    assert any(
        "<script>window.pwned=1</script>" in prompt and "夏天" in prompt for prompt in prompts(looks.parent / "p.html")
    )


def test_addresses_lose_what_they_ask_for(looks: Path, seedspec: Run) -> None:
    edit(looks, "https://cdn.example.com/cup.webp", "https://cdn.example.com/cup.webp?X-Amz-Signature=5ec2e7")
    assert seedspec("compile", "--preview", "p.html").code == 0
    text = (looks.parent / "p.html").read_text(encoding="utf-8")
    assert "https://cdn.example.com/cup.webp" in text and "5ec2e7" not in text


def test_local_media_are_shown_once_and_bounded(folder: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        shutil.copyfile(IMAGE, folder / f"{name}.png")
    with (folder / "two.png").open("ab") as file:
        file.write(b"other bytes")
    two = "references: {one: {image: one.png}, two: {image: two.png}}\n"
    board = LOOKS.replace("references:\n  cup: {image: https://cdn.example.com/cup.webp}\n", two)
    (folder / "storyboard.yaml").write_text(board.replace("ref('cup')", "ref('one') ~ ref('two')"), encoding="utf-8")
    said = seedspec("compile", "--preview", "p.html")
    text = (folder / "p.html").read_text(encoding="utf-8")
    assert said.code == 0 and text.count("data:image/webp") == 2 and text.count("<use ") == 8
    assert str(folder) not in text
    monkeypatch.setattr(preview_page, "MOST_THUMBNAILS", 1)
    said = seedspec("compile", "--preview", "p.html")
    assert "pictures of the first 1 of 2 media; the others are named" in said.err
    assert (folder / "p.html").read_text(encoding="utf-8").count("data:image/webp") == 1


def test_a_picture_that_goes_while_it_is_looked_at_is_named(
    folder: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copyfile(IMAGE, folder / "cup.png")
    board = LOOKS.replace("https://cdn.example.com/cup.webp", "cup.png")
    (folder / "storyboard.yaml").write_text(board, encoding="utf-8")
    look = preview_page.preview_of

    def gone(*given: object) -> object:
        (folder / "cup.png").write_bytes(b"\x89PNG\r\n\x1a\nno more of it")
        return look(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(preview_page, "preview_of", gone)
    said = seedspec("compile", "--preview", "p.html")
    assert said.code == 0 and "no picture of `cup.png`: " in said.err


def test_more_entries_than_a_browser_opens_are_refused(
    looks: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview_page, "MOST_ENTRIES", 3)
    said = seedspec("compile", "--preview", "p.html")
    assert said.code == 2 and "4 entries do not fit on one page, at most 3 do; --select takes fewer" in said.err
    assert seedspec("compile", "--preview", "p.html", "--select", "open").code == 0


@pytest.mark.parametrize("entries", [100, pytest.param(1000, marks=pytest.mark.long)])
def test_many_entries_of_long_prompts_fit_on_a_page(folder: Path, seedspec: Run, entries: int) -> None:
    words = " ".join(f"word{n % 400}" for n in range(1400))
    (folder / "storyboard.yaml").write_text(
        "seedspec: 1\nmodel: seedance-2.0-text-to-video\n"
        f"matrix: {{axes: {{a: {[f'a{n}' for n in range(entries // 20)]}, b: {[f'b{n}' for n in range(20)]}}}}}\n"
        f'shots: [{{id: open, prompt: "{{{{ a }}}} {words} {{{{ b }}}}"}}]\n',
        encoding="utf-8",
    )
    said = seedspec("compile", "--preview", "p.html", "--format", "json")
    made = json.loads(said.out)
    assert (said.code, made["entries"]) == (0, entries), said.err
    size = len(f"a0 {words} b0")
    assert size > 10_000 and made["bytes"] < entries * (size + 1500) + 60_000, "what is stated in docs/review.md"
