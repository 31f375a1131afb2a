"""`init`: templates that check clean and run, files that git and editors understand, and nothing ever overwritten."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import forks
import pytest
import yaml
from looks import Run

from seedspec import __version__
from seedspec.cli.main import start
from seedspec.project import scaffold, sources

TEMPLATES = scaffold.TEMPLATES


def git(folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main")
    environ = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | {"GIT_CONFIG_GLOBAL": os.devnull}
    return subprocess.run(
        ["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=check, env=environ
    )


def snapshot(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_what_it_writes_and_says(folder: Path, seedspec: Run) -> None:
    said = seedspec("init")
    assert (said.code, said.out) == (0, "storyboard.yaml\nschemas/storyboard.json\n.gitignore\n.gitattributes\n")
    assert said.err == "next: seedspec check && seedspec run --emulator\n"
    assert set(snapshot(folder)) == set(said.out.split())


@pytest.mark.parametrize("template", TEMPLATES)
def test_templates_check_clean_and_point_to_their_schema(template: str, folder: Path, seedspec: Run) -> None:
    assert seedspec("init", "ads", "--template", template).code == 0
    said = seedspec("check", "--strict", "ads")
    assert (said.code, said.out, said.err) == (
        0,
        "",
        "1 storyboard: no problems found\nnext: seedspec plan ads/storyboard.yaml\n",
    )
    modeline = (folder / "ads" / "storyboard.yaml").read_text().splitlines()[0]
    target = modeline.removeprefix("# yaml-language-server: $schema=")
    assert json.loads((folder / "ads" / target).read_text()) == sources.schemas()["storyboard.json"]


@pytest.mark.slow
@pytest.mark.parametrize("template", TEMPLATES)
def test_templates_run_with_the_emulator(template: str, folder: Path, seedspec: Run) -> None:
    seedspec("init", "--template", template)
    done = forks.run_text(("run", "--emulator", "--emulator-seconds", "0.3", "--format", "jsonl"), folder)
    assert done.returncode == 0, done.stderr
    finished = json.loads(done.stdout.splitlines()[-1])
    assert finished["event"] == "RunFinished" and finished["failed"] == 0
    assert finished["saved"] == len(list((folder / "renders.emulator").glob("*.mp4"))) > 0


def test_nothing_is_overwritten(folder: Path, seedspec: Run) -> None:
    mine = {"storyboard.yaml": b"mine\n", ".gitignore": b".env\n# more\n", "schemas/storyboard.json": b"{}"}
    for name, data in mine.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / ".gitattributes").symlink_to("nowhere")
    said = seedspec("init", "--template", "ab-ads")
    assert (said.code, said.out) == (0, "")
    assert said.err == (
        "left alone: storyboard.yaml is there\n"
        "left alone: schemas/storyboard.json is there\n"
        "left alone: .gitignore is there; it lacks: .seedspec/, renders*/, *.emulator.lock, "
        "*.emulator.picks.yaml, *.emulator.measures.jsonl, *.review.html, *.sheet.png, *.animatic.mp4, *.part\n"
        "left alone: .gitattributes is there\n"
        "nothing to do\n"
    )
    assert snapshot(folder) == mine


def test_a_second_time_changes_nothing(folder: Path, seedspec: Run) -> None:
    seedspec("init", "--ci", "github")
    before = snapshot(folder)
    said = seedspec("init", "--ci", "github")
    assert (said.code, said.out, snapshot(folder)) == (0, "", before)
    assert said.err.endswith("left alone: .github/workflows/videos.yml is as it should be\nnothing to do\n")


def test_without_a_schema_there_is_no_modeline(folder: Path, seedspec: Run) -> None:
    assert "schemas" not in seedspec("init", "--no-schema").out
    assert "yaml-language-server" not in (folder / "storyboard.yaml").read_text()


def test_one_copy_of_the_schema_serves_a_repository(folder: Path, seedspec: Run) -> None:
    seedspec("init")
    git(folder, "init", "-q")
    said = seedspec("init", "ads/spring")
    assert "schemas/storyboard.json" not in said.out
    first = (folder / "ads" / "spring" / "storyboard.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=../../schemas/storyboard.json"


def test_a_schema_above_that_is_no_part_of_a_repository_does_not_count(folder: Path, seedspec: Run) -> None:
    seedspec("init")
    assert "ads/schemas/storyboard.json" in seedspec("init", "ads").out.split()


def test_what_git_ignores_and_keeps(folder: Path, seedspec: Run) -> None:
    git(folder, "init", "-q")
    seedspec("init")
    left = ["renders/a.mp4", "renders.emulator/a.mp4", ".seedspec/x", ".env", "a.part", "storyboard.emulator.lock"]
    kept = ["storyboard.yaml", "storyboard.lock", "schemas/storyboard.json", "assets/cup.png"]
    assert git(folder, "check-ignore", *left, *kept).stdout.split() == left
    said = git(folder, "check-attr", "merge", "eol", "linguist-generated", "--", "storyboard.lock").stdout
    assert [line.rsplit(": ", 1)[1] for line in said.splitlines()] == ["unspecified", "lf", "set"]


@pytest.mark.parametrize("union", [False, True])
def test_why_the_lock_has_no_union_merge(folder: Path, seedspec: Run, *, union: bool) -> None:
    """Two branches buy one request: as a conflict it can be mended, as a union it is one line after the other."""
    git(folder, "init", "-q")
    seedspec("init")
    if union:
        (folder / ".gitattributes").write_text("*.lock merge=union\n")
    lock = folder / "storyboard.lock"
    lock.write_text('{"seedspec_lock":1}\n')
    for name, task in (("main", None), ("a", "task-unified-1-a"), ("b", "task-unified-1-b")):
        git(folder, "checkout", "-q", *(("-b", name, "main") if task else ("-b", "main")), check=task is not None)
        if task:
            record = {"fp": "0" * 64, "entry": "steam/1", "take": 1, "attempt": 1, "state": "running", "task": task}
            lock.write_text('{"seedspec_lock":1}\n' + json.dumps({**record, "at": "2026-11-23T07:05:00Z"}) + "\n")
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", name)
    merged = git(folder, "merge", "a", check=False)
    said = seedspec("plan")
    assert said.code == 6
    if union:
        assert merged.returncode == 0 and "two tasks" in said.err
    else:
        assert merged.returncode == 1 and "lock-conflict" in said.err and "`seedspec lock fix`" in said.err


def test_what_the_workflows_ask_for(folder: Path, seedspec: Run) -> None:
    """How they work, step by step, is shown in tests/ci."""
    git(folder, "init", "-q")
    said = seedspec("init", "ads", "--ci", "github")
    assert said.out.split()[-2:] == [f".github/workflows/{name}.yml" for name in ("storyboards", "videos")]
    look, buy = (yaml.safe_load((folder / name).read_text()) for name in said.out.split()[-2:])
    assert look["permissions"]["contents"] == "read" and "EVOLINK" not in json.dumps(look)
    assert buy["jobs"]["run"]["environment"] == "videos"
    assert look["env"] == buy["env"] == {"FOLDER": "ads"} and look[True]["pull_request"] == {"paths": ["ads/**"]}
    used = {s["uses"] for w in (look, buy) for job in w["jobs"].values() for s in job["steps"] if "uses" in s}
    assert f"OWNER/seedspec@v{__version__}" in used
    assert said.err.splitlines()[-2] == (
        "fill in OWNER in .github/workflows/videos.yml: where you install seedspec from"
    )


def test_the_pipeline_of_gitlab_names_no_bare_package(folder: Path, seedspec: Run) -> None:
    """An index would give a bare name to whoever has it."""
    git(folder, "init", "-q")
    said = seedspec("init", "ads", "--ci", "gitlab")
    assert said.out.split()[-1] == ".gitlab-ci.yml"
    pipeline = yaml.safe_load((folder / ".gitlab-ci.yml").read_text())
    place = f"seedspec[media,assets] @ git+https://HOST/OWNER/seedspec@v{__version__}"
    assert pipeline["default"]["before_script"][-1] == f'pip install --quiet "{place}"'
    assert "fill in HOST and OWNER in .gitlab-ci.yml: where you install seedspec from" in said.err
    (folder / ".gitlab-ci.yml").write_text("mine: {}\n")
    assert "left alone: .gitlab-ci.yml is there" in seedspec("init", "ads", "--ci", "gitlab").err
    assert (folder / ".gitlab-ci.yml").read_text() == "mine: {}\n"


@pytest.mark.parametrize("name", ["ads", "spring [new]", 'it\'s "x"', "a: b #c", "$HOME", "日本", "@FOLDER@"])
def test_any_folder_is_a_value_in_the_workflows_and_no_part_of_them(name: str, tmp_path: Path) -> None:
    for server, files in scaffold.CI.items():
        for file in files:
            text = scaffold.workflow(server, file, name, "https://github.com/a/seedspec.git", "0" * 40)
            found = yaml.safe_load(text)
            folder = found["env"] if server == "github" else found["variables"]
            assert folder == {"FOLDER": name.replace("$", "$$") if server == "gitlab" else name}
            assert text.count("a/seedspec@" if server == "github" else "a/seedspec.git@") >= 1
    rule = found["run"]["rules"][0]["changes"]
    assert rule == [scaffold.re.sub(r"([\\*?+\[\]!])", r"\\\1", name) + "/**/*"]
    top = yaml.safe_load(scaffold.workflow("github", "videos.yml", ".", "https://HOST/OWNER/seedspec", "v1"))
    assert top[True]["push"]["paths"] == ["**", "!**.lock"] and top["env"] == {"FOLDER": "."}


def test_the_templates_are_in_the_wheel() -> None:
    """Everything that `init` reads lies inside the package or the schemas, which the wheel takes along."""
    folder = Path(scaffold.__file__).parents[1] / "templates"
    names = {
        "gitignore.txt",
        "gitattributes.txt",
        "github-storyboards.yml",
        "github-videos.yml",
        "gitlab.yml",
        "agents.md",
        *(f"{t}.yaml" for t in TEMPLATES),
    }
    assert {p.name for p in folder.iterdir()} == names


def test_a_folder_that_cannot_be(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "file").write_text("x")
    assert start(["init", "file"]) == 2
    assert start(["init", "file/below"]) == 2
    assert "not a directory" in capfd.readouterr().err.lower()
