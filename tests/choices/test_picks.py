"""Picks: what `pick` writes, what it refuses and where, and the rule that a picked take is never bought."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from takes import Project

from seedspec.catalog.schema import Schema
from seedspec.choices.picks import Picks, picks_of, serialise
from seedspec.cli.main import seedspec
from seedspec.project import sources
from seedspec.text.diagnostic import Problems
from seedspec.text.yaml import parse, source_of

DIGEST = "sha256:" + "0" * 64


def pick(project: Project, *words: str) -> Result:
    return CliRunner().invoke(seedspec, ["pick", "-f", str(project.board), *words])


def code(result: Result) -> int:
    return int(getattr(result.exception, "code", result.exit_code))


def written(project: Project) -> str:
    return (project.folder / "storyboard.picks.yaml").read_text(encoding="utf-8")


def read(text: str) -> tuple[Picks, Problems]:
    problems = Problems()
    source = source_of("storyboard.picks.yaml", text.encode(), problems)
    assert source is not None
    node = parse(source, problems)
    assert node is not None
    return picks_of(node, Schema(sources.schemas()["picks.json"]), problems), problems


def review(project: Project, reviewer: str, *addresses: str, video: str | None = None) -> Path:
    by_address = {e.address: e for e in project.entries()}
    rows = [
        {"entry": a, "fp": by_address[a].fingerprint[:16], **({"video": video} if video else {})} for a in addresses
    ]
    lines = [f"  - {json.dumps(r)}" for r in rows]
    page = json.dumps({"storyboard": "kite", "digest": DIGEST})
    file = project.folder / f"storyboard.{reviewer}.review.yaml"
    text = "\n".join(["seedspec_review: 1", f"page: {page}", f"reviewer: {reviewer}", "picks:", *lines])
    file.write_text(text + "\n", encoding="utf-8")
    return file


def test_a_take_is_picked_by_address_and_by_number(project: Project) -> None:
    assert code(pick(project, "open@look=dawn,hook=question", "2")) == 0
    found, problems = read(written(project))
    assert not len(problems)
    assert found.take_of("open", (("look", "dawn"), ("hook", "question"))) == 2
    assert found.take_of("open", (("look", "noon"), ("hook", "question"))) is None


def test_the_file_is_sorted_and_the_same_bytes_each_time(project: Project) -> None:
    for words in (["open@look=noon,hook=reveal", "1"], ["open@look=dawn,hook=reveal", "2"]):
        assert code(pick(project, *words)) == 0
    text = written(project)
    assert text.startswith("# yaml-language-server: $schema=schemas/picks.json\n")
    rows = [line for line in text.splitlines() if line.startswith("  - ")]
    assert len(rows) == 2 and rows == sorted(rows)
    assert all(json.loads(row[4:])["video"] for row in rows)
    assert code(pick(project, "open@look=dawn,hook=reveal", "2")) == 0
    assert written(project) == text
    found, _ = read(text)
    assert serialise(found, "schemas/picks.json") == text


def test_another_pick_needs_force(project: Project) -> None:
    assert code(pick(project, "open@look=dawn,hook=question", "2")) == 0
    refused = pick(project, "open@look=dawn,hook=question", "1")
    assert code(refused) == 1
    assert "storyboard.picks.yaml:5:" in refused.stderr and "[picked-already]" in refused.stderr
    assert "question/2" in written(project)
    assert code(pick(project, "open@look=dawn,hook=question", "1", "--force")) == 0
    assert "question/1" in written(project)
    assert code(pick(project, "--drop", "open@look=dawn,hook=question")) == 0
    assert "picks: []" in written(project)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--drop",), "--drop needs the ENTRY"),
        (("--drop", "open@look=dawn,hook=question", "1", "2", "3"), "found `1 2 3`; expected ENTRY alone with --drop"),
        (("--drop", "open@look=dawn,hook=question", "close"), "found `close`"),
        (("--drop", "open@look=dawn,hook=question", "--from", "."), "exclude each other"),
        (("--from", os.devnull, "open@look=dawn,hook=question", "1"), "`open@look=dawn,hook=question` is no review"),
        (("--from", ".", "typo_folder"), "`typo_folder` is no review file, nor a folder"),
    ],
)
def test_words_that_mean_nothing_are_refused(project: Project, words: tuple[str, ...], said: str) -> None:
    assert code(pick(project, "open@look=dawn,hook=question", "1")) == 0
    before = written(project)
    result = pick(project, *words)
    assert code(result) == 2 and said in str(result.exception) and written(project) == before


def test_only_what_can_be_watched_is_picked(project: Project) -> None:
    failed = project.entries()[9].address
    refused = pick(project, failed)
    assert code(refused) == 2 and "has no saved video" in str(refused.exception)
    assert code(pick(project, "opem@look=dawn,hook=question", "1")) == 2


def test_reviewers_who_agree_are_both_named_and_those_who_do_not_are_said(project: Project) -> None:
    same, first, second = (
        "open@look=noon,hook=reveal/1", "open@look=dawn,hook=question/1", "open@look=dawn,hook=question/2",
    )  # fmt: skip
    mia, jo = review(project, "mia", same, first), review(project, "jo", same, second)
    found = pick(project, "--from", str(mia), str(jo))
    assert code(found) == 1
    assert "storyboard.mia.review.yaml:6:" in found.stderr and "storyboard.jo.review.yaml:6:" in found.stderr
    assert "[contested-pick]" in found.stderr
    rows = [line for line in written(project).splitlines() if line.startswith("  - ")]
    assert len(rows) == 1 and '"by": ["jo", "mia"]' in rows[0] and "reveal/1" in rows[0]
    assert code(pick(project, "--from", str(mia), str(jo), "--force")) == 0
    assert second in written(project) and first not in written(project)


def test_a_pick_of_another_video_is_left_out(project: Project) -> None:
    file = review(project, "mia", "open@look=dawn,hook=question/1", video="0" * 16)
    found = pick(project, "--from", str(file))
    assert "[another-video]" in found.stderr and not (project.folder / "storyboard.picks.yaml").exists()


@pytest.mark.parametrize(
    ("change", "line", "said"),
    [
        (("reviewer: mia", "revewer: mia"), 3, "unknown key `revewer`"),
        (('"storyboard": "kite"', '"storyboard": "kit"'), 2, "a review of `kit`; expected one of `kite`"),
        (("open@look=dawn,hook=question/1", "open@look=dawn"), 5, "expected the address of an entry"),
        (('"fp": "', '"fp": "xyz'), 5, "expected at least 12 hexadecimal digits"),
    ],
)
def test_mistakes_in_a_review_have_a_place(project: Project, change: tuple[str, str], line: int, said: str) -> None:
    file = review(project, "mia", "open@look=dawn,hook=question/1")
    file.write_text(file.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    found = pick(project, "--from", str(file))
    assert code(found) == 3, found.output
    assert f"{file.name}:{line}:" in found.stderr and said in found.stderr
    assert not (project.folder / "storyboard.picks.yaml").exists()


def test_the_emulators_takes_are_not_taken_for_the_paid_ones(project: Project) -> None:
    file = review(project, "mia", "open@look=dawn,hook=question/1")
    text = file.read_text(encoding="utf-8").replace('"digest"', '"emulator": true, "digest"')
    file.write_text(text, encoding="utf-8")
    found = pick(project, "--from", str(file))
    assert code(found) == 3 and "[other-takes]" in found.stderr


def test_two_picks_of_a_variant_are_an_error_at_the_second(project: Project) -> None:
    assert code(pick(project, "open@look=dawn,hook=question", "1")) == 0
    row = next(line for line in written(project).splitlines() if line.startswith("  - "))
    _, problems = read(written(project) + row.replace("question/1", "question/2") + "\n")
    (found,) = problems
    assert found.code == "two-picks" and found.span is not None and found.span.place[0] == 6


def test_a_picked_take_is_known_by_its_request_and_by_its_address(project: Project) -> None:
    assert code(pick(project, "open@look=dawn,hook=question", "1")) == 0
    found, _ = read(written(project))
    first, second = project.entries()[:2]
    assert found.of(first) is not None and found.of(second) is None
    board = project.board.read_text(encoding="utf-8")
    project.board.write_text(board.replace("dawn", "daybreak"), encoding="utf-8")
    renamed = next(e for e in project.entries() if e.fingerprint == first.fingerprint)
    pick_ = found.of(renamed)
    assert pick_ is not None and pick_.fp == renamed.fingerprint
    project.board.write_text(board.replace("thin mist", "thick mist"), encoding="utf-8")
    changed = next(e for e in project.entries() if e.address == first.address)
    stale = found.of(changed)
    assert stale is not None and stale.fp != changed.fingerprint


def test_a_renamed_pick_moves_with_its_take(project: Project) -> None:
    assert code(pick(project, "open@look=dawn,hook=question", "1")) == 0
    board = project.board.read_text(encoding="utf-8")
    project.board.write_text(board.replace("dawn", "daybreak"), encoding="utf-8")
    assert code(pick(project, "open@look=noon,hook=question", "1")) == 0
    assert "open@look=daybreak,hook=question/1" in written(project) and "dawn" not in written(project)


def test_picks_are_listed(project: Project) -> None:
    assert code(pick(project, "open@look=dawn,hook=question", "1")) == 0
    assert pick(project).stdout == "open@look=dawn,hook=question/1\n"


DRAFT = "profiles: {draft: {}, final: {generate_audio: false}}\n"


def with_profiles(project: Project) -> None:
    project.board.write_text(project.board.read_text(encoding="utf-8") + DRAFT, encoding="utf-8")


def test_picks_of_profiles_stand_side_by_side_in_one_file(project: Project) -> None:
    assert code(pick(project, "open@look=dawn,hook=question", "1")) == 0
    with_profiles(project)
    assert code(pick(project, "--profile", "draft", "open@look=dawn,hook=question", "2")) == 0
    rows = [json.loads(line[4:]) for line in written(project).splitlines() if line.startswith("  - ")]
    assert [(r.get("profile"), r["entry"][-1]) for r in rows] == [(None, "1"), ("draft", "2")]
    assert pick(project).stdout == "open@look=dawn,hook=question/1\n"
    assert pick(project, "--profile", "draft").stdout == "open@look=dawn,hook=question/2\n"
    assert pick(project, "--profile", "final").stdout == ""
    assert code(pick(project, "--profile", "draft", "--drop", "open@look=dawn,hook=question")) == 0
    assert '"profile"' not in written(project) and "question/1" in written(project)
    assert code(pick(project, "--drop", "open@look=dawn,hook=question")) == 0
    assert "picks: []" in written(project)


def test_only_a_video_that_the_profile_has_can_be_picked_in_it(project: Project) -> None:
    with_profiles(project)
    refused = pick(project, "--profile", "final", "open@look=dawn,hook=question", "1")
    assert code(refused) == 2 and "has no saved video" in str(refused.exception)


def of_profile(file: Path, name: str) -> None:
    text = file.read_text(encoding="utf-8").replace('"digest"', f'"profile": "{name}", "digest"')
    file.write_text(text, encoding="utf-8")


def test_a_review_of_another_profile_is_refused_when_named_and_left_alone_otherwise(project: Project) -> None:
    with_profiles(project)
    drafts = review(project, "mia", "open@look=dawn,hook=question/2")
    of_profile(drafts, "draft")
    plain = review(project, "jo", "open@look=dawn,hook=question/1")
    refused = pick(project, "--from", str(drafts))
    assert code(refused) == 3 and "[other-takes]" in refused.stderr
    assert "a review of takes with profile `draft`; expected one of takes without a profile" in refused.stderr
    assert "`--profile draft` means those" in refused.stderr
    assert code(pick(project, "--profile", "draft", "--from", str(plain))) == 3
    assert code(pick(project, "--from", str(project.folder))) == 0
    assert "question/1" in written(project) and "question/2" not in written(project)


def test_reviews_of_a_profile_are_found_by_its_name(project: Project) -> None:
    with_profiles(project)
    drafts = review(project, "draft.mia", "open@look=dawn,hook=question/2")
    of_profile(drafts, "draft")
    review(project, "draft", "open@look=dawn,hook=question/1")  # a reviewer who is called like the profile
    assert code(pick(project, "--from", str(project.folder))) == 0
    assert code(pick(project, "--profile", "draft", "--from", str(project.folder))) == 0
    rows = [json.loads(line[4:]) for line in written(project).splitlines() if line.startswith("  - ")]
    assert [(r.get("profile"), r["entry"][-1]) for r in rows] == [(None, "1"), ("draft", "2")]


def test_a_profile_that_is_no_name_is_refused_in_picks(project: Project) -> None:
    assert code(pick(project, "open@look=dawn,hook=question", "1")) == 0
    _, problems = read(written(project).replace('{"entry"', '{"profile": "../x", "entry"'))
    assert [d.code for d in problems] and "expected a profile's name" in next(iter(problems)).message
