"""What is written on an emulated take, and how it is laid out: values and arithmetic, no drawing."""

from __future__ import annotations

import colorsys
import hashlib
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from seedspec.media.facts import FPS

Colour = tuple[int, int, int]
Pictures = Literal["moving", "still", "black"]
_LONGEST_WORD = 40  # a longer one may be broken there
# Marks that must not begin a line of Chinese or Japanese text.
_CLOSING = frozenset("，。！？；：、）】」』》〉”’…·,.!?;:)]}%")
_CODE_LETTERS = "ACDEFGHJKLMNPQRTUVWXY34679"  # no two of them look alike


@dataclass(frozen=True, slots=True)
class Card:
    """One emulated take: what it shows, its size in pixels (both even), its whole seconds, and whether it sounds.

    It does not say which model was asked for: people compare models by takes whose model is not told.
    `fps` divides FPS: of a slower take every second or third picture is left out.
    """

    task: str
    prompt: str
    width: int
    height: int
    seconds: int
    quality: str
    ratio: str
    audio: bool
    fps: int = FPS
    pictures: Pictures = "moving"

    @property
    def parameters(self) -> str:
        sound = "audio on" if self.audio else "audio off"
        return f"{self.seconds} s · {self.quality} · {self.ratio} · {sound}"


@dataclass(frozen=True, slots=True)
class Shades:
    """The colours of one card: two grounds, and three inks that contrast with them."""

    ground: Colour
    panel: Colour
    accent: Colour
    ink: Colour
    quiet: Colour


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text, as words that stand at their own distance from its left edge, in pixels."""

    words: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Wrapped text: its size in pixels, its lines, and whether all of the text is in them."""

    size: int
    lines: tuple[Line, ...]
    whole: bool


def digest(task: str) -> bytes:
    return hashlib.sha256(task.encode()).digest()


def code(task: str) -> str:
    """Four letters or digits that tell takes apart at a glance."""
    return "".join(_CODE_LETTERS[byte % len(_CODE_LETTERS)] for byte in digest(task)[:4])


def tone(task: str) -> int:
    """The frequency of a take's sound, in Hz: one of twelve notes of a pentatonic scale, as whole numbers."""
    scale = (220, 247, 277, 330, 370, 440, 494, 554, 659, 740, 880, 988)
    return scale[digest(task)[4] % len(scale)]


def shades(task: str) -> Shades:
    """Dark grounds of one hue, an accent of a hue far from it, and two inks; all derived from the task's id.

    Every colour is given by its luminance, so that the contrast between them is the same for all hues.
    """
    bytes_ = digest(task)
    hue = int.from_bytes(bytes_[5:7], "big") / 65536
    across = hue + 0.36 + bytes_[7] / 256 * 0.28
    return Shades(
        ground=_colour(hue, 0.42, luminance=0.014),
        panel=_colour(hue, 0.44, luminance=0.030),
        accent=_colour(across, 0.70, luminance=0.50),
        ink=_colour(hue, 0.5, luminance=0.91),
        quiet=_colour(hue, 0.26, luminance=0.42),
    )


def _colour(hue: float, saturation: float, *, luminance: float) -> Colour:
    """The colour of a hue and a saturation that is as light as asked, by halving."""
    low, high = 0.0, 1.0
    for _ in range(16):
        middle = (low + high) / 2
        if relative_luminance(_mix(hue, middle, saturation)) < luminance:
            low = middle
        else:
            high = middle
    return _mix(hue, low, saturation)


def _mix(hue: float, light: float, saturation: float) -> Colour:
    red, green, blue = colorsys.hls_to_rgb(hue % 1.0, light, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)


def relative_luminance(colour: Colour) -> float:
    """How light a colour looks, from 0 to 1, by the formula of WCAG."""
    red, green, blue = (c / 3294.6 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def strip_height(height: int) -> int:
    """The rows at the foot of a clip that its clock takes: about a ninth, beginning at a multiple of 16."""
    return height - height * 8 // 9 // 16 * 16


def clock(frame: int) -> str:
    """The running time of a frame as `00:03.12`: minutes, seconds, hundredths."""
    hundredths = frame * 100 // FPS
    return f"{hundredths // 6000:02d}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}"


def words(text: str) -> list[tuple[str, bool]]:
    """The pieces of a text that a line may end after, each with whether a space follows it."""
    pieces: list[tuple[str, bool]] = []
    for word in text.split():
        start = len(pieces)
        current = ""
        for character in word:
            wide = unicodedata.east_asian_width(character) in "WF"
            if character in _CLOSING and (current or len(pieces) > start):
                if current:
                    current += character
                else:
                    pieces[-1] = (pieces[-1][0] + character, False)
            elif wide:
                if current:
                    pieces.append((current, False))
                    current = ""
                pieces.append((character, False))
            else:
                current += character
                if len(current) == _LONGEST_WORD:
                    pieces.append((current, False))
                    current = ""
        if current:
            pieces.append((current, False))
        pieces[-1] = (pieces[-1][0], True)
    return pieces


def wrap(
    pieces: Sequence[tuple[str, bool]], *, size: int, width: float, lines: int, measure: Callable[[str, int], float]
) -> Block:
    """Fill at most `lines` lines of `width` pixels; what does not fit is cut, and the cut shown by an ellipsis."""
    space = measure(" ", size)
    done: list[Line] = []
    current: list[tuple[float, str]] = []
    x = 0.0
    for piece, spaced in pieces:
        for part in _parts(piece, size=size, width=width, measure=measure):
            long = measure(part, size)
            if current and x + long > width:
                if len(done) + 1 == lines:
                    return Block(size, (*done, _cut(current, size=size, width=width, measure=measure)), whole=False)
                done.append(Line(tuple(current)))
                current, x = [], 0.0
            current.append((x, part))
            x += long
        x += space if spaced else 0.0
    if current:
        done.append(Line(tuple(current)))
    return Block(size, tuple(done), whole=True)


def _parts(word: str, *, size: int, width: float, measure: Callable[[str, int], float]) -> Iterator[str]:
    """A word, broken where it is longer than a line."""
    while len(word) > 1 and measure(word, size) > width:
        kept = max(1, int(len(word) * width / measure(word, size)))
        while kept > 1 and measure(word[:kept], size) > width:
            kept -= 1
        yield word[:kept]
        word = word[kept:]
    yield word


def _cut(line: list[tuple[float, str]], *, size: int, width: float, measure: Callable[[str, int], float]) -> Line:
    """The line with an ellipsis after as much of it as leaves room for one."""
    dots = measure("…", size)
    kept = list(line)
    while len(kept) > 1 and kept[-1][0] + measure(kept[-1][1], size) + dots > width:
        kept.pop()
    x, word = kept[-1]
    while len(word) > 1 and x + measure(word, size) + dots > width:
        word = word[:-1]
    kept[-1] = (x, word.rstrip("，。！？；：、,.!?;:") + "…")
    return Line(tuple(kept))


def fit(
    text: str,
    *,
    sizes: Sequence[int],
    width: float,
    height: float,
    leading: float,
    measure: Callable[[str, int], float],
) -> Block:
    """The text in the first of the sizes (largest first) that shows all of it, else in the last one, cut."""
    pieces = words(text)
    block = Block(sizes[-1], (), whole=False)
    for size in sizes:
        lines = max(1, int(height / (size * leading)))
        block = wrap(pieces, size=size, width=width, lines=lines, measure=measure)
        if block.whole:
            return block
    return block
