"""A folder of a provider, made from the one that ships: what tests of users' files start from."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from strangers import environ_of

from seedspec.cli.main import start
from seedspec.project import sources

SHIPPED = "seedance-2.0-text-to-video"
Change = Callable[[Any], object]
Say = Callable[..., tuple[int, str]]
BOARD = """\
seedspec: 1
model: {model}
defaults: {{duration: 4, quality: 480p}}
shots:
  - {{id: one, prompt: "a cup of tea on a table"}}
"""


def provider(name: str = "acme") -> Any:
    """The shipped provider under another name, with its own hosts and variables."""
    made, begin = copy.deepcopy(sources.schemas()["evolink/provider.json"]), name.upper().replace("-", "_")
    made["id"], made["title"] = name, f"{name.title()} Video"
    for place, origin in made["origins"].items():
        origin["url"] = f"https://{place}.{name}.example.com"
        origin["variable"] = f"{begin}_{'BASE' if place == 'api' else 'FILES'}_URL"
    set_key(made, f"{begin}_API_KEY")
    return made


def set_key(document: Any, variable: str) -> None:
    """Another variable for the provider's key."""
    document["auth"]["variable"] = variable


def model(name: str = "acme-1.0", of: str = "acme") -> Any:
    """A shipped model under another name and provider."""
    made = copy.deepcopy(sources.schemas()[f"evolink/{SHIPPED}.json"])
    made["x-seedspec"] |= {"provider": of, "model": name}
    made["properties"]["model"]["const"] = name
    return made


def prices(of: str = "acme", rate: str | None = None, *models: str) -> Any:
    """The prices of a shipped model for each of these; at another rate where one is given."""
    made = copy.deepcopy(sources.schemas()["evolink/prices.json"])
    (*_, row) = made["models"][SHIPPED]
    for part in row["parts"] if rate is not None else ():
        part["rate"] = rate
    made["provider"], made["models"] = of, {name: [copy.deepcopy(row)] for name in models or ("acme-1.0",)}
    return made


def nothing(_: Any) -> None:
    """A change that is none."""


def put(top: Path, name: str = "acme", change: Change = nothing) -> Path:
    """A whole folder `name` with a provider file that was changed, a model and its prices. Gives the provider file."""
    made = provider(name)
    change(made)
    folder = top / name
    write(folder / f"{name}-1.0.json", model(f"{name}-1.0", name))
    write(folder / "prices.json", prices(name, None, f"{name}-1.0"))
    return write(folder / "provider.json", made)


def write(path: Path, document: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1))
    return path


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a storyboard for a provider that it brings; the command line is used in it."""
    for name in [n for n in os.environ if n.startswith(("EVOLINK", "ARK", "FAL", "SEEDSPEC", "ACME", "GITHUB", "CI"))]:
        monkeypatch.delenv(name)
    for name, value in environ_of(tmp_path, {}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home" / "config"))
    folder = tmp_path / "clone"
    folder.mkdir()
    (folder / "storyboard.yaml").write_text(BOARD.format(model="acme-1.0"))
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def say(clone: Path, capfd: pytest.CaptureFixture[str]) -> Say:
    """The command line in the clone: its exit code, and all that it says, in which no control character is."""

    def run(*words: str) -> tuple[int, str]:
        capfd.readouterr()
        code = start(words)
        out, err = capfd.readouterr()
        assert "\x1b" not in out + err and "Traceback" not in err and code != 70, (words, code, out + err)
        return code, out + err

    return run
