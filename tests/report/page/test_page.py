"""The page as a file: the same bytes each time, nothing of this machine in it, and only what its hashes allow."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PIL import Image
from takes import Project

from seedspec.cli.main import seedspec
from seedspec.report.page import page, posters
from seedspec.report.preview import page as preview


def review(project: Project, *options: str) -> Result:
    return CliRunner().invoke(seedspec, ["review", str(project.board), *options])


def text_of(project: Project, *options: str) -> str:
    done = review(project, *options)
    assert done.exit_code == 0, (done.output, done.exception)
    return Path(done.stdout.strip()).read_text(encoding="utf-8")


def content_of(text: str) -> Any:
    found = re.search(r'<script type="application/json" id="content">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


@pytest.mark.parametrize("media", ["link", "inline", "proxy"])
@pytest.mark.slow
def test_the_same_takes_are_the_same_bytes(project: Project, media: str) -> None:
    first = text_of(project, "--media", media)
    assert text_of(project, "--media", media) == first
    shutil.rmtree(project.folder / ".seedspec")  # small copies and posters are made anew
    shutil.rmtree(project.folder / "renders" / "posters")
    assert text_of(project, "--media", media) == first


def sizes(text: str) -> set[tuple[int, int]]:
    """Of the posters on a page."""
    shown = re.findall(r'"data:image/webp;base64,([^"]+)"', text)
    return {Image.open(io.BytesIO(base64.b64decode(picture))).size for picture in shown}


def test_on_a_page_of_many_takes_posters_are_half_as_wide(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    text_of(project)
    for made in (project.folder / "renders" / "posters").iterdir():
        when = made.stat().st_mtime_ns
        Image.new("RGB", (270, 480), "teal").save(made)
        os.utime(made, ns=(when, when))
    assert sizes(text_of(project)) == {(270, 480)}
    monkeypatch.setattr(posters, "MANY", 1)
    text = text_of(project)
    assert sizes(text) == {(135, 240)}
    assert text_of(project) == text  # with the small ones that were kept


def test_nothing_of_this_machine_and_no_signed_link_is_in_it(project: Project) -> None:
    text = text_of(project, "--media", "inline")
    assert str(project.folder) not in text and "/tmp" not in text and "/home" not in text
    assert "X-Signature" not in text and "https://cdn.example.com/why" in text
    assert "key-000" not in text and "task-" not in text


def test_the_policy_allows_what_is_in_the_page_and_nothing_else(project: Project) -> None:
    text = text_of(project)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    script = re.search(r"<script>(.*?)</script>\n</body>", text, re.DOTALL)
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert policy and script and style
    for name, part in (("script-src", script[1]), ("style-src", style[1])):
        digest = base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}'" in policy[1]
    assert policy[1].startswith("default-src 'none'; ") and "unsafe" not in policy[1] and "http" not in policy[1]
    assert "innerHTML" not in script[1] and "eval(" not in script[1] and "style=" not in text.split("<script")[0]


def test_a_storyboard_cannot_end_the_script(project: Project) -> None:
    text = text_of(project)
    assert text.count("</script>") == 3
    assert "</script><b>question</b> & 茶" in content_of(text)["texts"][0]
    assert page.as_json("<!--</script>\u2028") == '"\\u003c!--\\u003c/script\\u003e\\u2028"'


def test_every_entry_is_there_with_its_state_and_cost(project: Project) -> None:
    takes = content_of(text_of(project))["takes"]
    assert [t["state"] for t in takes[9:]] == ["failed", "saved", "doubt", "saved", "new", "saved", "new"]
    assert takes[0]["labels"] == {"look": "dawn", "hook": "question"} and takes[0]["fps"] == 24
    assert takes[0]["source"] == "renders/open@look=dawn,hook=question_take1.mp4"
    assert takes[0]["estimated"] is False and takes[13]["estimated"] is True and takes[13]["usd"] > 0


def test_a_file_that_is_gone_or_another_is_not_shown_as_the_take(project: Project) -> None:
    first, second = sorted((project.folder / "renders").iterdir())[:2]
    first.unlink()
    second.write_bytes(b"another")
    states = [t["state"] for t in content_of(text_of(project))["takes"]]
    assert states.count("gone") == 1 and states.count("other") == 1


def test_links_are_relative_to_the_page(project: Project) -> None:
    pages = project.folder / "pages"
    pages.mkdir()
    takes = content_of(text_of(project, "--out", str(pages / "a.html")))["takes"]
    assert takes[0]["source"].startswith("../renders/")


def test_selected_takes_alone_are_on_it(project: Project) -> None:
    takes = content_of(text_of(project, "--select", "look=dawn", "--exclude", "take=2"))["takes"]
    assert [t["address"] for t in takes] == [
        f"{shot}@look=dawn,hook={hook}/1" for shot in ("open", "close") for hook in ("question", "reveal")
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--x", "hok"], "no axis `hok`; did you mean `hook`?"),
        (["--x", "hook", "--y", "hook"], "`hook` cannot be the rows and the columns"),
    ],
)
def test_wrong_axes_are_refused(project: Project, options: list[str], said: str) -> None:
    done = review(project, *options)
    assert getattr(done.exception, "code", None) == 2 and said in str(done.exception)


def test_picks_in_git_are_shown(project: Project) -> None:
    words = ["pick", "-f", str(project.board), "open@look=dawn,hook=question", "1"]
    assert CliRunner().invoke(seedspec, words).exit_code == 0
    assert [t["address"] for t in content_of(text_of(project))["takes"] if t["picked"]] == [
        "open@look=dawn,hook=question/1"
    ]


def test_a_page_is_of_one_profile_and_its_file_says_which(project: Project) -> None:
    plain = content_of(text_of(project))
    with project.board.open("a", encoding="utf-8") as board:
        board.write("profiles: {draft: {}, final: {generate_audio: false}}\n")
    assert content_of(text_of(project)) == plain, "profiles that are not asked for change nothing"
    done = review(project, "--profile", "draft")
    assert Path(done.stdout.strip()).name == "storyboard.draft.review.html"
    draft = content_of(Path(done.stdout.strip()).read_text(encoding="utf-8"))
    assert (draft["profile"], draft["track"]) == ("draft", "storyboard.draft")
    assert [t["fp"] for t in draft["takes"]] == [t["fp"] for t in plain["takes"]]
    assert len({draft["digest"], plain["digest"]}) == 2
    final = content_of(text_of(project, "--profile", "final"))
    assert {t["state"] for t in final["takes"]} == {"new"} and not any(
        t["fields"]["generate_audio"] for t in final["takes"]
    )


def test_the_parts_of_the_page_stay_readable() -> None:
    folder = Path(page.__file__).parent / "browser"
    assert {p.name for p in folder.iterdir()} == {*page.STYLES, *preview.STYLES, *page.SCRIPTS, "page.html"}
    for file in folder.iterdir():
        text = file.read_text(encoding="utf-8")
        assert text.count("\n") <= 400 and max(map(len, text.splitlines())) <= 130, file.name
