"""`models`, `doctor` and `completion`: what they list is what the files say, and the key is never shown."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from looks import Run

from seedspec.catalog.price import Asked, charge
from seedspec.cli.main import COMMANDS
from seedspec.project import sources
from seedspec.run import doctor
from seedspec.run.store.lock_file import hold

pytestmark = pytest.mark.slow

EXPECTED = Path(__file__).parent / "expected"
MODEL = sources.catalog().models["seedance-2.0-reference-to-video"]
PROVIDER = MODEL.provider.document
KEY = "sk-evo-0123456789abcdefghijklmnop"


def test_models_as_text(seedspec: Run, expect: Callable[[Path, str], None]) -> None:
    said = seedspec("models")
    assert (said.code, said.err) == (0, "")
    expect(EXPECTED / "models.txt", said.out)
    assert all(name in said.out for name in sources.catalog().models)
    one = seedspec("models", MODEL.id)
    expect(EXPECTED / "model.txt", one.out)


def test_models_as_json_are_the_files(seedspec: Run) -> None:
    models = {m["model"]: m for m in json.loads(seedspec("models", "--format", "json").out)["models"]}
    assert models.keys() == sources.catalog().models.keys()
    model = models[MODEL.id]
    document = MODEL.schema.document
    assert model["fields"] == {n: document["properties"][n] for n in ("prompt", *MODEL.fields)}
    for kind, rule in document["x-seedspec"]["slots"].items():
        assert {k: model["media"][kind][k] for k in rule if k != "kind"} == {k: rule[k] for k in rule if k != "kind"}
        assert model["media"][kind]["most"] == document["properties"][rule["field"]]["maxItems"]
    assert model["output"]["pixels"] == document["x-seedspec"]["output"]["pixels"]
    prices = model["prices"]
    assert prices["as_of"] == sources.schemas()["evolink/prices.json"]["models"][MODEL.id][-1]["from"]
    for quality in ("480p", "720p"):
        plain, with_video = Asked(10, quality), Asked(10, quality, videos=1)
        second = prices["credits_per_second"]
        assert abs(10 * second["plain"][quality] - charge(MODEL.rate, plain) / 10_000) < 1e-6
        assert abs(20 * second["with_video"][quality] - charge(MODEL.rate, with_video, 3.5) / 10_000) < 1e-6


def test_a_model_that_is_not_known(seedspec: Run) -> None:
    said = seedspec("models", "seedance-2")
    assert said.code == 2 and said.err.startswith("seedspec: no model `seedance-2`; expected `")


def test_the_doctor_on_a_healthy_machine(folder: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOLINK_API_KEY", KEY)
    monkeypatch.setenv("EVOLINK_FILES_URL", "https://files.example.com")
    said = seedspec("doctor", "--format", "json")
    found = {f["name"]: (f["verdict"], f["said"]) for f in json.loads(said.out)["findings"]}
    assert said.code == 0 and {verdict for verdict, _ in found.values()} == {"ok"}
    assert list(found) == [
        "seedspec", "python", "packages", "media", "emulator", "assets", "postgres", "watch", "key", "api address",
        "files address", "clock", "folder", "hold",
    ]  # fmt: skip
    assert found["key"][1] == "EVOLINK_API_KEY is set, from the environment"
    assert found["files address"][1] == "https://files.example.com (from EVOLINK_FILES_URL)"
    assert list(folder.iterdir()) == []  # looking leaves nothing


def test_the_doctor_never_shows_a_key(folder: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".env").write_text(f"EVOLINK_API_KEY={KEY}\nEVOLINK_BASE_URL=http://evil.example.com\n")
    outputs = [seedspec("doctor"), seedspec("doctor", "--format", "json")]
    assert f"`{folder / '.env'}`" in outputs[0].out and "evil" not in outputs[0].out
    for bad in (f"{KEY} with spaces", f"{KEY}\x07"):
        monkeypatch.setenv("EVOLINK_API_KEY", bad)
        outputs.append(seedspec("doctor"))
        assert outputs[-1].code == 2
    assert all(KEY[:8] not in said.out + said.err for said in outputs)


def test_what_the_doctor_says_tells_nothing_of_the_key(
    folder: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = set()
    for key in (KEY, "x" * 8, KEY * 3):
        monkeypatch.setenv("EVOLINK_API_KEY", key)
        shown.add(re.sub(r"\d\d:\d\d:\d\dZ", "", seedspec("doctor").out))
    assert len(shown) == 1


def test_no_key_is_a_warning_alone(folder: Path, seedspec: Run) -> None:
    said = seedspec("doctor")
    assert said.code == 0
    assert any(line.startswith("warning  key") for line in said.out.splitlines())


def test_an_address_that_the_key_may_not_go_to(folder: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOLINK_BASE_URL", "http://example.com")
    said = seedspec("doctor")
    assert said.code == 2 and "the key travels over https alone" in said.out


def test_a_hold_that_is_taken(folder: Path, seedspec: Run) -> None:
    child = "import sys, pathlib\nfrom seedspec.run.store.lock_file import hold\n"
    child += "with hold(pathlib.Path('storyboard.lock')):\n"
    child += " print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", child], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None and other.stdout.readline() == b"held\n"
        said = seedspec("doctor")
        assert said.code == 2 and f"`storyboard.lock` is held by process {other.pid}" in said.out
        assert other.stdin is not None
        other.stdin.close()
    assert seedspec("doctor").code == 0


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the superuser can write everywhere")
def test_a_folder_that_cannot_be_written(folder: Path, seedspec: Run) -> None:
    folder.chmod(0o500)
    try:
        assert seedspec("doctor").code == 2
    finally:
        folder.chmod(0o700)


def test_a_folder_that_is_not_there(folder: Path, seedspec: Run) -> None:
    said = seedspec("doctor", "no/where/storyboard.yaml")
    assert said.code == 2 and "`no/where` cannot be written: no such file or directory" in said.out


def test_a_clock_before_the_prices(folder: Path) -> None:
    found = doctor.findings(PROVIDER, folder / "s.yaml", {}, "2026-10-10", datetime(2026, 1, 1, tzinfo=UTC))
    (clock,) = [f for f in found if f.name == "clock"]
    assert clock.verdict == "bad" and clock.said.startswith("2026-01-01T00:00:00Z, which is before the prices")


def test_a_schema_copy_of_another_version(folder: Path, seedspec: Run) -> None:
    seedspec("init")
    assert "schema copy" not in seedspec("doctor").out
    file = folder / "schemas" / "storyboard.json"
    file.write_text(file.read_text().replace('"title"', '"title" ', 1))
    said = seedspec("doctor")
    assert said.code == 0 and "warning  schema copy" in said.out


@pytest.mark.parametrize(("key", "code"), [("right-key", 0), ("wrong-key", 2)])
def test_online_reads_the_credits(
    folder: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch, key: str, code: int
) -> None:
    from seedspec.emulator.process import child

    with child(["--folder", str(folder / "emulator"), "--key", "right-key", "--credits", "1234.5"]) as addresses:
        monkeypatch.setenv("EVOLINK_API_KEY", key)
        monkeypatch.setenv("EVOLINK_BASE_URL", addresses.api)
        monkeypatch.setenv("EVOLINK_FILES_URL", addresses.files)
        said = seedspec("doctor", "--online")
    assert said.code == code
    shown = next(line for line in said.out.splitlines() if "service" in line)
    assert ("takes the key; 1,234.50 credits are left" in shown) == (key == "right-key")


def test_online_without_a_key_or_a_service(folder: Path, seedspec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    said = seedspec("doctor", "--online")
    assert said.code == 2 and "not asked: no API key" in said.out
    monkeypatch.setenv("EVOLINK_API_KEY", KEY)
    monkeypatch.setenv("EVOLINK_BASE_URL", "http://127.0.0.1:1")
    said = seedspec("doctor", "--online")
    assert said.code == 2 and "http://127.0.0.1:1: cannot be reached" in said.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_hold_their_function(shell: str, seedspec: Run) -> None:
    said = seedspec("completion", shell)
    assert (said.code, said.err) == (0, "")
    assert "_seedspec_completion" in said.out and "_SEEDSPEC_COMPLETE" in said.out


def test_fish_completes(seedspec: Run, tmp_path: Path) -> None:
    if shutil.which("fish") is None:
        pytest.skip("no fish here")
    command(tmp_path)
    (tmp_path / "script").write_text(seedspec("completion", "fish").out)
    environ = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
    asked = f"source {tmp_path}/script; complete -C 'seedspec com'"
    done = subprocess.run(["fish", "-c", asked], env=environ, capture_output=True, text=True, check=True)
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["compile", "completion"]


def test_zsh_knows_the_function(seedspec: Run, tmp_path: Path) -> None:
    if shutil.which("zsh") is None:
        pytest.skip("no zsh here")
    (tmp_path / "script").write_text(seedspec("completion", "zsh").out)
    asked = f"autoload -Uz compinit; compinit -u -d {tmp_path}/dump; source {tmp_path}/script; print $_comps[seedspec]"
    done = subprocess.run(["zsh", "-fc", asked], capture_output=True, text=True, check=True)
    assert done.stdout == "_seedspec_completion\n"


def command(folder: Path) -> None:
    (folder / "seedspec").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m seedspec "$@"\n')
    (folder / "seedspec").chmod(0o755)


def test_bash_completes(seedspec: Run, tmp_path: Path) -> None:
    """By the protocol of bash's manual: COMP_WORDS and COMP_CWORD go in, COMPREPLY comes out."""
    if shutil.which("bash") is None:
        pytest.skip("no bash here")
    command(tmp_path)
    (tmp_path / "script").write_text(seedspec("completion", "bash").out)

    def complete(*words: str) -> list[str]:
        line = " ".join(f"'{w}'" for w in words)
        asked = f"source {tmp_path}/script; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}\n"
        asked += '_seedspec_completion seedspec; printf "%s\\n" "${COMPREPLY[@]}"'
        path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(["bash", "--norc", "-c", asked], env={**os.environ, "PATH": path}, capture_output=True)
        return done.stdout.decode().split()

    assert complete("seedspec", "com") == ["compile", "completion"]
    assert complete("seedspec", "plan", "--sel") == ["--select"]
    assert complete("seedspec", "init", "--template", "") == ["minimal", "storyboard", "ab-ads"]
    assert set(complete("seedspec", "")) == set(COMMANDS)
    with hold(tmp_path / "x.lock"):  # completing opens and holds nothing
        assert complete("seedspec", "run", "--emu") == ["--emulator", "--emulator-seconds"]
