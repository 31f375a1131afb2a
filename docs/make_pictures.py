"""Makes the pictures of the README from a real run of the fruit tea example with the emulator.

python docs/make_pictures.py
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.text import Text

from seedspec import api
from seedspec.lock.purchase_events import Saved
from seedspec.report.diagnostics import as_text
from seedspec.report.live import Monitor
from seedspec.report.outcome import Outcomes
from seedspec.report.run import line

HERE = Path(__file__).parent
IMAGES = HERE / "images"
EXAMPLE = HERE.parent / "examples" / "fruit-tea"
COLUMNS = 104
LINES_ABOVE = 9
PACE = api.Pace(submit_every=0.0, poll=0.3, poll_most=0.6, wait=0.2)


@contextmanager
def project() -> Iterator[Path]:
    """A copy of the example in which nothing was bought."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder) / "fruit-tea"
        left_out = shutil.ignore_patterns("renders*", ".seedspec", "*.lock", "*.yaml.*", "plan.txt")
        shutil.copytree(EXAMPLE, work, ignore=left_out)
        before = Path.cwd()
        os.chdir(work)
        try:
            yield work
        finally:
            os.chdir(before)


def screen() -> Console:
    return Console(
        file=io.StringIO(), record=True, width=COLUMNS, height=40, force_terminal=True, color_system="truecolor"
    )


def save(console: Console, name: str, title: str) -> None:
    """The screen as an SVG file that fetches nothing: letters come from the reader's own fixed-width face."""
    console.print()  # else the last line's descenders are cut
    svg = console.export_svg(title=title, unique_id=name)
    svg = re.sub(r"@font-face \{[^}]*\}\s*", "", svg).replace(
        "Fira Code", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono"
    )
    (IMAGES / f"{name}.svg").write_text(svg.rstrip() + "\n", encoding="utf-8")


def prompt(console: Console, command: str) -> None:
    console.print(Text.assemble(("$ ", "green"), (command, "bold")))


def the_run(work: Path) -> None:
    """A run, with its live view as it stands while its second half is under way."""
    options = api.Options(emulated=True, pace=PACE)
    planned = api.plan("storyboard.yaml", options)
    board = planned.compiled.board
    assert board is not None
    with api.emulator("storyboard.yaml", seconds=4) as emulator:
        outcomes = Outcomes(planned.plan.steps, board.catalog.models)
        monitor = Monitor(
            outcomes, board.rate, budget=api.budget_of(board, options), slots=PACE.in_flight,
            emulated=True, clock=time.monotonic,
        )  # fmt: skip
        lines: list[str] = []
        saved, seen = 0, False
        for event in api.run("storyboard.yaml", options, emulator=emulator):
            outcomes.take(event)
            monitor.take(event)
            if (said := line(event)) is not None:
                lines.append(said)
            saved += isinstance(event, Saved)
            # the second half is under way, and the service has said how far it is
            if saved >= 8 and not seen and re.search(r"[1-9]\d %", shown(monitor)):
                seen = True
                console = screen()
                prompt(console, "seedspec run --emulator")
                console.print("  …", style="dim")
                for above in lines[-LINES_ABOVE:]:
                    style = "green" if above.startswith("  =") else ""
                    console.print(Text(above, style=style), overflow="ellipsis", no_wrap=True)
                console.print(monitor)
                save(console, "run", "seedspec run --emulator")


def shown(monitor: Monitor) -> str:
    console = Console(file=io.StringIO(), width=COLUMNS, height=40)
    console.print(monitor)
    return console.file.getvalue()  # type: ignore[attr-defined]


def mistaken(right: str) -> str:
    """The example with the two mistakes of the picture. AssertionError when it has changed too much for them."""
    wrong = right.replace("{{ look.words }}.\n      {% if", "{{ lok.words }}.\n      {% if", 1)
    wrong = wrong.replace("\n    duration: 4\n", "\n    duration: 3\n")
    assert wrong.count("lok.words") == 1 and wrong.count("duration: 3") == 1
    return wrong


def the_error(work: Path) -> None:
    """What `check` says about a name with a letter missing and a duration out of range."""
    board = work / "storyboard.yaml"
    right = board.read_text(encoding="utf-8")
    board.write_text(mistaken(right), encoding="utf-8")
    said = as_text(api.check("storyboard.yaml"), color=True)
    board.write_text(right, encoding="utf-8")
    console = screen()
    prompt(console, "seedspec check")
    console.print(Text.from_ansi(said.rstrip()))
    save(console, "error", "seedspec check")


def the_sheet(work: Path) -> None:
    """The contact sheet of the two shots that every variant has, as WebP: few bytes, and colours as they are."""
    target = work / "sheet.png"
    command = ["export", "sheet", "--emulator", "-s", "orchard", "-s", "pour", "--width", "1280", "-o", str(target)]
    subprocess.run([sys.executable, "-m", "seedspec", *command], check=True, capture_output=True)
    Image.open(target).convert("RGB").save(IMAGES / "sheet.webp", quality=90, method=6, use_sharp_yuv=True)


BROWSER = (
    *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"),
    *("--window-size=1280,800", "--virtual-time-budget=4000"),
)


def the_page(work: Path) -> None:
    """The review page as a browser draws it; needs Chromium, and leaves the picture as it is without one."""
    if shutil.which(BROWSER[0]) is None:
        sys.stdout.write("no chromium here: images/review.webp stays as it is\n")
        return
    page, target = work / "review.html", work / "page.png"
    command = ["review", "--emulator", "--x", "hook", "--y", "look", "-s", "orchard", "-s", "pour", "-o", str(page)]
    subprocess.run([sys.executable, "-m", "seedspec", *command], check=True, capture_output=True)
    browser = [*BROWSER, f"--user-data-dir={work / 'browser'}", f"--screenshot={target}", page.as_uri()]
    subprocess.run(browser, check=True, capture_output=True, timeout=120)
    Image.open(target).convert("RGB").save(IMAGES / "review.webp", quality=88, method=6)


PICTURES: tuple[Callable[[Path], None], ...] = (the_run, the_error, the_sheet, the_page)


def main() -> None:
    with project() as work:
        for picture in PICTURES:
            picture(work)
    for file in sorted(IMAGES.iterdir()):
        sys.stdout.write(f"{file.relative_to(HERE)}  {file.stat().st_size / 1000:.0f} kB\n")


if __name__ == "__main__":
    main()
