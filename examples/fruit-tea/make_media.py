"""Draws and composes the reference media of this example: a bottle, a walk seen in first person, a short theme.

    python examples/fruit-tea/make_media.py

Everything is made here from shapes and tones; nothing is anybody's. Needs `pip install 'seedspec[media]'`.
"""

from __future__ import annotations

import math
from array import array
from fractions import Fraction
from pathlib import Path

import av
from PIL import Image, ImageDraw, ImageFilter

HERE = Path(__file__).parent / "assets"
NOTES = {"C": 261.63, "D": 293.66, "E": 329.63, "G": 392.00, "A": 440.00, "c": 523.25}


def bottle(path: Path) -> None:
    """A bottle of fruit tea on warm paper, 768×1024."""
    size = (768, 1024)
    picture = Image.new("RGB", size)
    pen = ImageDraw.Draw(picture)
    for y in range(size[1]):
        t = y / size[1]
        pen.line([(0, y), (size[0], y)], fill=(int(250 - 30 * t), int(232 - 60 * t), int(205 - 70 * t)))
    shadow = Image.new("RGBA", size)
    ImageDraw.Draw(shadow).ellipse((190, 880, 640, 960), fill=(90, 50, 20, 110))
    picture.paste(shadow.filter(ImageFilter.GaussianBlur(18)), (0, 0), shadow.filter(ImageFilter.GaussianBlur(18)))
    pen.rounded_rectangle((324, 90, 444, 170), 18, fill=(46, 94, 62))
    pen.rounded_rectangle((338, 160, 430, 300), 26, fill=(226, 140, 60))
    pen.rounded_rectangle((252, 270, 516, 920), 84, fill=(228, 122, 44))
    pen.rounded_rectangle((276, 300, 320, 880), 22, fill=(246, 176, 104))
    for x, y, r in ((330, 800, 44), (430, 760, 52), (390, 850, 38), (450, 860, 30)):
        pen.ellipse((x - r, y - r, x + r, y + r), fill=(250, 196, 70))
        pen.ellipse((x - r * 0.8, y - r * 0.8, x + r * 0.8, y + r * 0.8), fill=(255, 222, 120))
        for k in range(8):
            a = k * math.pi / 4
            pen.line([(x, y), (x + r * 0.78 * math.cos(a), y + r * 0.78 * math.sin(a))], fill=(250, 196, 70), width=4)
    pen.rounded_rectangle((268, 470, 500, 650), 20, fill=(255, 247, 230))
    pen.polygon([(384, 490), (420, 540), (384, 580), (348, 540)], fill=(60, 130, 76))
    pen.rectangle((318, 600, 450, 612), fill=(228, 122, 44))
    pen.rectangle((340, 622, 428, 630), fill=(46, 94, 62))
    picture.save(path, optimize=True)


def walk(path: Path, seconds: int = 3, width: int = 864, height: int = 496, rate: int = 24) -> None:
    """Three seconds of walking down an orchard path, the camera at eye height."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as box:
        stream = box.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": "34", "preset": "slow"}
        for n in range(seconds * rate):
            frame = av.VideoFrame.from_image(_orchard(n / rate, width, height))
            frame.pts, frame.time_base = n, Fraction(1, rate)
            box.mux(stream.encode(frame))
        box.mux(stream.encode(None))


def _orchard(t: float, width: int, height: int) -> Image.Image:
    bob = 6 * math.sin(t * 2 * math.pi * 1.8)
    horizon = height * 0.42 + bob
    picture = Image.new("RGB", (width, height), (156, 206, 236))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, horizon, width, height), fill=(110, 168, 82))
    middle = width / 2 + 8 * math.sin(t * 2 * math.pi * 0.9)
    pen.polygon([(middle - 12, horizon), (middle + 12, horizon), (width * 0.86, height), (width * 0.14, height)],
                fill=(214, 184, 138))  # fmt: skip
    for k in range(14, -1, -1):
        z = k * 1.2 + 1.2 - (t * 1.3) % 1.2
        if z < 0.35:
            continue
        scale = 1 / z
        for side in (-1, 1):
            x, y, r = middle + side * width * 0.42 * scale, horizon + height * 0.30 * scale, height * 0.34 * scale
            pen.rectangle((x - r * 0.10, y - r * 1.1, x + r * 0.10, y), fill=(112, 78, 48))
            pen.ellipse((x - r * 0.8, y - r * 2.2, x + r * 0.8, y - r * 0.8), fill=(62, 132, 62))
            for j in range(5):
                a = j * 1.26 + k
                fx, fy, fr = x + r * 0.5 * math.cos(a), y - r * 1.5 + r * 0.4 * math.sin(a), max(1.5, r * 0.10)
                pen.ellipse((fx - fr, fy - fr, fx + fr, fy + fr), fill=(232, 96, 52))
    return picture


def theme(path: Path, seconds: int = 8, rate: int = 24000) -> None:
    """Eight seconds of a plucked pentatonic tune, MP3."""
    tune = "CEGAGEDCEGAcAGED"
    step = seconds * rate // len(tune)
    sound = array("h", bytes(2 * seconds * rate))
    for i, note in enumerate(tune):
        for n in range(min(step * 2, seconds * rate - i * step)):
            at = n / rate
            tone = math.sin(2 * math.pi * NOTES[note] * at) + 0.4 * math.sin(4 * math.pi * NOTES[note] * at)
            sound[i * step + n] = max(-32000, min(32000, int(sound[i * step + n] + 9000 * math.exp(-4 * at) * tone)))
    with av.open(str(path), "w") as box:
        stream = box.add_stream("libmp3lame", rate=rate, layout="mono", bit_rate=48_000)
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(sound))
        frame.planes[0].update(sound.tobytes())
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        fifo = av.AudioFifo()
        fifo.write(frame)
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=rate)
        while (chunk := fifo.read(1152, partial=True)) is not None:
            for piece in resampler.resample(chunk):
                box.mux(stream.encode(piece))
        box.mux(stream.encode(None))


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    bottle(HERE / "bottle.png")
    walk(HERE / "walk.mp4")
    theme(HERE / "theme.mp3")
