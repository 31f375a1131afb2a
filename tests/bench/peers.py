"""Other tools on the same work, in throw-away places: installed only when `--peers` asks for it, else skipped.

ninja and snakemake are handed so many targets that are all done; promptfoo and dvc expand the shots and axes of the
product's storyboard. They run with a home of their own, and with all off that would ask the network.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from boards import axes, prompt
from frame import Missing
from process import Spent, spent

WANTED = False
"""Whether peers may be installed; set by the benchmark's `--peers`."""

NODE = (22, 22)
"""The oldest Node that promptfoo runs on."""

NEWER = "24"
"""The Node that is installed where the machine's is older, or has none; npm itself has to be there."""

_LONGEST = 900


@dataclass(frozen=True, slots=True)
class Tool:
    """A peer ready to run: the beginning of its command, what it says its version is, and its environment."""

    command: Sequence[str | Path]
    version: str
    environment: Mapping[str, str]


@cache
def tool(name: str, folder: Path) -> Tool:
    """A peer, installed below the folder. Raises Missing when it cannot be had."""
    if not WANTED:
        raise Missing(f"{name} is installed and measured with --peers")
    place = folder / f"peer-{name}"
    try:
        return _promptfoo(place) if name == "promptfoo" else _from_python(name, place)
    except subprocess.CalledProcessError as error:
        last = (error.stderr or error.stdout or "").strip().rpartition("\n")[2]
        raise Missing(f"{name} is not to be had here: {last[:200] or error}") from None
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise Missing(f"{name} is not to be had here: {str(error)[:200]}") from None


def version(name: str, folder: Path) -> str:
    return tool(name, folder).version


def noop(name: str, folder: Path, many: int) -> float:
    """CPU seconds of a build of so many targets in which nothing is to be done."""
    peer, place = tool(name, folder), folder / f"{name}-{many}"
    command = [*peer.command] if name == "ninja" else [*peer.command, "--cores", "1", "--quiet"]
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
        spent(command, place, environment=peer.environment)
    return spent(command, place, environment=peer.environment).cpu


def planned(name: str, folder: Path, shots: int, variants: int) -> float:
    """CPU seconds of expanding the same matrix, all of it new; nothing is carried out."""
    peer, place = tool(name, folder), folder / f"{name}-{shots}-{variants}"
    if not place.exists():
        place.mkdir()
        (_stages if name == "dvc" else _prompts)(place, shots, variants, peer)
    if name == "dvc":
        return spent([*peer.command, "repro", "--dry", "--quiet"], place, environment=peer.environment).cpu
    return _evaluated(peer, place).cpu


def _evaluated(promptfoo: Tool, place: Path, *more: str) -> Spent:
    quiet = ["--no-cache", "--no-write", "--no-table", "--no-progress-bar", "--no-share"]
    return spent([*promptfoo.command, "eval", *quiet, *more], place, environment=promptfoo.environment)


def _stages(place: Path, shots: int, variants: int, dvc: Tool) -> None:
    """A stage for each shot, a matrix of the axes in it; the prompt is in its command."""
    matrix = {name: [{"text": text} for text in values.values()] for name, values in axes(variants).items()}
    slot = {name: f"${{item.{name}.text}}" for name in matrix}
    stages = {
        f"shot-{i:05d}": {"matrix": matrix, "cmd": f"echo '{prompt(i, slot)}' > {i}-${{key}}.txt",
                          "outs": [f"{i}-${{key}}.txt"]}
        for i in range(shots)
    }  # fmt: skip
    (place / "dvc.yaml").write_text(json.dumps({"stages": stages}), encoding="utf-8")
    spent([*dvc.command, "init", "--no-scm", "--quiet"], place, environment=dvc.environment)
    for option in ("analytics", "check_update"):
        spent([*dvc.command, "config", f"core.{option}", "false"], place, environment=dvc.environment)


def _prompts(place: Path, shots: int, variants: int, promptfoo: Tool) -> None:
    """A prompt for each shot, and a test whose lists of values multiply; asked once whether it makes all of them."""
    values = {name: list(values.values()) for name, values in axes(variants).items()}
    slot = {name: f"{{{{ {name} | lower }}}}" if name == "mood" else f"{{{{ {name} }}}}" for name in values}
    board = {"prompts": [prompt(i, slot) for i in range(shots)], "providers": ["echo"], "tests": [{"vars": values}]}
    (place / "promptfooconfig.yaml").write_text(json.dumps(board), encoding="utf-8")
    _evaluated(promptfoo, place, "--output", "found.json")
    made = len({one["prompt"]["raw"] for one in json.loads((place / "found.json").read_bytes())["results"]["results"]})
    if made != shots * variants:
        raise RuntimeError(f"promptfoo made {made} prompts of {shots * variants}")


def _from_python(name: str, place: Path) -> Tool:
    _quietly(sys.executable, "-m", "venv", place)
    _quietly(place / "bin" / "python", "-m", "pip", "install", "-q", name)
    environment = _at_home(place) | {
        "DVC_NO_ANALYTICS": "1",
        "DVC_SITE_CACHE_DIR": str(place / "home" / "site"),
        "DVC_GLOBAL_CONFIG_DIR": str(place / "home" / "global"),
        "DVC_SYSTEM_CONFIG_DIR": str(place / "home" / "system"),
    }
    said = _quietly(place / "bin" / name, "--version", environment=environment)
    return Tool([place / "bin" / name], f"{name} {said}", environment)


def _promptfoo(place: Path) -> Tool:
    """Without what is optional, 2 GB and more of providers, but for the binding of its database, and no scripts."""
    if shutil.which("npm") is None:
        raise Missing("promptfoo is installed by npm; there is none")
    node = _node(place)
    # Its logs in files are off as well: a busy machine's end of a process comes before theirs, and is then a failure.
    environment = _at_home(place) | {
        "PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}",
        "PROMPTFOO_CONFIG_DIR": str(place / "home" / "promptfoo"),
        **dict.fromkeys(("PROMPTFOO_DISABLE_TELEMETRY", "PROMPTFOO_DISABLE_UPDATE", "PROMPTFOO_DISABLE_SHARING",
                         "PROMPTFOO_DISABLE_REMOTE_GENERATION", "PROMPTFOO_DISABLE_DEBUG_LOG",
                         "PROMPTFOO_DISABLE_ERROR_LOG"), "1"),
    }  # fmt: skip
    _npm(place, node, "--omit=optional", "promptfoo")
    libsql = json.loads((place / "node_modules" / "libsql" / "package.json").read_bytes())["version"]
    form = "process.platform + '-' + process.arch + (process.platform == 'linux' ? '-gnu' : '')"
    _npm(place, node, "--omit=optional", f"@libsql/{_quietly(node, '-p', form)}@{libsql}")
    command = [node, place / "node_modules" / ".bin" / "promptfoo"]
    said = _quietly(*command, "--version", environment=environment)
    return Tool(command, f"promptfoo {said}, Node {_quietly(node, '--version')}", environment)


def _node(place: Path) -> Path:
    """A Node that is new enough: the machine's own, or one from the registry of packages."""
    if own := shutil.which("node"):
        found = tuple(int(n) for n in _quietly(own, "--version").lstrip("v").split(".")[:2])
        if found >= NODE:
            return Path(own)
    machine = os.uname()
    kind = {"x86_64": "x64", "aarch64": "arm64"}.get(machine.machine, machine.machine)
    name = f"node-{machine.sysname.lower()}-{kind}"
    _npm(place / "node", None, f"{name}@{NEWER}")
    return place / "node" / "node_modules" / name / "bin" / "node"


def _npm(place: Path, node: Path | None, *packages: str) -> None:
    """Installs packages below the place; what they would run when installed is not run."""
    place.mkdir(parents=True, exist_ok=True)
    path = os.environ["PATH"] if node is None else f"{node.parent}{os.pathsep}{os.environ['PATH']}"
    quiet = ["--no-fund", "--no-audit", "--no-update-notifier", "--ignore-scripts"]
    _quietly("npm", "install", "--prefix", place, *quiet, *packages, environment={**os.environ, "PATH": path})


def _at_home(place: Path) -> dict[str, str]:
    """An environment whose home is below the place, in which nothing of this checkout is found.

    Requests go to a proxy that is not there: promptfoo reports that its telemetry is off.
    """
    home = place / "home"
    home.mkdir(parents=True, exist_ok=True)
    own = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "XDG_", "DVC_", "PROMPTFOO_"))}
    own |= dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
    return {**own, "HOME": str(home), "NO_COLOR": "1", "CI": "1"}


def _quietly(*command: str | Path, environment: Mapping[str, str] | None = None) -> str:
    """What a command printed; CalledProcessError when it failed."""
    done = subprocess.run(
        [str(c) for c in command], check=True, capture_output=True, text=True, timeout=_LONGEST, env=environment
    )
    return done.stdout.strip()
