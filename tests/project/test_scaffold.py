"""A new project: which files it has, what stands in them, and that nothing that is there is touched."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from seedspec import __version__
from seedspec.project import scaffold, sources
from seedspec.project.scaffold import Fresh, agents_page, project, stale_schema, workflow, write

SCHEMA = sources.schema_folder().joinpath("storyboard.json").read_bytes()


def made(folder: Path, **given: object) -> dict[str, Fresh]:
    options = {"schema": False, "ci": None, **given}
    found = project(folder, "minimal", **options)  # type: ignore[arg-type]
    return {str(f.path.relative_to(folder)): f for f in found}


def test_the_files_of_a_new_project(tmp_path: Path) -> None:
    plain = made(tmp_path)
    assert list(plain) == ["storyboard.yaml", ".gitignore", ".gitattributes"]
    assert plain["storyboard.yaml"].data.startswith(b"seedspec: 1") or b"\nseedspec: 1" in plain["storyboard.yaml"].data
    assert plain[".gitignore"].lines[:2] == (".seedspec/", "renders*/") and not plain["storyboard.yaml"].lines
    assert plain[".gitattributes"].lines[0] == "*.lock text eol=lf linguist-generated"
    whole = made(tmp_path, schema=True, ci="github", board="seedspec: 1\n", agents=True)
    assert list(whole) == [
        "storyboard.yaml", "schemas/storyboard.json", ".gitignore", ".gitattributes", "AGENTS.md",
        ".github/workflows/storyboards.yml", ".github/workflows/videos.yml",
    ]  # fmt: skip
    line = b"# yaml-language-server: $schema=schemas/storyboard.json\n"
    assert whole["storyboard.yaml"].data == line + b"seedspec: 1\n"
    assert whole["schemas/storyboard.json"] == Fresh(tmp_path / "schemas/storyboard.json", SCHEMA, (), tmp_path)
    assert whole["AGENTS.md"] == agents_page(tmp_path) and len(agents_page(tmp_path).data) > 1000
    assert all(whole[name].below == tmp_path for name in whole if name.startswith(".github"))


def test_a_schema_above_is_taken_as_far_as_the_repository_goes(tmp_path: Path) -> None:
    top, film = tmp_path / "top", tmp_path / "top" / "films" / "tea"
    film.mkdir(parents=True)
    for folder in (tmp_path, top):
        (folder / "schemas").mkdir()
        (folder / "schemas" / "storyboard.json").write_bytes(SCHEMA)
    assert "schemas/storyboard.json" in made(film, schema=True), "outside of a repository none above is asked"
    (top / ".git").mkdir()
    found = made(film, schema=True, board="x\n")
    assert found["storyboard.yaml"].data == b"# yaml-language-server: $schema=../../schemas/storyboard.json\nx\n"
    assert "schemas/storyboard.json" not in found and stale_schema(film / "storyboard.yaml") is None
    (top / "schemas" / "storyboard.json").write_text('{"$id": "urn:seedspec:storyboard:1"}')
    assert stale_schema(film / "storyboard.yaml") == top / "schemas" / "storyboard.json"
    for other in ('{"$id": "other"}', "[]", "{", "[" * 100_000):
        (top / "schemas" / "storyboard.json").write_text(other)
        assert stale_schema(film / "storyboard.yaml") is None


def test_a_workflow_stands_at_the_top_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    film = tmp_path / "films"
    film.mkdir()
    found = {str(f.path.relative_to(tmp_path)): f for f in project(film, "minimal", schema=False, ci="gitlab")}
    file = found[".gitlab-ci.yml"]
    assert file.below == tmp_path and b'  FOLDER: "films"\n' in file.data and b'"films/**/*"' in file.data
    assert b"git+https://" in file.data


@pytest.mark.parametrize(
    ("server", "file", "inside", "url", "said"),
    [
        ("github", ".github/workflows/storyboards.yml", ".", "https://github.com/me/seedspec.git",
         ['    paths: ["**"]', '  FOLDER: "."', "      - uses: me/seedspec@c0ffee",
          "        uses: me/seedspec@c0ffee"]),
        ("github", ".github/workflows/videos.yml", "a [b]$", "https://example.com/x",
         ['    paths: ["a \\\\[b\\\\]$/**", "!**.lock"]', '  FOLDER: "a [b]$"',
          f"        uses: OWNER/seedspec@v{__version__}", f"        uses: OWNER/seedspec@v{__version__}"]),
        ("gitlab", ".gitlab-ci.yml", "ü$", "https://example.com/x",
         ['    - pip install --quiet "seedspec[media,assets] @ git+https://example.com/x@c0ffee"', '  FOLDER: "ü$$"',
          '      changes: ["ü$/**/*"]', '      changes: ["ü$/**/*"]']),
    ],
)  # fmt: skip
def test_a_workflow_names_its_folder_and_its_revision(
    server: str, file: str, inside: str, url: str, said: list[str]
) -> None:
    text = workflow(server, file, inside, url, "c0ffee")
    words = ('paths: ["*', 'paths: ["a', 'FOLDER: "', "uses: me", "uses: OWNER", "pip install --quiet", "changes: [")
    assert [line for line in text.split("\n") if any(w in line for w in words)] == said


def test_what_is_there_is_left_and_told(tmp_path: Path) -> None:
    files = [
        Fresh(tmp_path / "new" / "a.txt", b"a"), Fresh(tmp_path / "same", b"same"), Fresh(tmp_path / "other", b"x"),
        Fresh(tmp_path / "lines", b"one\ntwo\nthree\n", ("one", "two", "three")),
        Fresh(tmp_path / "whole", b"x", ("one",)),
        Fresh(tmp_path / "dir", b"x"),
    ]  # fmt: skip
    for name, data in {"same": "same", "other": "mine", "lines": "two\n", "whole": "zero\none\n"}.items():
        (tmp_path / name).write_text(data)
    (tmp_path / "dir").mkdir()
    assert [(path.name, said) for path, said in write(files)] == [
        ("a.txt", ""), ("same", "is as it should be"), ("other", "is there"),
        ("lines", "is there; it lacks: one, three"), ("whole", "is there"), ("dir", "is there"),
    ]  # fmt: skip
    assert (tmp_path / "new" / "a.txt").read_bytes() == b"a" and (tmp_path / "other").read_text() == "mine"


def test_nothing_is_written_where_a_link_is_on_the_way(tmp_path: Path) -> None:
    (tmp_path / "film").mkdir()
    (tmp_path / "film" / "schemas").symlink_to(tmp_path)
    files = [
        Fresh(tmp_path / "film" / "a", b"a"),
        Fresh(tmp_path / "film" / "schemas" / "b", b"b", (), tmp_path / "film"),
    ]
    with pytest.raises(OSError, match="is a symbolic link; remove it: a new file would go where it leads") as told:
        list(write(files))
    assert (told.value.errno, told.value.filename) == (errno.ELOOP, str(tmp_path / "film" / "schemas"))
    assert not (tmp_path / "film" / "a").exists()


def test_where_seedspec_came_from_is_a_repository_or_a_place_to_fill_in() -> None:
    url, revision = scaffold._origin()
    assert (url, revision) == (f"https://HOST/{scaffold.FILL_IN}", f"v{__version__}") or url.startswith("https://")
