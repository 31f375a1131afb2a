"""Addresses and folders that only look right, and a hook whose files are no options."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from strangers import STARTER, Command

from seedspec.project.credentials import BadSettings, origins_of

PROVIDER = {
    "origins": {
        "api": {"variable": "BASE", "url": "https://api.example.com"},
        "files": {"variable": "FILES", "url": "https://files.example.com"},
    }
}
BAD = (
    "https://:pw@host", "https://user@host", "https://@host", "https://a b", "https://a\tb", "https://a\\b", "https://a,b",
    "https://a$b", "https://[::1", "https://", "https://.", "https://a..b", "https://[x]", "ftp://a", "https://a?b", "https://a#b",
)  # fmt: skip
GOOD = (
    "https://api.example.com", "https://api.example.com:8443", "https://api.example.com./", "https://bücher.example",
    "http://127.0.0.1:9", "http://[::1]:9", "http://localhost:9", "https://my_host",
)  # fmt: skip


@pytest.mark.parametrize("given", BAD)
def test_no_address_of_these(given: str) -> None:
    with pytest.raises(BadSettings, match="BASE"):
        origins_of(PROVIDER, {"BASE": given})


@pytest.mark.parametrize("given", GOOD)
def test_addresses(given: str) -> None:
    assert origins_of(PROVIDER, {"BASE": given}).api == given.rstrip("/")


@pytest.mark.parametrize("output", [".github/workflows", ".vscode", "~/x", "git~1", "$(touch x)", "a/.b"])
def test_a_folder_that_others_keep_is_refused_with_its_line(output: str, project: Path, command: Command) -> None:
    (project / "storyboard.yaml").write_text(STARTER.replace("shots:", f"output: '{output}'\nshots:"))
    done = command(project, "check")
    assert done.code == 3 and f"storyboard.yaml:5:9: error: found `{output}`; expected a folder" in done.all, done


def test_a_name_that_begins_with_a_dash_is_a_file(project: Path, command: Command) -> None:
    (hook,) = yaml.safe_load((Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (project / "-h.storyboard.yaml").write_text(STARTER)
    words = [*hook["entry"].split(), *hook["args"], "-h.storyboard.yaml", "storyboard.yaml"][1:]
    done = command(project, *words)
    assert done.code == 0 and "-h.storyboard.yaml:6:" in done.all, done
