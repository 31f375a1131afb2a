"""The bars of starting: what the command line costs before it does anything, and a check of an example."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from frame import ROOT, Bar, Growth, python, seedspec, spent

NEEDED = "import click, yaml, jinja2.sandbox, jsonschema_rs, orjson, av, PIL.Image, tinytag"
"""What a check of the fruit-tea example cannot do without: its media are looked into."""


def bars(folder: Path, tiny: bool) -> Iterator[Bar | Growth]:
    times = 3 if tiny else 10

    def cpu(*command: str | Path) -> float:
        """Of several starts the median: one alone takes no longer than a tick or two."""
        found = sorted(spent(command, folder).cpu for _ in range(times))
        return found[times // 2]

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
    yield Bar(
        "check of examples/fruit-tea, whole process",
        "importing what it needs",
        lambda: cpu(*seedspec("check", ROOT / "examples" / "fruit-tea" / "storyboard.yaml")),
        lambda: cpu(*python("-c", NEEDED)),
        1.6,
        1.3,
    )
