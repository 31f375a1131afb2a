"""What stands on an emulated take and where: colours, lines of text, and the places of everything that is drawn."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from PIL import Image, ImageChops

from seedspec.media.card import (
    Block,
    Card,
    clock,
    code,
    fit,
    relative_luminance,
    shades,
    strip_height,
    tone,
    words,
    wrap,
)
from seedspec.media.picture import Raster
from seedspec.media.picture.drawing import Tile, Type, draw_card, draw_gap, draw_strip, even, label, sheet

TYPE = Type(())
GIVEN = {
    "task": "task-1",
    "prompt": "Tea steams in a cup.",
    "seconds": 5,
    "quality": "720p",
    "ratio": "16:9",
    "audio": True,
}


def card(width: int, height: int, **more: object) -> Card:
    return Card(width=width, height=height, **{**GIVEN, **more})  # type: ignore[arg-type]


# --- values ----------------------------------------------------------------------------------------------------------


def test_a_take_has_a_code_a_tone_and_colours_of_its_own() -> None:
    assert [code(task) for task in ("task-1", "task-2", "é")] == ["WUJW", "UAGQ", "46J4"]
    assert [tone(task) for task in ("task-1", "task-2", "é", "x")] == [220, 370, 370, 330]
    found = shades("task-1")
    assert (found.ground, found.panel, found.accent) == ((40, 23, 58), (62, 35, 91), (55, 215, 38))
    assert (found.ink, found.quiet) == ((247, 243, 251), (184, 166, 203))
    assert len({tone(str(n)) for n in range(200)}) == 12 and {len(code(str(n))) for n in range(50)} == {4}


def test_a_colour_is_as_light_as_it_looks() -> None:
    assert relative_luminance((255, 255, 255)) == pytest.approx(1) and relative_luminance((0, 0, 0)) == 0
    assert relative_luminance((10, 10, 10)) == pytest.approx(10 / 3294.6, rel=1e-6)
    assert relative_luminance((11, 11, 11)) == pytest.approx(0.003347, rel=1e-3)
    assert [round(relative_luminance(c), 4) for c in ((255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 128))] == [
        0.2126, 0.7152, 0.0722, 0.0156,
    ]  # fmt: skip


def test_a_card_says_what_was_asked_for() -> None:
    assert card(640, 360).parameters == "5 s · 720p · 16:9 · audio on"
    assert card(640, 360, audio=False).parameters == "5 s · 720p · 16:9 · audio off"


def test_the_clock_begins_at_a_multiple_of_sixteen() -> None:
    assert [(h, strip_height(h)) for h in (180, 360, 480, 720, 1080, 144)] == [
        (180, 20), (360, 40), (480, 64), (720, 80), (1080, 120), (144, 16),
    ]  # fmt: skip
    assert [clock(n) for n in (0, 1, 12, 23, 24, 1439, 1440, 86_399, 86_400)] == [
        "00:00.00", "00:00.04", "00:00.50", "00:00.95", "00:01.00", "00:59.95", "01:00.00", "59:59.95", "60:00.00",
    ]  # fmt: skip


WORDS = {
    "a bc": [("a", True), ("bc", True)], "": [], "  ": [], "茶杯": [("茶", False), ("杯", True)],
    "茶，杯。": [("茶，", False), ("杯。", True)], "a茶b": [("a", False), ("茶", False), ("b", True)],
    "，a": [("，", False), ("a", True)],
    "茶 ，": [("茶", True), ("，", True)], "a, b": [("a,", True), ("b", True)], "茶))": [("茶))", True)],
    "x" * 40: [("x" * 40, True)], "x" * 41: [("x" * 40, False), ("x", True)], "x" * 40 + ",": [("x" * 40 + ",", True)],
}  # fmt: skip


@pytest.mark.parametrize("text", WORDS)
def test_a_line_may_end_after_each_piece(text: str) -> None:
    assert words(text) == WORDS[text]


def ten(text: str, size: int) -> float:
    """Letters of one width: ten times as wide as a line of that size needs for one."""
    return len(text) * size


def lines_of(block: Block) -> list[str]:
    return [" ".join(f"{x:g}:{word}" for x, word in line.words) for line in block.lines]


@pytest.mark.parametrize(
    ("text", "width", "most", "lines", "whole"),
    [
        ("a b c", 5, 3, ["0:a 2:b 4:c"], True), ("a b c", 4, 3, ["0:a 2:b", "0:c"], True),
        ("a b c", 1, 3, ["0:a", "0:b", "0:c"], True),
        ("a b c", 4, 1, ["0:a 2:b…"], False), ("aa bb", 4, 1, ["0:aa…"], False), ("aaa bb", 3, 1, ["0:aa…"], False),
        ("a, b", 2, 1, ["0:a…"], False), ("abcdef", 4, 2, ["0:abcd", "0:ef"], True),
        ("abcdef", 4, 1, ["0:abc…"], False),
        ("", 4, 1, [], True), ("a bb c", 3, 1, ["0:a…"], False), ("茶杯", 2, 1, ["0:茶 1:杯"], True),
        ("a", 0.5, 1, ["0:a"], True),
        ("abcd", 0.5, 9, ["0:a", "0:b", "0:c", "0:d"], True),
    ],
)  # fmt: skip
def test_text_is_wrapped(text: str, width: float, most: int, lines: list[str], whole: bool) -> None:
    found = wrap(words(text), size=1, width=width, lines=most, measure=ten)
    assert (lines_of(found), found.whole, found.size) == (lines, whole, 1)


def test_text_has_the_largest_size_in_which_all_of_it_fits() -> None:
    def fitted(text: str, height: float, width: float = 12) -> tuple[int, list[str], bool]:
        found = fit(text, sizes=[4, 3, 2], width=width, height=height, leading=1.5, measure=ten)
        return found.size, lines_of(found), found.whole

    assert fitted("abc", 6) == (4, ["0:abc"], True) and fitted("abcd", 6) == (3, ["0:abcd"], True)
    assert fitted("abcd", 12) == (4, ["0:abc", "0:d"], True) and fitted("abcd", 11.9) == (3, ["0:abcd"], True)
    assert fitted("abcdefghij", 3) == (2, ["0:abcde…"], False) and fitted("abc", 0, 99) == (4, ["0:abc"], True)


# --- drawing ---------------------------------------------------------------------------------------------------------

RGB = tuple[int, int, int]


def picture(raster: Raster) -> Image.Image:
    return Image.frombytes("RGB", (raster.width, raster.height), raster.rgb)


def box_of(image: Image.Image, colour: RGB | int) -> tuple[int, int, int, int] | None:
    """What is of exactly one colour: its left, upper, right and lower edge."""
    flat = Image.new(image.mode, image.size, colour)
    off = ImageChops.difference(image, flat).convert("RGB")
    red, green, blue = (part.point(lambda v: 255 if v else 0) for part in off.split())
    return ImageChops.invert(ImageChops.lighter(ImageChops.lighter(red, green), blue)).getbbox()


def near(found: tuple[int, int, int, int] | None, wanted: tuple[int, int, int, int], slack: int = 2) -> bool:
    """Whether letters stand where they should: their edges depend a little on who draws them."""
    return found is not None and all(abs(a - b) <= slack for a, b in zip(found, wanted, strict=True))


def rows_of(image: Image.Image, box: tuple[int, int, int, int], ground: RGB | int) -> list[tuple[int, int, int, int]]:
    """The lines of what is drawn on a ground inside of a box: each with its left, upper, right and lower edge."""
    part = image.crop(box)
    off = (
        ImageChops.difference(part, Image.new(part.mode, part.size, ground))
        .convert("L")
        .point(lambda v: 255 if v else 0)
    )
    found, begin = [], -1
    for y in range(off.height + 1):
        drawn = y < off.height and off.crop((0, y, off.width, y + 1)).getbbox() is not None
        if drawn and begin < 0:
            begin = y
        elif not drawn and begin >= 0:
            left, _, right, _ = off.crop((0, begin, off.width, y)).getbbox() or (0, 0, 0, 0)
            found.append((box[0] + left, box[1] + begin, box[0] + right, box[1] + y))
            begin = -1
    return found


Box = tuple[int, int, int, int]


def all_near(found: list[Box], wanted: list[Box]) -> bool:
    return len(found) == len(wanted) and all(map(near, found, wanted))


@pytest.mark.parametrize(
    ("size", "panel", "accent", "text", "word"),
    [
        ((640, 360), (454, 0, 640, 320), (454, 0, 457, 320),
         [(22, 26, 223, 41), (23, 69, 240, 91), (21, 288, 57, 297)], [(478, 132, 620, 167), (499, 178, 599, 187)]),
        ((360, 640), (0, 0, 360, 140), (0, 137, 360, 140),
         [(26, 168, 229, 186), (26, 216, 269, 240), (24, 525, 60, 534)], [(46, 29, 315, 92), (130, 109, 230, 118)]),
        ((480, 480), (0, 0, 480, 104), (0, 100, 480, 104),
         [(29, 136, 277, 156), (30, 193, 304, 221), (28, 377, 64, 386)], [(140, 18, 341, 66), (190, 80, 290, 89)]),
    ],
)  # fmt: skip
def test_a_card_has_a_panel_with_its_code_and_a_text_beside_or_below_it(
    size: tuple[int, int], panel: Box, accent: Box, text: list[Box], word: list[Box]
) -> None:
    given = card(*size)
    image, own = picture(draw_card(given, TYPE)), shades(given.task)
    assert image.size == (size[0], size[1] - strip_height(size[1]))
    wide = panel[0] > 0
    area = (0, 0, panel[0], image.height) if wide else (0, panel[3], size[0], image.height)
    low = own.ground if wide else own.accent
    corner, edge = (panel[2] - 2, 0, panel[2], 9), (0, panel[3] - 1, 1, panel[3])
    for box, colour in ((accent, own.accent), (corner, own.panel), (edge, low)):
        assert image.crop(box).getcolors() == [((box[2] - box[0]) * (box[3] - box[1]), colour)]
    assert image.getpixel((area[2] - 1, area[3] - 1)) == image.getpixel((0, area[1])) == own.ground
    rest = (accent[2], 0, size[0], image.height) if wide else (0, 0, size[0], accent[1])
    assert image.getpixel(rest[:2]) == own.panel
    head, rule, *others = rows_of(image, area, own.ground)
    assert all_near([head, *others], text) and all_near(rows_of(image, rest, own.panel), word)
    margin, long, thick = {640: (22, 38, 2), 360: (25, 43, 1), 480: (29, 50, 2)}[size[0]]
    assert rule[0] == margin and rule[2] - rule[0] == long + 1 and rule[3] - rule[1] == max(2, thick)
    assert image.crop(rule).getcolors() == [((rule[2] - rule[0]) * (rule[3] - rule[1]), own.quiet)]


def test_a_long_prompt_fills_its_place_and_ends_above_the_task() -> None:
    image, own = picture(draw_card(card(640, 360, prompt="Tea. " * 150), TYPE)), shades("task-1")
    found = rows_of(image, (0, 0, 454, 320), own.ground)
    lines = [(23, 68 + 20 * n, 403, 78 + 20 * n) for n in range(9)]
    assert all_near(found, [(22, 26, 223, 41), (22, 51, 61, 53), *lines, (23, 248, 409, 258), (21, 288, 57, 297)])


def test_letters_that_no_font_has_are_told_below() -> None:
    image, own = picture(draw_card(card(640, 360, prompt="茶 tea"), TYPE)), shades("task-1")
    assert near(rows_of(image, (0, 0, 454, 320), own.ground)[-1], (21, 287, 296, 297))
    assert [TYPE.lost(text) for text in ("tea cup", "茶 tea", "茶杯 茶")] == [0, 1, 3]


def strips(width: int, height: int, frames: int) -> Iterator[Image.Image]:
    return (Image.frombytes("L", (width, height), one) for one in draw_strip(width, height, frames=frames, type=TYPE))


def test_a_strip_shows_how_much_has_run() -> None:
    for number, image in enumerate(strips(640, 40, 48)):
        reached = round(640 * (number + 1) / 48)
        line = image.crop((0, 0, 640, 3))
        assert line.crop((0, 0, reached, 3)).getextrema() == (228, 228)
        assert reached == 640 or line.crop((reached, 0, 640, 3)).getextrema() == (48, 48)
        assert image.getpixel((0, 3)) == image.getpixel((639, 39)) == 26
        assert all_near(rows_of(image, (0, 3, 320, 40), 26), [(23, 15, 90, 28)])
        assert all_near(rows_of(image, (320, 3, 640, 40), 26), [(551, 15, 618, 28)])
    assert number == 47
    last = list(strips(360, 80, 24))[-1]
    assert last.crop((0, 0, 360, 5)).getextrema() == (228, 228) and last.getpixel((0, 5)) == 26
    assert all_near(rows_of(last, (0, 5, 180, 80), 26), [(27, 30, 167, 57)])
    assert all_near(rows_of(last, (180, 5, 360, 80), 26), [(195, 30, 335, 57)])


def test_a_strip_has_one_time_at_a_time() -> None:
    """The digits of a time are those of the same time drawn at once: nothing of an earlier one is left."""
    first, *_, last = strips(640, 40, 25)
    again = list(strips(640, 40, 25))
    digits = (0, 3, 320, 40)
    assert first.crop(digits).tobytes() != last.crop(digits).tobytes() == again[24].crop(digits).tobytes()
    places = [(23, 60), (60, 90)]
    seconds = [{image.crop((a, 3, b, 40)).tobytes() for image in again} for a, b in places]
    assert [len(one) for one in seconds] == [2, 24] or len(seconds[1]) > 20


def test_a_label_is_a_line_on_a_dark_ground() -> None:
    found = label("open@look=noir take 1", height=720, most=600, type=TYPE)
    image = Image.frombytes("L", (found.width, found.height), found.luma)
    assert abs(found.width - 288) <= 2 and found.height == 44 and image.getextrema() == (24, 235)
    assert all_near(rows_of(image, (0, 0, *image.size), 24), [(13, 10, 272, 34)])
    cut = label("open " * 60, height=360, most=300, type=TYPE)
    image = Image.frombytes("L", (cut.width, cut.height), cut.luma)
    assert abs(cut.width - 282) <= 4 and cut.height % 2 == 0 and len(rows_of(image, (0, 0, *image.size), 24)) == 1
    empty = label("", height=360, most=300, type=TYPE)
    assert (empty.width, empty.height) == (14, 24)
    assert [even(n) for n in (0, 1, 2, 2.1, 3)] == [0, 2, 2, 4, 4]


def test_a_card_of_what_is_lacking_has_a_frame_and_its_lines_in_the_middle() -> None:
    image = picture(draw_gap(["no take", "of shot open", "bought nowhere"], width=640, height=360, type=TYPE))
    assert box_of(image, (96, 96, 102)) == (12, 12, 628, 348) and image.getpixel((0, 0)) == (18, 18, 20)
    assert image.crop((12, 12, 15, 348)).getcolors() == [(3 * 336, (96, 96, 102))]
    assert image.getpixel((15, 15)) == (18, 18, 20) == image.getpixel((624, 344))
    lines = rows_of(image, (20, 20, 620, 340), (18, 18, 20))
    assert all_near(lines, [(39, 129, 119, 148), (38, 171, 129, 187), (38, 205, 158, 220)])
    assert near(box_of(image, (236, 236, 238)), (39, 129, 118, 148)) and near(
        box_of(image, (150, 150, 156)), (38, 172, 157, 219)
    )
    small = picture(draw_gap(["gone"], width=100, height=140, type=TYPE))
    assert small.size == (100, 140) and box_of(small, (96, 96, 102)) == (7, 7, 93, 133)
    assert all_near(rows_of(small, (9, 9, 91, 131), (18, 18, 20)), [(21, 62, 55, 73)])


def plain(width: int, height: int, colour: RGB) -> Raster:
    return Raster(width, height, bytes(colour) * width * height)


def test_a_sheet_has_its_pictures_in_rows_above_their_lines() -> None:
    red, green = (200, 0, 0), (0, 200, 0)
    tiles = [
        Tile(plain(64, 36, red), ("one", "first take")),
        Tile(None, ("two",)),
        Tile(plain(36, 64, green), ("three", "x", "y")),
    ]
    image = Image.open(io.BytesIO(sheet(tiles, across=2, width=600, type=TYPE)))
    image.load()
    assert (image.format, image.mode, image.size) == ("PNG", "RGB", (600, 630))
    assert box_of(image, red) == (8, 8, 296, 170) and box_of(image, green) == (71, 256, 233, 544)
    assert box_of(image, (30, 30, 33)) == (8, 8, 592, 544) and image.getpixel((0, 0)) == (18, 18, 20)
    left = [
        (8, 8, 296, 170),
        (9, 184, 36, 193),
        (9, 202, 72, 215),
        (8, 256, 296, 544),
        (9, 555, 46, 567),
        (7, 580, 16, 589),
    ]
    assert all_near(rows_of(image, (0, 0, 300, 630), (18, 18, 20)), [*left, (8, 602, 17, 614)])
    assert all_near(rows_of(image, (300, 0, 600, 630), (18, 18, 20)), [(304, 8, 592, 170), (305, 182, 333, 193)])
    assert near(box_of(image, (236, 236, 238)), (9, 182, 333, 567))
    assert near(box_of(image, (150, 150, 156)), (8, 202, 72, 614), slack=8)


def test_a_sheet_is_as_large_as_its_pictures_need() -> None:
    image = Image.open(io.BytesIO(sheet([Tile(plain(64, 36, (9, 9, 9)), ("w" * 80,))], across=1, width=900, type=TYPE)))
    assert image.size == (900, 542)
    assert near(rows_of(image.convert("RGB"), (0, 0, 900, 542), (18, 18, 20))[1], (9, 516, 810, 523))
    assert Image.open(io.BytesIO(sheet([], across=3, width=900, type=TYPE))).size == (900, 9)


def test_a_face_is_the_first_that_shows_a_word() -> None:
    assert TYPE.face("tea", 20).size == 20 and TYPE.face("茶", 24).size == 24
    assert TYPE.measure("tea", 20) == TYPE.measure("tea", 20) > TYPE.measure("te", 20) > 0
    assert TYPE.measure("tea", 40) > 1.8 * TYPE.measure("tea", 20)
