"""Makes the pictures of the README from a real run of the fruit tea example.

python docs/make_pictures.py
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import av
from PIL import Image

HERE = Path(__file__).parent
EXAMPLE = HERE.parent / "examples" / "fruit-tea"


def frame(video: Path, seconds: float = 1.5) -> Image.Image:
    """The picture of a video at a time."""
    with av.open(str(video)) as box:
        for shown in box.decode(video=0):
            if shown.time is not None and shown.time >= seconds:
                return shown.to_image()
    raise ValueError(f"{video} is shorter than {seconds} s")


def sheet(videos: list[Path], width: int = 1280, across: int = 4, gap: int = 8) -> Image.Image:
    """A contact sheet: one frame of each video, in rows."""
    cell = (width - gap * (across + 1)) // across
    frames = [frame(v) for v in videos]
    thumbs = [f.resize((cell, round(cell * f.height / f.width)), Image.Resampling.LANCZOS) for f in frames]
    rows = [thumbs[i : i + across] for i in range(0, len(thumbs), across)]
    height = gap + sum(max(t.height for t in row) + gap for row in rows)
    page = Image.new("RGB", (width, height), (18, 18, 20))
    y = gap
    for row in rows:
        for i, thumb in enumerate(row):
            page.paste(thumb, (gap + i * (cell + gap), y))
        y += max(t.height for t in row) + gap
    return page


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder) / "fruit-tea"
        shutil.copytree(EXAMPLE, work, ignore=shutil.ignore_patterns("renders*", ".seedspec", "*.lock"))
        subprocess.run([sys.executable, "-m", "seedspec", "run", "--emulator"], cwd=work, check=True)
        wide = sorted(p for p in (work / "renders.emulator").glob("*.mp4") if "9x16" not in p.name)
        page = sheet([p for p in wide if p.name.startswith(("orchard", "pour"))])
        page.quantize(96).save(HERE / "images" / "fruit-tea.png", optimize=True)


if __name__ == "__main__":
    main()
