"""The still parts of emulated takes, labels, and contact sheets: what is drawn with letters."""

from __future__ import annotations

import io
import itertools
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from seedspec.media import card as cards
from seedspec.media.card import Block, Card, Colour
from seedspec.media.facts import MediaError
from seedspec.media.picture import Raster

# Where systems keep letters for Latin, Greek and Cyrillic beyond ASCII, and for Chinese and Japanese.
FONTS = (
    "DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "Arial Unicode.ttf", "segoeui.ttf",
    "Arial.ttf", "arial.ttf", "NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "NotoSansSC-Regular.otf",
    "SourceHanSansSC-Regular.otf", "wqy-microhei.ttc", "wqy-zenhei.ttc", "DroidSansFallbackFull.ttf",
    "DroidSansFallback.ttf", "PingFang.ttc", "Hiragino Sans GB.ttc", "STHeiti Medium.ttc", "msyh.ttc", "simhei.ttf",
    "simsun.ttc", "uming.ttc", "ukai.ttc",
)  # fmt: skip
FONT_FOLDERS = (
    "/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts", "/System/Library/Fonts",
    "/Library/Fonts", "~/Library/Fonts", "C:/Windows/Fonts",
)  # fmt: skip


class Type:
    """Letters in every size, from the built-in face and from the system's where that one lacks a letter."""

    def __init__(self, folders: Sequence[str | os.PathLike[str]] = FONT_FOLDERS) -> None:
        self._files = _find_fonts(folders)
        self._faces: dict[tuple[int, int], ImageFont.FreeTypeFont] = {}
        self._blank: dict[int, bytes] = {}
        self._shows: dict[tuple[int, str], bool] = {}
        self._chosen: dict[str, int] = {}
        self._widths: dict[tuple[str, int], float] = {}

    def measure(self, text: str, size: int) -> float:
        key = (text, size)
        if key not in self._widths:
            if len(self._widths) > 50_000:
                self._widths.clear()
            self._widths[key] = self.face(text, size).getlength(text)
        return self._widths[key]

    def face(self, word: str, size: int) -> ImageFont.FreeTypeFont:
        """The first face that shows all of a word; the one that shows most of it when none does."""
        if word not in self._chosen:
            if len(self._chosen) > 50_000:
                self._chosen.clear()
            letters = set(word) - {" "}
            counts = []
            for number in range(len(self._files) + 1):
                shown = sum(self._has(number, letter) for letter in letters)
                if shown == len(letters):
                    self._chosen[word] = number
                    break
                counts.append((-shown, number))
            else:
                self._chosen[word] = min(counts)[1]
        return self._face(self._chosen[word], size)

    def lost(self, text: str) -> int:
        """How many letters of a text no face shows."""
        faces = range(len(self._files) + 1)
        return sum(not any(self._has(number, c) for number in faces) for c in text if not c.isspace())

    def _has(self, number: int, letter: str) -> bool:
        key = (number, letter)
        if key not in self._shows:
            face = self._face(number, 24)
            if number not in self._blank:
                self._blank[number] = bytes(face.getmask("\U0010fffe"))
            self._shows[key] = bytes(face.getmask(letter)) != self._blank[number]
        return self._shows[key]

    def _face(self, number: int, size: int) -> ImageFont.FreeTypeFont:
        key = (number, size)
        if key not in self._faces:
            face = (
                ImageFont.load_default(size) if number == 0 else ImageFont.truetype(str(self._files[number - 1]), size)
            )
            if not isinstance(face, ImageFont.FreeTypeFont):
                raise MediaError("this Pillow was built without FreeType: it cannot draw letters")
            self._faces[key] = face
        return self._faces[key]


def _find_fonts(folders: Sequence[str | os.PathLike[str]]) -> list[Path]:
    """The font files of FONTS that are there, in that order."""
    there: dict[str, Path] = {}
    for folder in folders:
        for place, _, names in os.walk(os.path.expanduser(folder)):
            for name in names:
                if name in FONTS:
                    there.setdefault(name, Path(place, name))
    return [there[name] for name in FONTS if name in there]


def draw_card(card: Card, type: Type) -> Raster:
    """The upper part of a take, above its clock strip: parameters, prompt, task id, and a large code."""
    width, height = card.width, card.height - cards.strip_height(card.height)
    shades = cards.shades(card.task)
    image = Image.new("RGB", (width, height), shades.ground)
    pen = ImageDraw.Draw(image)
    unit = min(width, height) / 100
    margin = round(unit * 7)
    wide = width > height * 1.25
    if wide:
        panel = (width - round(width * 0.29), 0, width, height)
        text_left, text_top, text_right = margin, margin, panel[0] - margin
    else:
        panel = (0, 0, width, round(height * 0.25))
        text_left, text_top, text_right = margin, panel[3] + margin, width - margin
    pen.rectangle((panel[0], panel[1], panel[2] - 1, panel[3] - 1), fill=shades.panel)
    edge = max(3, round(unit * 0.9))
    if wide:
        pen.rectangle((panel[0], 0, panel[0] + edge - 1, height), fill=shades.accent)
    else:
        pen.rectangle((0, panel[3] - edge, width, panel[3] - 1), fill=shades.accent)
    _draw_code(pen, card, type, box=panel, unit=unit, inset=edge)

    head, tiny = max(17, round(unit * 5)), max(13, round(unit * 3))
    room = text_right - text_left
    y = text_top
    block = cards.fit(card.parameters, sizes=[head, head * 5 // 6, head * 2 // 3], width=room, height=head * 1.3,
                      leading=1.3, measure=type.measure)  # fmt: skip
    y = _draw_block(pen, block, type, x=text_left, y=y, leading=1.35, colour=shades.accent)
    y += round(unit * 2)
    pen.rectangle((text_left, y, text_left + round(unit * 12), y + max(2, round(unit * 0.4)) - 1), fill=shades.quiet)
    y += round(unit * 4)
    foot = height - margin - tiny
    sizes = sorted({max(15, round(unit * step / 4)) for step in range(30, 13, -2)}, reverse=True)
    block = cards.fit(card.prompt, sizes=sizes, width=room, height=foot - y - unit * 3, leading=1.36,
                      measure=type.measure)  # fmt: skip
    _draw_block(pen, block, type, x=text_left, y=y, leading=1.36, colour=shades.ink)
    lost = type.lost(card.prompt)
    foot_text = f"{card.task} · no font here has {lost} of the letters above" if lost else card.task
    id_line = cards.fit(foot_text, sizes=[tiny, tiny * 5 // 6, tiny * 3 // 4], width=room, height=tiny * 1.3,
                        leading=1.3, measure=type.measure)  # fmt: skip
    _draw_block(pen, id_line, type, x=text_left, y=foot, leading=1.3, colour=shades.quiet)
    return Raster(width, height, image.tobytes())


def _draw_code(
    pen: ImageDraw.ImageDraw, card: Card, type: Type, *, box: tuple[int, int, int, int], unit: float, inset: int
) -> None:
    """The take's code as large as its panel allows, in the middle, above the word that says what this video is."""
    shades = cards.shades(card.task)
    left, top, right, bottom = box
    text, label = cards.code(card.task), "EMULATED TAKE"
    room = (right - left) * 0.76
    size = round(unit * 34)
    size = max(20, int(min(size, size * room / type.measure(text, size), (bottom - top) * 0.62)))
    tag = max(13, round(unit * 2.9))
    middle = (left + inset + right) / 2 if right - left < bottom - top else (left + right) / 2
    centre = (top + bottom) / 2 - tag * 0.9
    pen.text((middle, centre), text, font=type.face(text, size), fill=shades.accent, anchor="mm",
             stroke_width=max(1, size // 60), stroke_fill=shades.accent)  # fmt: skip
    pen.text(
        (middle, centre + size * 0.5 + tag * 0.9), label, font=type.face(label, tag), fill=shades.quiet, anchor="mm"
    )


def _draw_block(
    pen: ImageDraw.ImageDraw, block: Block, type: Type, *, x: int, y: int, leading: float, colour: Colour | int
) -> int:
    """Draw lines downwards from y; return where the next line would begin."""
    step = round(block.size * leading)
    baseline = y + round(block.size * 0.92)
    for line in block.lines:
        for offset, word in line.words:
            pen.text((x + offset, baseline), word, font=type.face(word, block.size), fill=colour, anchor="ls")
        baseline += step
    return y + step * len(block.lines)


def draw_strip(width: int, height: int, *, frames: int, type: Type) -> Iterator[bytes]:
    """The luma rows of the clock strip, frame by frame: running time, whole time, and a line of progress.

    Nothing in it depends on a task, so that takes of one shape can share its motion.
    """
    ground, quiet, ink = 26, 96, 228
    line = max(3, height // 16)
    size = max(16, round(height * 0.46))
    margin = round(min(width, height * 8) * 0.07)
    base = Image.new("L", (width, height), ground)
    pen = ImageDraw.Draw(base)
    pen.rectangle((0, 0, width - 1, line - 1), fill=quiet // 2)
    whole = cards.clock(frames)
    middle = (height + line) / 2
    face = type.face(whole, size)
    pen.text((width - margin, middle), whole, font=face, fill=quiet, anchor="rm")
    digit = max(round(face.getlength(character)) for character in "0123456789")
    mark = round(digit * 0.45)
    cells: dict[str, Image.Image] = {}
    for character in "0123456789:.":
        cells[character] = Image.new("L", (digit if character.isdecimal() else mark, height - line), ground)
        centre = (cells[character].width / 2, middle - line)
        ImageDraw.Draw(cells[character]).text(centre, character, font=face, fill=ink, anchor="mm")
    places = list(itertools.accumulate((cells[character].width for character in whole), initial=margin))
    shown = base.copy()
    before = ""
    filled = 0
    for frame in range(frames):
        now = cards.clock(frame)
        for place, character in enumerate(now):
            if not before or before[place] != character:
                shown.paste(cells[character], (places[place], line))
        before = now
        reached = round(width * (frame + 1) / frames)
        shown.paste(ink, (filled, 0, reached, line))
        filled = reached
        yield shown.tobytes()


@dataclass(frozen=True, slots=True)
class Label:
    """Letters on a dark ground, as rows of luma alone; both sides are even."""

    width: int
    height: int
    luma: bytes


def label(text: str, *, height: int, most: int, type: Type) -> Label:
    """A line of text to be burnt into pictures `height` pixels high, cut where it would be wider than `most`."""
    size = max(14, height // 28)
    inset = size // 2
    margin = 2 * round(height / 40)
    block = cards.fit(text, sizes=[size, size * 4 // 5, size * 2 // 3], width=most - margin - 2 * inset,
                      height=size * 1.4, leading=1.4, measure=type.measure)  # fmt: skip
    wide = max((x + type.measure(word, block.size) for line in block.lines for x, word in line.words), default=0)
    image = Image.new("L", (even(wide + 2 * inset), even(size * 1.7)), 24)
    _draw_block(ImageDraw.Draw(image), block, type, x=inset, y=round(size * 0.25), leading=1.4, colour=235)
    return Label(image.width, image.height, image.tobytes())


def draw_gap(lines: Sequence[str], *, width: int, height: int, type: Type) -> Raster:
    """A card that stands where a video is lacking: the first line large, the others below it."""
    image = Image.new("RGB", (width, height), (18, 18, 20))
    pen = ImageDraw.Draw(image)
    size = max(14, min(width, height) // 14)
    margin = size
    edge = max(1, size // 8)
    pen.rectangle((margin // 2, margin // 2, width - margin // 2 - 1, height - margin // 2 - 1),
                  outline=(96, 96, 102), width=edge)  # fmt: skip
    blocks = [
        cards.fit(line, sizes=[big, big * 3 // 4, big // 2], width=width - 3 * margin, height=3 * big, leading=1.3,
                  measure=type.measure)
        for line, big in zip(lines, (size, *[size * 2 // 3] * len(lines)), strict=False)
    ]  # fmt: skip
    y = (height - sum(round(b.size * 1.3) * len(b.lines) + size // 2 for b in blocks)) // 2
    for number, block in enumerate(blocks):
        colour = (150, 150, 156) if number else (236, 236, 238)
        y = _draw_block(pen, block, type, x=3 * margin // 2, y=y, leading=1.3, colour=colour) + size // 2
    return Raster(width, height, image.tobytes())


def even(length: float) -> int:
    """The next even number of pixels."""
    return 2 * math.ceil(length / 2)


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture of a contact sheet, or None where there is none, above its lines of text."""

    raster: Raster | None
    lines: tuple[str, ...]


def sheet(tiles: Sequence[Tile], *, across: int, width: int, type: Type | None = None) -> bytes:
    """A contact sheet as a PNG file: tiles in rows, pictures as high as the highest of their row allows."""
    type = type or Type()
    gap = max(8, width // 100)
    cell = (width - gap * (across + 1)) // across
    size = _fitting(
        [line for t in tiles for line in t.lines], room=cell, largest=max(12, min(20, cell // 18)), type=type
    )
    rows = [tiles[i : i + across] for i in range(0, len(tiles), across)]
    heights = [max(_tile_height(tile, cell) for tile in row) for row in rows]
    text = round(size * 1.45 * max((len(t.lines) for t in tiles), default=0)) + gap
    page = Image.new("RGB", (width, gap + sum(h + text + gap for h in heights)), (18, 18, 20))
    pen = ImageDraw.Draw(page)
    y = gap
    for row, height in zip(rows, heights, strict=True):
        for i, tile in enumerate(row):
            _draw_tile(page, pen, tile, type, box=(gap + i * (cell + gap), y, cell, height), size=size)
        y += height + text + gap
    out = io.BytesIO()
    page.save(out, "PNG", optimize=True)
    return out.getvalue()


def _fitting(lines: Sequence[str], *, room: int, largest: int, type: Type) -> int:
    """One size for all lines: the largest in which each fits, but none that could not be read."""
    widest = max((type.measure(line, largest) for line in lines), default=0)
    return largest if widest <= room else max(10, int(largest * room / widest))


def _tile_height(tile: Tile, cell: int) -> int:
    if tile.raster is None:
        return round(cell * 9 / 16)
    return min(round(cell * tile.raster.height / tile.raster.width), cell)


def _draw_tile(
    page: Image.Image, pen: ImageDraw.ImageDraw, tile: Tile, type: Type, *, box: tuple[int, int, int, int], size: int
) -> None:
    x, y, cell, height = box
    pen.rectangle((x, y, x + cell - 1, y + height - 1), fill=(30, 30, 33))
    if tile.raster is not None:
        image = Image.frombytes("RGB", (tile.raster.width, tile.raster.height), tile.raster.rgb)
        scale = min(cell / image.width, height / image.height)
        fitted = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(fitted, Image.Resampling.LANCZOS)
        page.paste(image, (x + (cell - image.width) // 2, y + (height - image.height) // 2))
    top = y + height + size // 2
    for number, line in enumerate(tile.lines):
        colour = (150, 150, 156) if number else (236, 236, 238)
        block = cards.fit(line, sizes=[size, size * 5 // 6], width=cell, height=size * 1.4, leading=1.4,
                          measure=type.measure)  # fmt: skip
        top = _draw_block(pen, block, type, x=x, y=top, leading=1.4, colour=colour)
