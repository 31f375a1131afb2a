"""The bars of starting: what the command line costs before it does anything, and a check of an example."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from frame import Bar, Growth
from process import ROOT, python, seedspec, spent

NEEDED = "import click, yaml, jinja2.sandbox, jsonschema_rs, orjson"
"""What a check of the fruit-tea example cannot do without."""

LOOKING = f"{NEEDED}, av, PIL.Image, tinytag"
"""What the first one cannot do without: its media are looked into, and their facts kept for those after it."""


def example(folder: Path) -> Path:
    """A copy of the example whose media nobody has looked into: what is kept in the checkout says nothing here."""
    at = folder / "fruit-tea"
    if not at.exists():
        shutil.copytree(ROOT / "examples" / "fruit-tea", at, ignore=shutil.ignore_patterns(".seedspec"))
    return at / "storyboard.yaml"


def bars(folder: Path, tiny: bool) -> Iterator[Bar | Growth]:
    times = 3 if tiny else 10

    def middle(once: Callable[[], float]) -> float:
        """Of several starts the median: one alone takes no longer than a tick or two."""
        return sorted(once() for _ in range(times))[times // 2]

    def cpu(*command: str | Path) -> float:
        return middle(lambda: spent(command, folder).cpu)

    def bare() -> float:
        return cpu(*python("-c", "pass"))

    for option in ("--help", "--version"):
        yield Bar(
            f"{option}, over bare Python",
            "importing click alone",
            lambda o=option: cpu(*seedspec(o)) - bare(),
            lambda: cpu(*python("-c", "import click")) - bare(),
            2.0,
            1.5,
        )

    def check() -> float:
        return spent(seedspec("check", example(folder)), folder).cpu

    def first() -> float:
        shutil.rmtree(example(folder).parent / ".seedspec", ignore_errors=True)
        return check()

    yield Bar(
        "check of examples/fruit-tea, whole process",
        "importing what it needs",
        lambda: middle(check),
        lambda: cpu(*python("-c", NEEDED)),
        1.6,
        1.3,
        ready=check,
    )
    yield Bar(
        "the first check of it, its media looked into",
        "importing what that needs",
        lambda: middle(first),
        lambda: cpu(*python("-c", LOOKING)),
        1.6,
        1.3,
        ready=first,
    )
