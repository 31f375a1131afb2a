"""What everything that touches videos shares: pictures in and out of frames, and what a damaged file raises."""

from __future__ import annotations

from fractions import Fraction

from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange, Colorspace

from seedspec.media.facts import FPS
from seedspec.media.picture import Raster

# What a damaged file makes PyAV raise: its own errors, and those of Python for values out of any sense.
DAMAGE = (FFmpegError, OSError, ValueError, ArithmeticError, LookupError, MemoryError)
TICK = Fraction(1, FPS)
RATE = 48000


def sentence(error: BaseException) -> str:
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(reason).split())[:120]


def frame_of(raster: Raster) -> VideoFrame:
    frame = VideoFrame(raster.width, raster.height, "rgb24")
    fill(frame.planes[0], raster.rgb, raster.width * 3)
    return frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG)


def raster_of(frame: VideoFrame) -> Raster:
    """The picture of a frame."""
    frame = frame.reformat(format="rgb24")
    return Raster(frame.width, frame.height, pack(frame.planes[0], frame.width * 3))


def pack(plane: VideoPlane, row: int) -> bytes:
    """The bytes of a plane without the padding at the end of its rows."""
    held = bytes(plane)
    if plane.line_size == row:
        return held[: row * plane.height]
    return b"".join(held[at : at + row] for at in range(0, plane.line_size * plane.height, plane.line_size))


def fill(plane: VideoPlane, rows: bytes, row: int) -> None:
    if plane.line_size != row:
        pad = bytes(plane.line_size - row)
        rows = b"".join(rows[at : at + row] + pad for at in range(0, len(rows), row))
    plane.update(rows.ljust(plane.buffer_size, b"\0"))
