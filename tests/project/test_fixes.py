"""The edits of findings made in files: again and again, never for the worse, and written as everything is written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from seedspec import api
from seedspec.project.compile import Checked, check_profiles
from seedspec.project.fixes import Fixes, fixes, write
from seedspec.project.reading import Reading
from seedspec.report.diagnostics import as_text
from seedspec.text.diagnostic import Diagnostic, Edit, Severity
from seedspec.text.source import Source, Span

pytestmark = pytest.mark.slow

CASES = sorted((Path(__file__).parents[1] / "cases" / "errors").iterdir())
BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defalts: {duration: 4}
references: {hero: {image: https://cdn.example.com/hero.png}}
shots:
  - {id: a, prompt: "{{ ref('hero') }} {{ lok }} {{ hok }}"}
"""


def file_of(folder: Path, text: str | bytes) -> str:
    path = folder / "storyboard.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


def proposing(path: str, *rules: Callable[[Diagnostic], tuple[Edit, ...]]) -> Callable[[Reading], Checked]:
    """A check whose findings carry the edits that some rules give them, besides their own."""

    def check(reading: Reading) -> Checked:
        found = check_profiles(path, reading=reading)
        return found._replace(diagnostics=tuple(replace(d, edits=next(filter(None, (r(d) for r in rules)), d.edits))
                                                for d in found.diagnostics))  # fmt: skip

    return check


def meant(d: Diagnostic) -> tuple[Edit, ...]:
    """The nearest known word, where a note proposes one."""
    said = next((n.message for n in d.notes if n.message.startswith("did you mean `")), "")
    return (Edit(d.span, said.split("`")[1]),) if said and d.span else ()


def at(source: Source, text: str) -> Span:
    start = source.text.index(text)
    return source.span(start, start + len(text))


def always(code: str, *edits: tuple[str, str]) -> Callable[[Diagnostic], tuple[Edit, ...]]:
    """An edit of the finding with a code, wherever the texts are that it is about."""

    def rule(d: Diagnostic) -> tuple[Edit, ...]:
        if d.code != code or d.span is None:
            return ()
        return tuple(Edit(at(d.span.source, old), new) for old, new in edits if old in d.span.source.text)

    return rule


def after(made: Fixes) -> list[bytes]:
    return [change.after for change in made.changes]


def test_edits_are_made_until_none_is_left(tmp_path: Path) -> None:
    """The name of the vars hides what uses them; the fix of one brings the other to light."""
    text = BOARD.replace("defalts: {duration: 4}", "vrs: {look: noir, hook: fast}")
    path = file_of(tmp_path, text)
    made = fixes(path, proposing(path, meant))
    assert after(made) == [text.replace("vrs", "vars").replace("lok", "look").replace("hok", "hook").encode()]
    assert [d.code for d in made.fixed] == ["unknown-key", "undefined-name", "undefined-name"]
    assert made.remaining == () and made.left == ()
    assert Path(path).read_text() == text, "nothing is written before `write`"


def test_errors_that_come_to_light_are_none_of_the_edit(tmp_path: Path) -> None:
    path = file_of(tmp_path, BOARD)
    made = fixes(path, proposing(path, always("unknown-key", ("defalts", "defaults"))))
    assert after(made) == [BOARD.replace("defalts", "defaults").encode()]
    assert "unknown-key" in {d.code for d in made.found}
    assert [d.code for d in made.remaining] == ["undefined-name", "undefined-name"]


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (always("unknown-key", ("defalts: {", "defalts: [")), "no YAML any more"),
        (always("unknown-key", ("defalts", "shots")), "a key twice"),
        (always("unknown-key", ("defalts", "defalts")), "nothing changes"),
        (always("unknown-key", ("seedspec: 1", "seedspec: 1 ")), "the finding stays"),
    ],
)
def test_what_makes_it_no_better_is_left(tmp_path: Path, rule: Callable[[Diagnostic], tuple[Edit, ...]], why: str
                                         ) -> None:  # fmt: skip
    path = file_of(tmp_path, BOARD.replace(" {{ lok }} {{ hok }}", ""))
    made = fixes(path, proposing(path, rule))
    assert (made.changes, made.fixed) == ((), ()) and [d.code for d in made.left] == ["unknown-key"], why
    assert [d.code for d in made.remaining] == ["unknown-key"]


def test_the_edit_of_a_warning_brings_no_error(tmp_path: Path) -> None:
    text = BOARD.replace("defalts", "defaults").replace("{{ ref('hero') }} {{ lok }} {{ hok }}", "a cup")
    path = file_of(tmp_path, text)
    bad = proposing(path, always("no-reference", ("a cup", "{{ cup }}")))
    made = fixes(path, bad)
    assert (made.changes, [d.code for d in made.left]) == ((), ["no-reference"])
    good = fixes(path, proposing(path, always("no-reference", ("a cup", "{{ ref('hero') }}"))))
    assert good.remaining == () and len(good.changes) == 1


def test_one_bad_edit_does_not_hold_the_others(tmp_path: Path) -> None:
    text = BOARD.replace("defalts: {duration: 4}", "vars: {look: noir, hook: fast}").replace(
        "shots:\n", 'shots:\n  - {id: b, duraton: 4, prompt: "{{ lok }}"}\n'
    )
    path = file_of(tmp_path, text)
    made = fixes(path, proposing(path, always("unknown-key", ("duraton: 4", "duration: {")), meant))
    assert [d.code for d in made.left] == ["unknown-key"]
    board = file_of(tmp_path, text.replace("duraton", "duration"))
    made = fixes(board, proposing(board, always("no-reference", ("id: b", "id: {")), meant))
    assert after(made) and b"{{ look }}" in after(made)[0] and [d.code for d in made.left] == ["no-reference"]


def test_edits_that_undo_each_other_come_to_an_end(tmp_path: Path) -> None:
    text = BOARD.replace("defalts: {duration: 4}\n", "").replace("{{ lok }} {{ hok }}", "{{ lok }}")
    path = file_of(tmp_path, text)
    there, back = always("undefined-name", ("lok", "hok")), always("undefined-name", ("hok", "lok"))
    made = fixes(path, proposing(path, there, back))
    assert len(made.fixed) <= 2 and [d.code for d in made.remaining] == ["undefined-name"]


def test_two_that_want_one_place_are_made_one_after_the_other(tmp_path: Path) -> None:
    path = file_of(tmp_path, BOARD.replace(" {{ lok }} {{ hok }}", ""))

    def twice(reading: Reading) -> Checked:
        found = check_profiles(path, reading=reading)
        more = [d for one in found.diagnostics for d in (replace(one, edits=meant(one)), replace(one, message="two",
                edits=(Edit(one.span, "x-own"),)))]  # fmt: skip
        return found._replace(diagnostics=tuple(more))

    made = fixes(path, twice)
    assert b"defaults: {" in after(made)[0] and len(made.fixed) == 1 and made.remaining == ()


def test_a_template_below_the_folder_is_fixed_and_nothing_else_is(tmp_path: Path) -> None:
    for name in ("project/words/a.j2", "project/.hidden/a.j2", "outside.j2"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"two {{ hok }}\r\n")
    text = BOARD.replace("defalts", "defaults").replace(" {{ lok }} {{ hok }}", " {% include 'words/a.j2' %}")
    path = file_of(tmp_path / "project", text)

    def check_of(named: str) -> Callable[[Reading], Checked]:
        def check(reading: Reading) -> Checked:
            found = check_profiles(path, reading=reading)
            whole = Source(named, "two {{ hok }}\n")
            own = [replace(d, edits=(Edit(at(whole, "{{ hok }}"), "hook"),)) for d in found.diagnostics]
            return found._replace(diagnostics=tuple(own))

        return check

    for named in ("words/a.j2", str(tmp_path / "project" / "words" / "a.j2")):
        made = fixes(path, check_of(named))
        assert after(made) == [b"two hook\r\n"] and made.remaining == ()
        assert made.changes[0].path == tmp_path / "project" / "words" / "a.j2"
    for named in (".hidden/a.j2", "../outside.j2", str(tmp_path / "outside.j2"), "words/none.j2", "words"):
        assert fixes(path, check_of(named)).changes == (), named
    (tmp_path / "project" / "words" / "a.j2").write_bytes(b"changed since {{ hok }}")
    assert fixes(path, check_of("words/a.j2")).changes == ()


def fixed(folder: Path, text: bytes) -> tuple[str, Fixes]:
    path = file_of(folder, text)
    return path, fixes(path, proposing(path, meant))


def test_line_ends_mark_and_mode_stay(tmp_path: Path) -> None:
    raw = b"\xef\xbb\xbf" + BOARD.replace(" {{ lok }} {{ hok }}", "  ").replace("\n", "\r\n").encode() + b"# end  \t"
    path = file_of(tmp_path, raw)
    os.chmod(path, 0o640)
    write(fixes(path, proposing(path, meant)).changes)
    assert Path(path).read_bytes() == raw.replace(b"defalts", b"defaults")
    assert os.stat(path).st_mode & 0o777 == 0o640 and os.listdir(tmp_path) == ["storyboard.yaml"]


def test_a_file_that_changed_since_is_left(tmp_path: Path) -> None:
    path, made = fixed(tmp_path, BOARD.encode())
    Path(path).write_bytes(b"mine")
    with pytest.raises(OSError, match="changed while it was checked"):
        write(made.changes)
    assert Path(path).read_bytes() == b"mine"


@pytest.mark.parametrize("inside", [True, False])
def test_nothing_is_written_through_a_link(tmp_path: Path, inside: bool) -> None:
    real = (tmp_path / "project" if inside else tmp_path) / "real.yaml"
    real.parent.mkdir(exist_ok=True)
    real.write_text(BOARD)
    (tmp_path / "project").mkdir(exist_ok=True)
    link = tmp_path / "project" / "storyboard.yaml"
    link.symlink_to(real)
    made = fixes(str(link), proposing(str(link), meant))
    with pytest.raises(OSError, match="symbolic link"):
        write(made.changes)
    assert real.read_text() == BOARD and link.is_symlink()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_may_not_be_written_is_left(tmp_path: Path) -> None:
    path, made = fixed(tmp_path, BOARD.encode())
    os.chmod(path, 0o444)
    with pytest.raises(PermissionError):
        write(made.changes)
    assert Path(path).read_text() == BOARD


def proposals() -> Iterator[tuple[str, Callable[[Diagnostic], tuple[Edit, ...]]]]:
    yield "its own", lambda d: d.edits
    yield "the nearest word", meant
    yield "nothing", lambda d: (Edit(d.span, ""),) if d.span else ()
    yield "something", lambda d: (Edit(d.span, "x"),) if d.span else ()


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.long] if n == "something" else []) for n, _ in proposals()]
)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.sampled(3)
def test_the_cases(case: Path, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever edits the findings of a case carry: a second time nothing is left to do, and what was no error is none.

    The edits of the findings' own leave none of their findings.
    """
    monkeypatch.chdir(shutil.copytree(case, tmp_path / "project", symlinks=True))
    rule = dict(proposals())[name]
    made = fixes("storyboard.yaml", proposing("storyboard.yaml", rule))
    before = Path("storyboard.yaml").read_bytes()
    write(made.changes)
    if name == "its own":
        assert as_text(api.check("storyboard.yaml")) == as_text(made.remaining)
    if not any(d.severity is Severity.ERROR for d in made.found):
        assert not any(d.severity is Severity.ERROR for d in made.remaining)
    if name == "its own":
        assert [d.code for d in made.remaining if d.edits] == [], "an edit leaves its finding, or brings it again"
        assert made.left == ()
        again = fixes("storyboard.yaml", proposing("storyboard.yaml", rule))
        assert again.changes == ()
    if not made.changes:
        assert Path("storyboard.yaml").read_bytes() == before
