"""Facts of images, and posters; the only door to Pillow. What draws is in the module beside."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image, ImageOps, UnidentifiedImageError

from seedspec.media import boxes
from seedspec.media.facts import Facts, MediaError, Remark

# The side of the largest picture that is examined: a file that claims more is taken for a decompression bomb.
_MOST_PIXELS = 100_000_000
_ORIENTATION = 0x0112
_SIDEWAYS = frozenset({5, 6, 7, 8})
# An alpha below this, of 255, shows; and on as large a share of the pixels it is no softened corner of an icon.
_SEEN_THROUGH = 250
_LEAST_SHARE = 0.001
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
                remarks = list(_remarks(image, format))
                turned = format != "png" and image.getexif().get(_ORIENTATION) in _SIDEWAYS
                if not whole:
                    pass
                elif format == "png":
                    image.verify()  # checks every chunk's sum without unpacking a pixel
                else:
                    image.draft("L", (width // 8, height // 8))  # JPEG: walks all of the file, unpacks a 64th
                    image.load()
            if whole and format in ("png", "webp") and not remarks:
                remarks += _transparency(stream, format)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise MediaError("claims far more pixels than this tool unpacks") from error
    except UnidentifiedImageError as error:
        raise MediaError(f"begins like a {format} file and is none") from error
    except (OSError, SyntaxError, ValueError, ArithmeticError, LookupError, MemoryError) as error:
        raise MediaError(f"a damaged or cut {format} file: {_sentence(error)}") from error
    if turned:
        width, height = height, width
    return Facts(
        kind="image", format=format, bytes=size, width=width, height=height, behind=beyond, remarks=tuple(remarks)
    )


def raster(stream: BinaryIO, format: str) -> Raster:
    """The picture of an image file, turned as it says. MediaError when it is cut, damaged or far too large."""
    with _picture(stream, format) as image:
        shown = ImageOps.exif_transpose(image).convert("RGB")
        return Raster(shown.width, shown.height, shown.tobytes())


def thumbnail(stream: BinaryIO, format: str, *, side: int) -> bytes:
    """The same as a WebP file of `side` pixels at most; a ground that shows through stays so."""
    with _picture(stream, format) as image:
        image.draft("RGB", (side, side))  # JPEG: unpacks no more than that needs
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
        shown = ImageOps.exif_transpose(image)
        return _webp(shown.convert("RGBA" if shown.has_transparency_data else "RGB"))


@contextmanager
def _picture(stream: BinaryIO, format: str) -> Iterator[Image.Image]:
    try:
        stream.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(stream, formats=[_PLAIN[format]]) as image:
                if image.width * image.height > _MOST_PIXELS:
                    raise MediaError(f"claims {image.width}x{image.height} pixels, more than this tool unpacks")
                yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise MediaError("claims far more pixels than this tool unpacks") from error
    except (OSError, ValueError, SyntaxError) as error:
        raise MediaError(f"a damaged {format} file: {error}") from error


def _remarks(image: Image.Image, format: str) -> Iterator[Remark]:
    """What programs that read pictures stumble over: several pictures in turn, and the colours of print."""
    count = getattr(image, "n_frames", 1)
    if format in ("png", "webp") and count > 1:
        yield Remark(
            "codec",
            f"is an animation of {count} pictures; the service's page takes images and names no animation",
            "keep its first picture alone, or make it a video and name it as one, to be safe",
            f"{'ffmpeg -i {file} -frames:v 1' if format == 'png' else 'magick {file}[0]'} {{stem}}-first.png",
        )
    elif image.mode == "CMYK":
        yield Remark(
            "codec",
            "holds CMYK, the four colours of print; the service's page names no colours, and many programs take RGB "
            "alone, or show other colours",
            "make it RGB, to be safe",
            "ffmpeg -i {file} -pix_fmt yuvj444p {stem}-rgb.jpg",
        )


def _transparency(stream: BinaryIO, format: str) -> Iterator[Remark]:
    """A warning where a ground shows through. That alone matters: many programs give every picture an alpha channel."""
    share = _share_seen_through(stream, format)
    if share < _LEAST_SHARE:
        return
    yield Remark(
        "alpha",
        f"has transparent parts ({share:.1%} of its pixels); the service's page does not say which colour it puts "
        "there: it may be black, or what lies hidden below",
        "lay it on the colour that you want, here white",
        'ffmpeg -i {file} -filter_complex "[0]format=rgba,split[a][b];[a]format=rgb24,drawbox=c=white:t=fill[c];'
        '[c][b]overlay,format=rgb24" -frames:v 1 {stem}-white.png',
    )


def _share_seen_through(stream: BinaryIO, format: str) -> float:
    stream.seek(0)
    with Image.open(stream, formats=[_PLAIN[format]]) as image:
        if not image.has_transparency_data:
            return 0.0
        alpha = image.getchannel("A") if image.mode in ("RGBA", "LA") else image.convert("RGBA").getchannel("A")
        counts = alpha.histogram()
    return sum(counts[:_SEEN_THROUGH]) / sum(counts)


def _sentence(error: BaseException) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


def poster(raster: Raster, *, width: int, webp: bool = False) -> bytes:
    """A picture as a JPEG or WebP file, with as many pixels at most as one of 16:9 that is `width` wide: a tall take is
    shown no larger than a wide one, and what a browser unpacks goes by pixels."""
    image = Image.frombytes("RGB", (raster.width, raster.height), raster.rgb)
    scale = width * (9 / 16 / image.width / image.height) ** 0.5
    if scale < 1:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.LANCZOS)
    if webp:
        return _webp(image)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82, optimize=True)
    return out.getvalue()


def _webp(image: Image.Image) -> bytes:
    from PIL import WebPImagePlugin  # noqa: F401 - else Pillow loads all of its plugins to find this one

    out = io.BytesIO()
    image.save(out, "WEBP", quality=76, method=4)
    return out.getvalue()
