"""Emulated takes: exact shape and length, sound or none, pictures that hold, and text that shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import pytest

from seedspec.media import card as cards
from seedspec.media.card import Card
from seedspec.media.facts import MediaError
from seedspec.media.movie import check_playable, look, poster
from seedspec.media.movie.takes import Studio
from seedspec.media.picture.drawing import Type, draw_card
from seedspec.media.reader import facts
from seedspec.media.signals import Heard

pytestmark = pytest.mark.slow

MODEL = json.loads(
    (Path(__file__).parents[2] / "schemas/evolink/seedance-2.0-reference-to-video.json").read_text("utf-8")
)
SHAPES = [
    (quality, ratio, width, height)
    for quality, table in MODEL["x-seedspec"]["output"]["pixels"].items()
    for ratio, (width, height) in table.items()
]
ALL = ((0.0, 4.0),)
Cards = Callable[..., Card]


def _planes(path: Path, number: int) -> list[list[bytes]]:
    """The rows of the three planes of one picture, without padding."""
    with av.open(str(path)) as container:
        for at, frame in enumerate(container.decode(video=0)):
            if at == number:
                widths = (frame.width, frame.width // 2, frame.width // 2)
                return [
                    [bytes(plane)[row * plane.line_size :][:width] for row in range(plane.height)]
                    for plane, width in zip(frame.planes, widths, strict=True)
                ]
    raise AssertionError(f"no picture {number}")


@pytest.mark.parametrize(("quality", "ratio", "width", "height"), SHAPES)
@pytest.mark.sampled(2)
def test_every_shape(
    tmp_path: Path, studio: Studio, card: Cards, quality: str, ratio: str, width: int, height: int
) -> None:
    for audio in (True, False):
        path = tmp_path / f"{audio}.mp4"
        studio.make(card(width=width, height=height, quality=quality, ratio=ratio, audio=audio), path)
        found = check_playable(path)
        assert (found.format, found.width, found.height, found.fps) == ("mp4", width, height, 24)
        assert (found.seconds, found.audio) == (4.0, audio)
        assert facts(path) == found
        signals = look(path, measured=True).signals
        assert signals is not None and not signals.black + signals.frozen + signals.cuts
        if audio:
            assert isinstance(signals.sound, Heard) and not signals.sound.silent and not signals.sound.clipped
            assert signals.sound.loudness == pytest.approx(-23, abs=1)  # what EBU R 128 asks of a programme
        with av.open(str(path)) as container:
            video = container.streams.video[0]
            assert (video.codec_context.name, video.pix_fmt, video.frames) == ("h264", "yuv420p", 96)
            assert [s.codec_context.name for s in container.streams.audio] == (["aac"] if audio else [])
            assert container.duration == 4_000_000
        content = path.read_bytes()
        assert content.index(b"moov") < content.index(b"mdat")


@pytest.mark.parametrize("seconds", [4, 5, 15])
def test_every_length_is_exact_in_pictures_and_sound(tmp_path: Path, studio: Studio, card: Cards, seconds: int) -> None:
    path = tmp_path / "a.mp4"
    studio.make(card(seconds=seconds), path)
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert float((video.duration or 0) * (video.time_base or 0)) == seconds
        assert float((audio.duration or 0) * (audio.time_base or 0)) == pytest.approx(seconds, abs=0.03)
        samples = sum(frame.samples for frame in container.decode(audio))
        assert samples == pytest.approx(48000 * seconds, abs=2048)
    assert check_playable(path).seconds == seconds


@pytest.mark.parametrize(
    ("width", "height", "seconds"), [(1470, 630, 4), (834, 1112, 4), (640, 640, 4), (864, 496, 11)]
)
def test_shared_motion_moves_light_alone_and_does_not_drift(
    tmp_path: Path, studio: Studio, card: Cards, width: int, height: int, seconds: int
) -> None:
    """Light changes all cards by the same, pixel by pixel, and the strip is bit for bit that of every other take."""
    first, second = tmp_path / "a.mp4", tmp_path / "b.mp4"
    shape = {"width": width, "height": height, "seconds": seconds}
    studio.make(card(task="task-unified-1-aaaaaa", prompt="A " * 200, **shape), first)
    studio.make(card(task="task-unified-1-bbbbbb", **shape), second)
    rows = height - cards.strip_height(height)
    for key, later in ((0, 2), (0, 95), *([(250, 263)] if seconds > 10 else [])):
        still, moved, base, other = (
            _planes(*at) for at in ((first, key), (first, later), (second, key), (second, later))
        )
        for number in range(3):
            edge = rows // 2 if number else rows
            assert _change(still[number][:edge], moved[number][:edge]) == _change(
                base[number][:edge], other[number][:edge]
            )
            assert moved[number][edge:] == other[number][edge:]
        assert any(_change(still[0][:rows], moved[0][:rows]))
        assert not any(_change(still[1], moved[1]))
        assert still[0][rows:] != moved[0][rows:]
        assert moved[0][:rows] != other[0][:rows]


def _change(before: list[bytes], after: list[bytes]) -> list[int]:
    return [now - then for then, now in zip(b"".join(before), b"".join(after), strict=True)]


@pytest.mark.parametrize("seconds", [4, 11])
def test_a_take_has_one_key_picture_in_250(tmp_path: Path, studio: Studio, card: Cards, seconds: int) -> None:
    studio.make(card(seconds=seconds), tmp_path / "a.mp4")
    with av.open(str(tmp_path / "a.mp4")) as container:
        keys = [packet.is_keyframe for packet in container.demux(video=0) if packet.size]
    assert [number for number, key in enumerate(keys) if key] == list(range(0, seconds * 24, 250))


@pytest.mark.parametrize("fps", [24, 12])
@pytest.mark.parametrize(("pictures", "black", "frozen"), [("moving", (), ()), ("still", (), ALL), ("black", ALL, ALL)])
def test_pictures_move_stand_still_or_are_black(
    tmp_path: Path, studio: Studio, card: Cards, pictures: str, black: object, frozen: object, fps: int
) -> None:
    studio.make(card(pictures=pictures, fps=fps), tmp_path / "a.mp4")
    found = look(tmp_path / "a.mp4", measured=True).signals
    assert found is not None and (found.black, found.frozen, found.cuts) == (black, frozen, ())


def test_takes_differ_to_the_eye_and_ear_and_one_take_is_always_the_same(
    tmp_path: Path, studio: Studio, card: Cards
) -> None:
    ids = [f"task-unified-1774857405-{number:08x}" for number in range(40)]
    assert len({cards.code(i) for i in ids}) == 40
    assert len({cards.shades(i).ground for i in ids}) > 30
    assert len({cards.tone(i) for i in ids}) > 6
    studio.make(card(), tmp_path / "a.mp4")
    Studio().make(card(), tmp_path / "b.mp4")
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_contrast() -> None:
    """WCAG contrast: 7 for the prompt, 4.5 for all else that is written."""
    light = cards.relative_luminance
    assert light((255, 255, 255)) == pytest.approx(1)
    for number in range(300):
        shades = cards.shades(f"task-{number}")
        for ink, ground, least in (
            (shades.ink, shades.ground, 7), (shades.quiet, shades.ground, 4.5), (shades.quiet, shades.panel, 4.5),
            (shades.accent, shades.ground, 4.5), (shades.accent, shades.panel, 4.5),
        ):  # fmt: skip
            assert (light(ink) + 0.05) / (light(ground) + 0.05) >= least, (number, ink, ground)


def test_many_threads_share_a_studio(tmp_path: Path, studio: Studio, card: Cards) -> None:
    made = [card(task=f"task-unified-1-{n}", seconds=4 + n % 3, audio=n % 2 == 0) for n in range(12)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda c: studio.make(c, tmp_path / f"{c.task}.mp4"), made))
    for one in made:
        found = check_playable(tmp_path / f"{one.task}.mp4")
        assert (found.seconds, found.audio) == (one.seconds, one.audio)


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        " ",
        "x",
        "word " * 3000,
        "unbroken" * 400,
        "全程使用视频1的第一视角构图，" * 80,
        "\n\n\t",
        "😀🧋 ﷽ \u200d",
        "a\x00b",
    ],
)
def test_any_prompt_can_be_drawn(card: Cards, prompt: str) -> None:
    for _, _, width, height in SHAPES:
        drawn = draw_card(card(prompt=prompt, width=width, height=height), Type())
        assert len(drawn.rgb) == drawn.width * drawn.height * 3


def test_letters_without_a_font_are_counted(tmp_path: Path) -> None:
    bare = Type([tmp_path])
    assert bare.lost("plain words") == 0
    assert bare.lost("苹果 tea") == 2


def _measure(text: str, size: int) -> float:
    return len(text) * size / 2


def test_wrapping_cuts_with_an_ellipsis_and_stays_inside() -> None:
    block = cards.wrap(cards.words("one two three four five six"), size=10, width=50, lines=2, measure=_measure)
    assert not block.whole
    shown = [" ".join(word for _, word in line.words) for line in block.lines]
    assert shown == ["one two", "three…"]


def test_wrapping_breaks_chinese_anywhere_but_before_a_closing_mark() -> None:
    block = cards.wrap(cards.words("苹果碰撞声，快"), size=10, width=25, lines=9, measure=_measure)
    shown = ["".join(word for _, word in line.words) for line in block.lines]
    assert all(line[0] != "，" for line in shown)
    assert "".join(shown) == "苹果碰撞声，快"


def test_wrapping_breaks_a_word_longer_than_a_line() -> None:
    block = cards.wrap(cards.words("abcdefghijklmnop"), size=10, width=25, lines=9, measure=_measure)
    assert ["".join(word for _, word in line.words) for line in block.lines] == ["abcde", "fghij", "klmno", "p"]


def test_clock() -> None:
    assert [cards.clock(frame) for frame in (0, 1, 24, 75, 24 * 61)] == [
        "00:00.00", "00:00.04", "00:01.00", "00:03.12", "01:01.00",
    ]  # fmt: skip


def test_poster(tmp_path: Path, studio: Studio, card: Cards) -> None:
    studio.make(card(width=1280, height=720), tmp_path / "a.mp4")
    (tmp_path / "a.jpg").write_bytes(poster(tmp_path / "a.mp4", width=480))
    found = facts(tmp_path / "a.jpg")
    assert (found.format, found.width, found.height) == ("jpeg", 480, 270)


def test_a_clip_that_is_cut_does_not_play(tmp_path: Path, studio: Studio, card: Cards) -> None:
    studio.make(card(), tmp_path / "a.mp4")
    content = (tmp_path / "a.mp4").read_bytes()
    for kept in (0.1, 0.5, 0.9, 0.999):
        (tmp_path / "cut.mp4").write_bytes(content[: int(len(content) * kept)])
        with pytest.raises(MediaError):
            check_playable(tmp_path / "cut.mp4")


def test_a_folder_that_is_not_there_is_a_media_error(tmp_path: Path, studio: Studio, card: Cards) -> None:
    with pytest.raises(MediaError):
        studio.make(card(), tmp_path / "missing" / "a.mp4")
