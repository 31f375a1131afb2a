"""Takes to review: a storyboard with a lock and videos as a run leaves them, made without any service."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from seedspec import api
from seedspec.lock.lock import encode
from seedspec.lock.version import HEADER

HERE = Path(__file__).parent
FPS = 24
BOARD = """\
# yaml-language-server: $schema={schema}
seedspec: 1
name: kite
model: seedance-2.0-reference-to-video
defaults: {{duration: 4, quality: 480p, takes: 2}}
references:
  kite: {{image: "https://cdn.example.com/kite.png"}}
matrix:
  axes:
    look:
      dawn: {{words: "thin mist"}}
      noon: {{words: "hard light"}}
    hook: [question, reveal]
shots:
  - id: open
    prompt: "{{{{ ref('kite') }}}} climbs, {{{{ look.words }}}}. </script><b>{{{{ hook }}}}</b> & 茶"
  - id: close
    prompt: "Hands hold {{{{ ref('kite') }}}}, {{{{ look.words }}}}. {{{{ hook }}}}"
"""


@dataclass(frozen=True)
class Project:
    """A storyboard with takes of its own, some of which never became a video."""

    board: Path

    @property
    def folder(self) -> Path:
        return self.board.parent

    def entries(self) -> tuple[api.Entry, ...]:
        return api.compile(self.board).entries


def counting(path: Path, ground: int, *, frames: int = 96, width: int = 160, height: int = 96) -> None:
    """A video whose pictures carry their own number, as eight squares that are black or white, on a grey ground."""
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as out:
        stream = out.add_stream("libx264", rate=FPS, options={"crf": "8", "preset": "veryfast", "g": "12"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, FPS)
        for number in range(frames):
            frame = VideoFrame(width, height, "yuv420p")
            rows = bytearray(bytes([ground]) * (width * height))
            for bit in range(8):
                shade = 235 if number >> bit & 1 else 16
                for y in range(32, 64):
                    rows[y * width + bit * 20 + 2 : y * width + bit * 20 + 18] = bytes([shade]) * 16
            luma, *chroma = frame.planes
            pad = luma.line_size
            luma.update(
                b"".join(bytes(rows[y * width : (y + 1) * width]).ljust(pad, b"\0") for y in range(height)).ljust(
                    luma.buffer_size, b"\0"
                )
            )
            for plane in chroma:
                plane.update(b"\x80" * plane.buffer_size)
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def bought(
    board: Path, videos: Callable[[int], Path | None], *, failed: Mapping[int, str] | None = None,
    sizes: Callable[[int], tuple[int, int]] = lambda _: (160, 96),
) -> Project:  # fmt: skip
    """Writes the lock, and the files, of a storyboard whose entries were bought: by their number."""
    lines = [HEADER]
    for number, entry in enumerate(api.compile(board).entries):
        values: dict[str, Any] = {
            "fp": entry.fingerprint, "entry": entry.address, "take": entry.take, "attempt": 1,
            "at": "2026-11-23T07:30:22Z", "manifest": json.loads(entry.manifest), "task": f"task-{number}",
            "intent": {"key": f"key-{number:020}", "body_sha256": "0" * 64, "at": "2026-11-23T07:30:19Z"},
            "credits": 25.11,
        }  # fmt: skip
        said = (failed or {}).get(number)
        video = videos(number)
        if said == "doubt":
            values |= {"state": "doubt", "doubt": "the answer was lost", "task": None, "credits": None}
        elif said is not None:
            values |= {"state": "failed", "failure": {"code": "content_policy_violation", "message": said}}
        elif video is not None:
            target = board.parent / "renders" / entry.file
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(video, target)
            data = target.read_bytes()
            values |= {
                "state": "saved", "file": f"renders/{entry.file}", "sha256": hashlib.sha256(data).hexdigest(),
                "bytes": len(data), "width": sizes(number)[0], "height": sizes(number)[1], "seconds": 4.0,
            }  # fmt: skip
        else:
            continue
        lines.append(encode(values))
    board.with_suffix(".lock").write_bytes(b"".join(lines))
    return Project(board)


def made(folder: Path, clips: tuple[Path, Path]) -> Project:
    folder.mkdir()
    shutil.copytree(HERE.parent / "schemas", folder / "schemas")
    board = folder / "storyboard.yaml"
    board.write_text(BOARD.format(schema="schemas/storyboard.json"), encoding="utf-8")
    failed = {9: "refused, see https://cdn.example.com/why?X-Signature=abc123", 11: "doubt"}
    return bought(board, lambda n: None if n in (13, 15) else clips[n % 2], failed=failed)
