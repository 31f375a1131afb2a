"""How the review page bears many takes, in a headless browser: the first picture, frames while it scrolls, weight.

python tests/bench/review_page.py MODULES [NUMBER ...]

MODULES is a folder in which npm has installed tests/report/page/package.json. Prints a line for each number of takes;
the aims are a p95 frame below 20 ms at 400, and a first picture within 1 s at 400 and 3 s at 2,000.
"""

from __future__ import annotations

import io
import json
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from seedspec.report.page import page, posters

HERE = Path(__file__).parent
SHAPES = ((480, 270), (270, 480))
"""As large as posters are; on a page of many takes they are half as wide."""


def poster(number: int, count: int) -> bytes:
    """A picture of its own for each take, as rich as a real one: noise of a few colours, blown up."""
    draw = random.Random(number)
    small = Image.frombytes("RGB", (16, 16), draw.randbytes(768))
    out = io.BytesIO()
    width, height = (side // (2 if count > posters.MANY else 1) for side in SHAPES[number % 2])
    small.resize((width, height), Image.Resampling.BICUBIC).save(out, "WEBP", quality=75)
    return out.getvalue()


def content(count: int) -> dict[str, Any]:
    looks, hooks = [f"look-{n}" for n in range(10)], [f"hook-{n}" for n in range(5)]
    takes = []
    for n in range(count):
        look, hook, number = looks[n % 10], hooks[n // 10 % 5], n // 50 + 1
        width, height = SHAPES[n % 2]
        takes.append({
            "address": f"open@look={look},hook={hook}/{number}", "shot": "open", "labels": {"look": look, "hook": hook},
            "take": number, "fp": f"{n:016x}", "state": "saved", "reason": "", "prompt": 0, "fields": {}, "media": [],
            "picked": False, "credits": 25.0, "usd": 0.37, "estimated": False, "seconds": 5.0, "width": width,
            "height": height, "bytes": 1_000_000, "fps": 24, "audio": True, "video": "", "source": f"renders/{n}.mp4",
            "measures": {"black": n % 7 / 2, "loudness": -20.0 - n % 9},
        })  # fmt: skip
    axes = [{"name": "look", "labels": looks}, {"name": "hook", "labels": hooks}]
    return {
        "format": 1, "name": "many", "model": "m", "axes": axes, "texts": ["A hand pours tea."],
        "words": {"saved": "saved"}, "takes": takes,
        "x": None, "y": None, "media": "link", "emulator": False, "profile": "", "track": "many",
        "digest": "sha256:0", "modeline": "", "blind": False, "seed": 0, "stats": None, "units": {"black": "s"},
    }  # fmt: skip


def main() -> None:
    modules, *numbers = sys.argv[1:]
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder:
        for count in map(int, numbers or ("400", "2000")):
            file = Path(folder) / f"{count}.html"
            pictures = [page.data_url(poster(n, count)) for n in range(count)]
            file.write_text("".join(page.parts(content(count), pictures, [], "link")), encoding="utf-8")
            asked = {"page": file.as_uri(), "modules": modules, "chromium": chromium}
            done = subprocess.run(
                ["node", str(HERE / "review_page.mjs")], input=json.dumps(asked), capture_output=True, text=True,
                timeout=300, check=True,
            )  # fmt: skip
            found = json.loads(done.stdout)
            megabytes = file.stat().st_size / 1e6
            sys.stdout.write(
                f"{count:5,} takes, {megabytes:.1f} MB: first picture {found['first']:.0f} ms,"
                f" frame p50 {found['p50']:.1f} ms, p95 {found['p95']:.1f} ms, most {found['most']:.1f} ms"
                f" of {found['frames']} while scrolling"
                f" (CPU a frame {found['busy']['cpu']:.1f} ms, {found['busy']['task']:.1f} of it the page's thread),"
                f" {found['seen']} posters loaded, heap {found['heap']:.0f} MB,"
                f" the page's process {found['opened']:.0f} MB open, {found['scrolled']:.0f} MB scrolled;"
                f" of an empty page p50 {found['empty']['p50']:.1f} ms, p95 {found['empty']['p95']:.1f} ms\n"
            )


if __name__ == "__main__":
    main()
