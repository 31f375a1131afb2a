"""The guide of providers is followed to the letter in an empty folder: from a vendor's page to a saved video."""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from pathlib import Path

import pytest
from terminal import at_terminal

pytestmark = pytest.mark.slow
PAGE = Path(__file__).parents[2] / "docs" / "providers.md"
SECTION = PAGE.read_text(encoding="utf-8").split("## Add a provider")[1].split("\n## ")[0]


def test_the_guide_is_followed_to_the_letter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each block of JSON or YAML goes into the file that is named before it; the commands run in one shell."""
    script, steps = "", SECTION
    project = tmp_path / "project"
    project.mkdir()
    for found in re.finditer(r"^ *```(json|yaml|sh)\n(.*?)^ *```", steps, re.DOTALL | re.MULTILINE):
        body = textwrap.dedent(found[2])
        if found[1] == "sh":
            script += body
            continue
        name = re.findall(r"`([\w/.-]+\.(?:json|yaml))`", steps[: found.start()])[-1]
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(body, encoding="utf-8")
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    for name in ("CI", "GITHUB_ACTIONS", "SEEDSPEC_TRUST", "LUMEN_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    bash = shutil.which("bash")
    assert bash is not None
    code, said = at_terminal(project, "y", bash, "-e", "-o", "pipefail", "-c", script)
    assert code == 0, said
    for part in (
        "3 files of `lumen`: no problems found",
        "goes to",
        "POST https://api.lumen.example.com/v2/renders",
        "this is bought",
        "the run stops",
        "the task is completed",
        "job.price.cents",
        "$0.30",
        "1 saved",
        "renders.emulator/hill_take1.mp4",
    ):
        assert part in said, (part, said)
    sent = said.partition("Authorization: Bearer ***\r\n")[2].partition("\n}")[0]
    assert '"text": "A hill at dawn."' in sent and '"seconds": 5' in sent and '"size": "720p"' in sent
    assert (project / "renders.emulator" / "hill_take1.mp4").stat().st_size > 1000
