"""What editors and other validators make of schemas/storyboard.json: the real ones, installed by --long alone."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from server import Server, serving

from seedspec.cli.main import start
from seedspec.project import scaffold

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "schemas" / "storyboard.json"
EXAMPLES = sorted(ROOT.glob("examples/*/storyboard.yaml"))
MODELINE = f"# yaml-language-server: $schema={SCHEMA}\n"
SERVER = "yaml-language-server@1.25.0"

KNOWN = [
    "bad-names", "field-null", "include-two-labels", "only-twice", "override-names", "override-without-when",
    "profile-keys", "prompt-missing", "shots-empty", "shots-null", "too-many-takes", "unknown-key",
    "version-missing", "version-text", "wrong-types", "wrong-types-deeper", "yaml-list-at-top",
]  # fmt: skip
"""The error cases that the storyboard's schema can judge without knowing what a storyboard means."""
KNOWN_AS_YAML = ["duplicate-key", "yaml-at-sign", "yaml-colon", "yaml-escape", "yaml-star", "yaml-tab",
                 "yaml-undefined-alias", "yaml-unquoted-template", "yaml-unquoted-template-text"]  # fmt: skip
"""Those that a YAML parser sees, or that leave a value which the schema refuses."""


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    if not request.config.getoption("--long"):
        pytest.skip("installs an editor's language server: --long")
    return tmp_path_factory.mktemp("tools")


@pytest.fixture(scope="module")
def server(tools: Path) -> Iterator[Server]:
    if shutil.which("npm") is None:
        pytest.skip("no npm here")
    install = ["npm", "install", "--no-fund", "--no-audit", "--prefix", str(tools), SERVER]
    subprocess.run(install, check=True, capture_output=True, timeout=300)
    program = tools / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
    with serving(["node", program, "--stdio"], tools) as running:
        yield running


@pytest.fixture(scope="module")
def validator(tools: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", tools / "venv"], check=True)
    subprocess.run([tools / "venv" / "bin" / "pip", "install", "-q", "check-jsonschema"], check=True, timeout=300)
    return tools / "venv" / "bin" / "check-jsonschema"


def case(name: str) -> tuple[str, set[int]]:
    """The text of an error case, and the lines that `check` reports errors on."""
    folder = ROOT / "tests" / "cases" / "errors" / name
    said = (folder / "expected.txt").read_text(encoding="utf-8")
    lines = {int(n) for n in re.findall(r"^storyboard\.yaml:(\d+):\d+: error: ", said, re.MULTILINE)}
    return (folder / "storyboard.yaml").read_text(encoding="utf-8"), lines


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: p.parent.name)
def test_examples_are_clean(server: Server, example: Path) -> None:
    assert example.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=../../schemas/")
    assert server.diagnostics(example) == []


@pytest.mark.parametrize("template", scaffold.TEMPLATES)
def test_new_projects_are_clean_and_know_their_schema(server: Server, tmp_path: Path, template: str) -> None:
    assert start(["init", str(tmp_path), "--template", template]) == 0
    file = tmp_path / "storyboard.yaml"
    assert server.diagnostics(file) == []
    text = file.read_text(encoding="utf-8")
    found = server.diagnostics(tmp_path / "other.yaml", text.replace("shots:", "shost:"))
    assert len(text[: text.index("shots:")].splitlines()) in {d["range"]["start"]["line"] for d in found}


@pytest.mark.parametrize("name", [*KNOWN, *KNOWN_AS_YAML])
def test_mistakes_are_shown_on_the_line_that_check_shows(server: Server, name: str) -> None:
    text, lines = case(name)
    # the modeline is one line more, and the protocol counts from 0
    found = server.diagnostics(ROOT / "tests" / "cases" / f"{name}.yaml", MODELINE + text)
    assert lines and lines <= {d["range"]["start"]["line"] for d in found}, found


SHOT = (
    MODELINE
    + "seedspec: 1\nmodel: m\nreferences:\n  cup:\n    \nshots:\n  - id: a\n    prompt: x\n    \n    quality: \n"
)


@pytest.mark.parametrize(
    ("line", "character", "some"),
    [
        (9, 4, {"duration", "aspect_ratio", "generate_audio", "references", "attach", "matrix", "overrides", "takes"}),
        (10, 13, {"480p", "720p"}),
        (5, 4, {"image", "video", "audio", "shot", "seconds", "sha256"}),
    ],
)
def test_completion(server: Server, tmp_path: Path, line: int, character: int, some: set[str]) -> None:
    file = tmp_path / "storyboard.yaml"
    server.diagnostics(file, SHOT)
    found = {item["label"] for item in server.completion(file, line, character)}
    assert some <= found and not {"id", "prompt"} & found


def test_completion_in_a_profile(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "storyboard.yaml"
    text = (
        f"{MODELINE}seedspec: 1\nmodel: m\nprofiles:\n  draft:\n    \n    quality: \nshots:\n  - id: a\n    prompt: x\n"
    )
    server.diagnostics(file, text)
    found = {item["label"] for item in server.completion(file, 5, 4)}
    assert {"duration", "aspect_ratio", "takes"} <= found and not {"prompt", "references"} & found
    assert {"480p", "720p"} <= {item["label"] for item in server.completion(file, 6, 13)}
    assert "--profile draft" in server.hover(file, 3, 4)


def test_hover_shows_the_description(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "storyboard.yaml"
    server.diagnostics(file, SHOT)
    assert "Resolution: 480p is lower in clarity and in cost" in server.hover(file, 10, 6)
    assert "a mapping of label to template" in server.hover(file, 8, 6)
    assert "```yaml\nreferences:\n  hero: {image: assets/hero.png}" in server.hover(file, 3, 4)
    assert "One medium: an image, a video" in server.hover(file, 4, 3)


def run(validator: Path, *files: Path) -> subprocess.CompletedProcess[str]:
    command = [validator, "--schemafile", SCHEMA, *files]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)


def test_another_validator_takes_every_example(validator: Path) -> None:
    done = run(validator, *EXAMPLES)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", KNOWN)
def test_another_validator_refuses_what_the_schema_refuses(validator: Path, name: str) -> None:
    done = run(validator, ROOT / "tests" / "cases" / "errors" / name / "storyboard.yaml")
    assert done.returncode == 1 and "Schema validation errors" in done.stdout, done.stdout + done.stderr
