"""The processes that are measured: how they are started, what they have used when they end, and on what machine."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
# Every process that is measured runs from byte code, as installed packages do: the limits' libraries have theirs, and a
# checkout that may not write its own would be compiled at each start.
_NOT_PASSED = ("SEEDSPEC_", "EVOLINK_", "PYTHONDONTWRITEBYTECODE")
ENVIRONMENT = {
    **{k: v for k, v in os.environ.items() if not k.startswith(_NOT_PASSED)},
    "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "EVOLINK_API_KEY": "sk-of-a-benchmark", "SEEDSPEC_CEILING": "1000000",
}  # fmt: skip
"""What the product and its limits are started with; a run wants a key, also when it has nothing to ask for, and a
storyboard of a million entries a higher ceiling than the tool has by itself."""

_LONGEST = 1800.0


@dataclass(frozen=True, slots=True)
class Spent:
    """What a finished process used, its own children included: seconds, and in megabytes the peak of the largest."""

    cpu: float
    wall: float
    peak: float
    said: Mapping[str, float]


def spent(
    command: Sequence[str | Path],
    cwd: Path,
    output: Path | None = None,
    *,
    accept: Iterable[int] = (0,),
    environment: Mapping[str, str] = ENVIRONMENT,
) -> Spent:
    """Runs a process to its end, for half an hour at most. Its standard output goes to `output`, or nowhere.

    `said` is the last line of its standard error where that is a JSON object: what the process measured of itself.
    RuntimeError when it ends with another code than those to accept.
    """
    begin = time.perf_counter()
    with open(output or os.devnull, "wb") as out, open(cwd / "stderr.txt", "w+b") as err:
        process = subprocess.Popen([str(c) for c in command], cwd=cwd, stdout=out, stderr=err, env=dict(environment))
        watch = threading.Timer(_LONGEST, process.kill)
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        watch.cancel()
        wall = time.perf_counter() - begin
        err.seek(0)
        told = err.read().decode(errors="replace").strip()
    if process.returncode not in accept:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {process.returncode}: {told[-800:]}")
    last = told.rpartition("\n")[2]
    said = json.loads(last) if last.startswith("{") else {}
    return Spent(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, said)


def python(*arguments: str | Path) -> list[str | Path]:
    """The command of a Python process with this interpreter."""
    return [sys.executable, *arguments]


def seedspec(*arguments: str | Path) -> list[str | Path]:
    """The command line under test."""
    return python("-m", "seedspec", *arguments)


def versions(names: Iterable[str]) -> str:
    found = []
    for name in names:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return ", ".join(found)


def machine() -> str:
    """The machine in a line: its processors, memory, system and Python."""
    model = platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            model = next((x.split(":")[1].strip() for x in file if x.startswith("model name")), model)
        gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (OSError, ValueError):
        gib = 0.0
    return f"{os.cpu_count()} × {model}, {gib:.0f} GiB, {platform.system()}, CPython {platform.python_version()}"
