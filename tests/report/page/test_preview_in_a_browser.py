"""The preview in Debian's Chromium, from a file: it reads well everywhere, prints, runs nothing and asks nobody."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tools import found as tool

from seedspec.cli.main import seedspec

pytestmark = pytest.mark.browser
HERE = Path(__file__).parent
IMAGE = HERE.parents[2] / "examples" / "fruit-tea" / "assets" / "bottle.png"
BOARD = """\
seedspec: 1
name: odd
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p, takes: 2}
references: {bottle: {image: "<b>bottle&.png"}, far: {image: "https://cdn.example.com/kite.png"}}
matrix:
  axes:
    look: {mist: {words: "thin mist"}, sun: {words: "hard light", duration: 6}}
    line: {zh: {says: "夏天是什么味道?"}, ar: {says: "ما طعم الصيف؟"}, en: {says: "What is summer?"}}
shots:
  - id: open
    prompt: |
      {{ ref('bottle') }} on a table before {{ ref('far') }}, {{ look.words }}. A voice says slowly: {{ line.says }}
      </p></style><script>window.pwned = 1</script><img src=x onerror="window.pwned = 1">
  - {id: arabic, matrix: {only: []}, takes: 1, prompt: "زجاجة على طاولة بجانب {{ ref('bottle') }} في ضوء ناعم."}
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, modules: Path) -> Any:
    folder = tmp_path_factory.mktemp("preview")
    shutil.copyfile(IMAGE, folder / "<b>bottle&.png")
    board, page = folder / "storyboard.yaml", folder / "page.html"
    board.write_text(BOARD, encoding="utf-8")
    done = CliRunner().invoke(seedspec, ["compile", str(board), "--preview", str(page)])
    assert done.exit_code == 0, (done.output, done.exception)
    chromium = tool("chromium", "chromium-browser", "google-chrome")
    asked = {"page": page.as_uri(), "modules": str(modules), "chromium": chromium}
    run = subprocess.run(
        [tool("node"), str(HERE / "preview.mjs")], input=json.dumps(asked), capture_output=True, text=True, timeout=180
    )
    assert run.returncode == 0, run.stderr[-4000:]
    return json.loads(run.stdout)


def test_every_width_and_theme_is_readable(seen: Any) -> None:
    assert len(seen["looks"]) == 2
    for name, look in seen["looks"].items():
        assert (look["axe"], look["pictures"]) == ([], 7) and look["wide"] <= 0, (name, look)


def test_what_is_hostile_is_text_and_nothing_is_fetched(seen: Any) -> None:
    assert (seen["title"], seen["pwned"], seen["outside"]) == ("odd · preview", False, [])
    assert len(seen["prompts"]) == 7 and "<script>window.pwned = 1</script>" in seen["prompts"][0]
    assert "夏天是什么味道?" in seen["marks"] and "thin mist" in seen["marks"]
    assert seen["directions"] == ["ltr"] * 6 + ["rtl"]


def test_it_prints_in_light_colours_with_whole_rows(seen: Any) -> None:
    assert seen["paper"] == {"row": "avoid", "jumps": "none", "scheme": "light"} and seen["pages"] >= 2
