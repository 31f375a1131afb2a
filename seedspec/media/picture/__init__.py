"""Facts of images, and posters; the only door to Pillow. What draws is in the module beside."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from seedspec.media import boxes
from seedspec.media.facts import Facts, MediaError

# The side of the largest picture that is examined: a file that claims more is taken for a decompression bomb.
_MOST_PIXELS = 100_000_000
_ORIENTATION = 0x0112
_SIDEWAYS = frozenset({5, 6, 7, 8})
_PLAIN = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "gif": "GIF", "bmp": "BMP", "tiff": "TIFF"}


@dataclass(frozen=True, slots=True)
class Raster:
    """A picture in memory: rows of red, green and blue bytes without padding."""

    width: int
    height: int
    rgb: bytes


def facts(stream: BinaryIO, *, format: str, size: int, whole: bool) -> Facts:
    """The facts of an image; `whole` reads all of it. Raises MediaError when it is cut, damaged or far too large."""
    beyond = boxes.behind(stream, format, size) if whole else 0
    try:
        stream.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(stream, formats=[_PLAIN[format]]) as image:
                width, height = image.size
                if width * height > _MOST_PIXELS:
                    raise MediaError(f"claims {width}x{height} pixels, more than this tool unpacks")
                turned = format != "png" and image.getexif().get(_ORIENTATION) in _SIDEWAYS
                if not whole:
                    pass
                elif format == "png":
                    image.verify()  # checks every chunk's sum without unpacking a pixel
                else:
                    image.draft("L", (width // 8, height // 8))  # JPEG: walks all of the file, unpacks a 64th
                    image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise MediaError("claims far more pixels than this tool unpacks") from error
    except UnidentifiedImageError as error:
        raise MediaError(f"begins like a {format} file and is none") from error
    except (OSError, SyntaxError, ValueError, ArithmeticError, LookupError, MemoryError) as error:
        raise MediaError(f"a damaged or cut {format} file: {_sentence(error)}") from error
    if turned:
        width, height = height, width
    return Facts(kind="image", format=format, bytes=size, width=width, height=height, behind=beyond)


def _sentence(error: BaseException) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


def poster(raster: Raster, *, width: int, webp: bool = False) -> bytes:
    """A picture as a JPEG or WebP file at most `width` pixels wide."""
    image = Image.frombytes("RGB", (raster.width, raster.height), raster.rgb)
    if image.width > width:
        image = image.resize((width, max(1, round(image.height * width / image.width))), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    if webp:
        image.save(out, "WEBP", quality=76, method=4)
    else:
        image.save(out, "JPEG", quality=82, optimize=True)
    return out.getvalue()
