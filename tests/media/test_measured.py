"""Made faults of five grades are found from the second on, and real recordings have none; one decode says it all."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.video.stream import VideoStream
from faults import FPS, GRADES, Fault, graded, made
from PIL import Image
from real import Store, usable

from seedspec.measures.values import NOT_APPLICABLE, Value, measures_of
from seedspec.media import picture
from seedspec.media.facts import MediaError
from seedspec.media.movie import check_playable, decode, look, poster
from seedspec.media.reader import signals

pytestmark = pytest.mark.slow


def values(path: Path, reference: Path | None = None) -> dict[str, Value]:
    with path.open("rb") as file:
        found = signals(file, path.stat().st_size, reference)
    return measures_of("f" * 64, found, "a picture" if reference else None).with_reference("a picture")


@pytest.mark.parametrize(("name", "grade"), [(name, grade) for name in GRADES for grade in range(1, 6)])
def test_a_made_fault_is_found_from_the_second_grade_on(tmp_path: Path, name: str, grade: int) -> None:
    strength = GRADES[name][grade - 1]
    found = values(graded(tmp_path / "a.mp4", name, strength))
    if grade > 1 and name == "clipped":
        assert found["clipped"] > 0  # type: ignore[operator]
    elif grade > 1:
        assert found[name] == pytest.approx(strength, abs=0.1)
    others = {"black": ["frozen"], "frozen": ["black"], "silent": ["clipped"], "clipped": ["silent"]}[name]
    assert {other: found[other] for other in others if not (name == "black" and grade > 2)} == (
        {} if name == "black" and grade > 2 else dict.fromkeys(others, 0)  # what is black stands still, too
    )


def test_a_clean_clip_has_no_fault(tmp_path: Path) -> None:
    found = values(made(tmp_path / "a.mp4"))
    faults = ("black", "black_total", "frozen", "frozen_total", "silent", "silent_total", "clipped", "cuts")
    assert {name: found[name] for name in faults} == dict.fromkeys(faults, 0)
    assert -12 < found["loudness"] < -8 and -4 < found["true_peak"] < -2  # type: ignore[operator]


@pytest.mark.parametrize("name", ["bunny", "bikes", "carphone", "city film", "world", "b"])
def test_real_recordings_raise_no_false_alarm(
    tmp_path: Path, store: Store, name: str, request: pytest.FixtureRequest
) -> None:
    """Only the first has a sound that is meant to be heard."""
    (file,) = usable(store, [name], request)
    if file.suffix == ".mpg":
        file = remade(file, tmp_path / "a.mp4")
    found = values(file)
    alarms = {"black": 0, "frozen": 0} | ({"silent": 0} if name == "bunny" else {})
    assert {measure: found[measure] for measure in alarms} == alarms


def remade(source: Path, out: Path) -> Path:
    """A recording in a container that no service gives, as an MP4."""
    with av.open(str(source)) as old, av.open(str(out), "w") as new:
        stream = new.add_stream("libx264", rate=old.streams.video[0].average_rate, options={"preset": "ultrafast"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 480, 270, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 90000)
        for frame in old.decode(video=0):
            small = frame.reformat(480, 270, "yuv420p")
            small.pict_type = 0  # type: ignore[assignment]
            new.mux(stream.encode(small))
        new.mux(stream.encode(None))
    return out


def test_sound_that_a_video_has_not_is_not_applicable(tmp_path: Path) -> None:
    found = values(made(tmp_path / "a.mp4", sound=False))
    sound = ("silent", "silent_total", "loudness", "true_peak", "clipped")
    assert {name: found[name] for name in sound} == dict.fromkeys(sound, NOT_APPLICABLE)
    assert found["black"] == 0


def test_sound_that_does_not_decode_is_not_measured_and_the_pictures_are(tmp_path: Path) -> None:
    path = made(tmp_path / "a.mp4")
    with av.open(str(path)) as container:
        spots = [(packet.pos, packet.size) for packet in container.demux(audio=0) if packet.pos and packet.size]
    data = bytearray(path.read_bytes())
    for at, size in spots:
        data[at : at + size] = b"\xff" * size
    path.write_bytes(data)
    found = look(path, measured=True).signals
    assert found is not None and isinstance(found.sound, str) and "sound" in found.sound
    assert values(path)["loudness"] == "not measured" and values(path)["black"] == 0


def test_likeness_to_a_reference_falls_with_the_difference(tmp_path: Path) -> None:
    path = made(tmp_path / "a.mp4", sound=False)
    with av.open(str(path)) as container:
        first = next(container.decode(video=0)).to_image()
    first.save(tmp_path / "same.png")
    first.rotate(90).resize(first.size).save(tmp_path / "turned.png")
    wide = Image.new("RGB", (first.width + 80, first.height))  # what is beside the picture's shape is cropped away
    wide.paste(first, (40, 0))
    wide.save(tmp_path / "wide.png")
    found = {n: values(path, tmp_path / f"{n}.png")["likeness"] for n in ("same", "wide", "turned")}
    assert found["same"] > 0.97 and found["wide"] > 0.97 and found["turned"] < 0.7  # type: ignore[operator]
    (tmp_path / "none.png").write_bytes(b"text")
    with pytest.raises(MediaError, match="reference"):
        values(path, tmp_path / "none.png")


def test_all_that_is_asked_of_a_video_is_one_decode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, shown = made(tmp_path / "a.mp4"), list[float]()
    end = decode._end_of

    def counted(frame: av.VideoFrame) -> float:
        shown.append(frame.time or 0.0)
        return end(frame)

    monkeypatch.setattr(decode, "_end_of", counted)
    found = look(path, poster=True, measured=True)
    assert len(shown) == len(set(shown)) == 5 * FPS
    assert found.facts == check_playable(path)
    assert found.poster is not None
    assert picture.poster(found.poster, width=480, webp=True) == poster(path, at=5 / 3, webp=True)
    shown.clear()
    look(path, poster=True)
    assert len(shown) == 5 * FPS  # one key picture in 250


def test_pictures_between_key_pictures_are_left_out_where_nothing_needs_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, shown = tmp_path / "a.mp4", list[float]()
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"g": "12", "preset": "ultrafast", "bf": "2"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for number in range(5 * FPS):
            frame = av.VideoFrame(64, 64, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([number * 2]) * plane.buffer_size)
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    end = decode._end_of

    def counted(frame: av.VideoFrame) -> float:
        shown.append(frame.time or 0.0)
        return end(frame)

    monkeypatch.setattr(decode, "_end_of", counted)
    found = look(path, poster=True)
    assert len(shown) < 3 * 12 and max(shown) == pytest.approx(5 - 1 / FPS)
    assert found.poster is not None
    assert picture.poster(found.poster, width=480, webp=True) == poster(path, at=found.facts.seconds / 3, webp=True)  # type: ignore[operator]


def test_figures_are_finite_numbers_for_sound_that_is_nothing_at_all(tmp_path: Path) -> None:
    found = values(made(tmp_path / "a.mp4", Fault("mute", 0), size="64x64"))
    assert all(isinstance(v, str) or math.isfinite(v) for v in found.values())
    assert found["silent"] == pytest.approx(5, abs=0.05) and found["loudness"] == -70 and found["true_peak"] == -120
    json.dumps(found, allow_nan=False)
