"""Other tools on the same work, in throw-away places: installed only when `--peers` asks for it, else skipped.

ninja and snakemake are handed so many targets that are all done; promptfoo and dvc expand a matrix of so many.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from frame import Missing, spent

WANTED = False
"""Whether peers may be installed; set by the benchmark's `--peers`."""

PACKAGES = {"ninja": "ninja", "snakemake": "snakemake", "dvc": "dvc"}
_LONGEST = 900


@cache
def program(name: str, folder: Path) -> Path:
    """A peer's program, installed below the folder. Raises Missing when it cannot be had."""
    if not WANTED:
        raise Missing(f"{name} is installed and measured with --peers")
    place = folder / f"peer-{name}"
    try:
        if name == "promptfoo":
            _node()
            command: list[str | Path] = ["npm", "install", "--prefix", place, "--no-fund", "--no-audit", "promptfoo"]
            _quietly(*command)
            return place / "node_modules" / ".bin" / "promptfoo"
        _quietly(sys.executable, "-m", "venv", place)
        _quietly(place / "bin" / "python", "-m", "pip", "install", "-q", PACKAGES[name])
        return place / "bin" / name
    except (OSError, subprocess.SubprocessError) as error:
        raise Missing(f"{name} is not to be had here: {str(error)[:80]}") from None


def _node() -> None:
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise Missing("promptfoo needs Node 22.22 or newer; there is none")
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True, timeout=60).stdout.strip()
    if tuple(int(n) for n in said.lstrip("v").split(".")[:2]) < (22, 22):
        raise Missing(f"promptfoo needs Node 22.22 or newer; found {said}")


def _quietly(*command: str | Path) -> None:
    subprocess.run([str(c) for c in command], check=True, capture_output=True, timeout=_LONGEST)


def noop(name: str, folder: Path, many: int) -> float:
    """CPU seconds of a build of so many targets in which nothing is to be done."""
    place = folder / f"{name}-{many}"
    tool = program(name, folder)
    command: list[str | Path] = [tool] if name == "ninja" else [tool, "--cores", "1", "--quiet"]
    if not place.exists():
        place.mkdir()
        (place / "in.txt").write_text("x", encoding="utf-8")
        if name == "ninja":
            rows = "".join(f"build out/{i}: touch in.txt\n" for i in range(many))
            (place / "build.ninja").write_text(f"rule touch\n  command = touch $out\n{rows}", encoding="utf-8")
        else:
            (place / "Snakefile").write_text(
                f"rule all:\n    input: expand('out/{{i}}', i=range({many}))\n"
                "rule one:\n    input: 'in.txt'\n    output: 'out/{i}'\n    shell: 'touch {output}'\n",
                encoding="utf-8",
            )
            (place / "out").mkdir()
            for i in range(many):
                (place / "out" / str(i)).touch()
        spent(command, place)
    return spent(command, place).cpu


def planned(name: str, folder: Path, many: int) -> float:
    """CPU seconds of expanding a matrix of so many; nothing is carried out."""
    place = folder / f"{name}-{many}"
    tool = program(name, folder)
    if name == "dvc":
        if not place.exists():
            place.mkdir()
            axes = {"a": list(range(many // 10)), "b": list(range(10))}
            stage = {"matrix": axes, "cmd": "echo ${item.a} ${item.b} > ${item.a}-${item.b}.txt",
                     "outs": ["${item.a}-${item.b}.txt"]}  # fmt: skip
            (place / "dvc.yaml").write_text(json.dumps({"stages": {"s": stage}}), encoding="utf-8")
            spent([tool, "init", "--no-scm", "-q"], place)
        return spent([tool, "repro", "--dry", "-q"], place).cpu
    if not place.exists():
        place.mkdir()
        tests = [{"vars": {"a": f"a{i // 10}", "b": f"b{i % 10}"}} for i in range(many)]
        board = {"prompts": ["A film of {{a}} in {{b}}."], "providers": ["echo"], "tests": tests}
        (place / "promptfooconfig.yaml").write_text(json.dumps(board), encoding="utf-8")
    command = [tool, "eval", "--no-cache", "--no-write", "--no-table", "--no-progress-bar"]
    return spent(command, place, accept=(0, 100)).cpu
