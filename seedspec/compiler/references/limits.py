"""References of one request: how its prompt numbers them, and what this API allows of media."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from seedspec.catalog.addresses import page_of, unreachable
from seedspec.catalog.media_facts import MediaFacts, MediaRemark
from seedspec.catalog.schema import shorten
from seedspec.catalog.signed_url import bare, mask_signature, signature_of
from seedspec.catalog.slot import Kind, Range, Slot
from seedspec.compiler.storyboard.types import Reference
from seedspec.text.diagnostic import Problems, list_words
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class MediaFile:
    """A media file that was inspected: where it is, the sha256 of its bytes, and what is known of it.

    `format` is its real type where it was recognised. `unchecked` says why its content was not looked at, when it was
    not. Of a medium behind an address, `path` is the address, and `sha256` is "" where not all of it was read.
    `spelling` is its path as the disk has it, where that is not as it was asked for: other disks would not find it.
    `remarks` are what other readers may stumble over in it.
    """

    path: str
    sha256: str
    facts: MediaFacts
    format: str | None = None
    unchecked: str = ""
    spelling: str = ""
    remarks: tuple[MediaRemark, ...] = ()


MediaReader = Callable[[str, Kind], MediaFile | str]
"""Looks at a file by its path relative to the storyboard; a sentence about what is wrong when there is none to use."""


class Remote(NamedTuple):
    """A medium behind an address: the kind that it should be of, and the sha256 that is declared for it."""

    url: str
    kind: Kind
    sha256: str | None


RemoteProbe = Callable[[Remote], MediaFile | str | None]
"""Looks at an address in the same way, at all of it where a digest is declared; None when it is not looked at."""


def probe_nothing(remote: Remote) -> None:
    """The probe of a compile that asks nothing of the network."""


def is_url(target: str) -> bool:
    """Whether a reference's target names a scheme rather than a path; only http and https are taken further."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", target) is not None


def url_fault(url: str) -> str:
    """Why nobody can read an http address, as the end of a sentence; "" for one that can be read.

    The model's own rules say what is wrong with other schemes, and with one that has nothing where its host belongs.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return "has brackets or characters where its host belongs that no host has" if _HTTP.match(url) else ""
    try:
        _ = parts.port
    except ValueError:
        return f"has `{parts.netloc.rpartition(':')[2]}` where the number of a port belongs"
    return "names no host" if parts.netloc and not host else ""


def _plainly_named(target: str, rule: Slot) -> bool:
    """Whether a target ends in an accepted format's name, with no query or fragment that it may be the end of."""
    return target.endswith(rule.extensions) and "?" not in target and "#" not in target


def check_medium(
    reference: Reference,
    rule: Slot,
    target: str,
    facts: MediaFacts,
    found_format: str | None,
    problems: Problems,
    entry: str = "",
) -> None:
    """One medium against the limits for its kind, as far as its facts are known."""
    span = reference.target.span
    if found_format is None and facts == MediaFacts() and _plainly_named(target, rule):
        return  # nothing is known of it that could be judged

    def refuse(code: str, message: str, tolerated: str | None = None) -> None:
        if tolerated is None:
            problems.error(code, f"`{reference.name}` {message}", span, entry=entry)
        else:
            problems.warning("media-near-edge", f"`{reference.name}` {message}", span, tolerated, entry=entry)

    def warn(code: str, message: str) -> None:
        problems.warning(code, f"`{reference.name}` {message}", span, entry=entry)

    path = _BEFORE_PATH.sub("", target).partition("#")[0].partition("?")[0] if is_url(target) else target
    suffix = "." + path.rsplit(".", 1)[-1].lower() if "." in path.rsplit("/", 1)[-1] else ""
    if found_format is not None and found_format not in rule.formats:
        refuse("media-format", f"is a {found_format} file; expected {list_words(rule.formats)}")
    elif found_format is None and suffix not in rule.extensions and (kind := kind_of_suffix(suffix)):
        message = f"`{reference.name}` ends in `{suffix}`; expected {list_words(rule.extensions)}"
        other = f"`{suffix}` is {_A[kind]}; write its kind: `{{{kind}: …}}`, or name another file"
        convert = "convert the file: another name alone changes nothing in it"
        problems.error("media-format", message, span, convert if kind == rule.kind else other, entry=entry)
    elif found_format in _ENDINGS and suffix and suffix not in _ENDINGS[found_format]:
        named = f"is a {found_format} file and is called `{suffix}`"
        warn("media-name", f"{named}; expected {list_words(_ENDINGS[found_format])}: the service may go by the name")
    if behind := facts.behind:
        warn("media-trailing", f"has {behind:,.0f} bytes behind its end, which no viewer reads; expected none")
    for breach in breaches(rule, facts):
        refuse(breach.code, breach.message, breach.tolerated)
    if rule.fps and (fps := facts.fps) is not None and _within(fps, rule.fps):
        least, most = (fps if rate is None else rate for rate in (facts.fps_least, facts.fps_most))
        if any(not _within(r, rule.fps) and within_tolerance(rule, "fps", r, rule.fps) is None for r in (least, most)):
            rates = f"{least:g} to {most:g} from second to second"
            warn("media-fps-varies", f"has {fps:g} frames per second on average, {rates}; expected {_range(rule.fps)}")


@valueclass(frozen=True, slots=True)
class Breach:
    """A limit that facts break; the message is a sentence without its subject.

    `tolerated` says why other readers of media may still find the value within its limits, where it lies that near.
    """

    code: str
    message: str
    tolerated: str | None = None


def breaches(rule: Slot, facts: MediaFacts) -> Iterator[Breach]:
    """What the facts break of the limits for a kind, as far as they are known."""
    if rule.bytes is not None and (found := facts.bytes or 0) > rule.bytes:
        yield Breach(
            code="media-bytes", message=f"has {found:,.0f} bytes; expected at most {rule.bytes:,} ({_mb(rule.bytes)})"
        )
    width, height = facts.width, facts.height
    if width and height:
        size = f"is {width:g}×{height:g} px"
        if rule.side and not (_within(width, rule.side) and _within(height, rule.side)):
            yield Breach(code="media-side", message=f"{size}; expected sides of {_range(rule.side)} px")
        if rule.ratio and not _within(width / height, rule.ratio):
            shape = f"{size}, {width / height:.3f} to 1"
            yield Breach(code="media-ratio", message=f"{shape}; expected a ratio of {_range(rule.ratio)}")
        if rule.pixels and not _within(width * height, rule.pixels):
            whole = f"{size}, {width * height:,.0f} in all"
            yield Breach(code="media-pixels", message=f"{whole}; expected {_range(rule.pixels)} pixels")
    if rule.fps and (fps := facts.fps) is not None and not _within(fps, rule.fps):
        message = f"has {fps:g} frames per second; expected {_range(rule.fps)}"
        yield Breach(code="media-fps", message=message, tolerated=within_tolerance(rule, "fps", fps, rule.fps))
    if rule.seconds and (seconds := facts.seconds) is not None and not _within(seconds, rule.seconds):
        message = f"lasts {seconds:g} s; expected {_range(rule.seconds)} s"
        yield Breach(
            code="media-seconds", message=message, tolerated=within_tolerance(rule, "seconds", seconds, rule.seconds)
        )


def check_remarks(reference: Reference, rule: Slot, asset: MediaFile, problems: Problems) -> None:
    """What readers may stumble over in a file of a format that the model takes."""
    if asset.format is not None and asset.format not in rule.formats:
        return  # it must be converted anyway
    for remark in asset.remarks:
        message = f"`{reference.name}` {remark.found}"
        remedy = f"{remark.advice}: `{_command(remark.command, asset.path)}`"
        stated, held = remark.stated, asset.facts.seconds
        limits = rule.seconds
        if limits and stated is not None and held is not None and _within(held, limits) and not _within(stated, limits):
            message = f"{message}; expected {_range(limits)} s"
            problems.error("media-seconds", message, reference.target.span, remedy)
        else:
            problems.warning(
                "media-alpha"
                if remark.kind == "alpha"
                else "media-codec"
                if remark.kind == "codec"
                else "media-header",
                message,
                reference.target.span,
                remedy,
            )


def _command(template: str, path: str) -> str:
    """A command for a file, to be copied into a shell. Of an address, the file is what was loaded from there."""
    path = _BEFORE_PATH.sub("", path).partition("#")[0].partition("?")[0].rpartition("/")[2] if is_url(path) else path
    path = f"./{path}" if path.startswith("-") else path
    stem, dot, _ = path.rpartition(".")
    stem = stem if dot and "/" not in path[len(stem) :] else path
    words = ((word, word.replace("{file}", path).replace("{stem}", stem)) for word in template.split(" "))
    return " ".join(made if made == word else shlex.quote(made) for word, made in words)


def check_declared(reference: Reference, rule: Slot, found: MediaFacts, problems: Problems) -> None:
    """What a storyboard declares of a medium against what was found in it."""
    measured = dict(found.known())
    for name, declared in reference.facts.known():
        if (real := measured.get(name)) is None:
            continue
        tolerance = rule.tolerances.get(name)
        if abs(real - declared) > (max(tolerance.below, tolerance.above) if tolerance else 0):
            message = (
                f"`{reference.name}` has `{name}` of {real:,g}; expected {declared:,g}, as the storyboard declares"
            )
            problems.error("media-declared", message, reference.target.span, f"correct `{name}`, or leave it out")


def within_tolerance(rule: Slot, name: str, value: float, limits: Range) -> str | None:
    """Why a value may still be within its limits for other readers of media; None when it lies too far outside."""
    tolerance = rule.tolerances.get(name)
    if tolerance is None:
        return None
    least, most = limits[0] - tolerance.below - _ROUNDED, limits[1] + tolerance.above + _ROUNDED
    return tolerance.why if least <= value <= most else None


_HTTP = re.compile("https?://", re.IGNORECASE)
_BEFORE_PATH = re.compile(r"[^:]*:(//[^/?#]*)?")
_ROUNDED = 1e-6
_ENDINGS: Mapping[str | None, tuple[str, ...]] = {
    "jpeg": (".jpg", ".jpeg"), "png": (".png",), "webp": (".webp",), "mp4": (".mp4",), "mov": (".mov",),
    "wav": (".wav",), "mp3": (".mp3",),
}  # fmt: skip
_SUFFIXES: Mapping[Kind, tuple[str, ...]] = {
    "image": (
        ".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif", ".svg", ".ico",
        ".jxl", ".jp2", ".psd", ".ai", ".eps", ".exr", ".tga", ".dng", ".pdf",
    ),
    "video": (
        ".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".flv", ".3gp", ".mts", ".m2ts",
        ".ogv", ".mxf", ".m3u8", ".mpd",
    ),
    "audio": (
        ".wav", ".mp3", ".m4a", ".aac", ".ogg", ".oga", ".opus", ".flac", ".wma", ".aiff", ".aif", ".amr", ".mid",
    ),
}  # fmt: skip
"""Endings of names that say what a file holds."""


def kind_of_suffix(suffix: str) -> Kind | None:
    """What a file holds by the ending of its name, in small letters; None for one that says nothing of media."""
    return next((kind for kind, known in _SUFFIXES.items() if suffix in known), None)


_A: Mapping[Kind, str] = {"image": "an image", "video": "a video", "audio": "sound"}


def _within(value: float, limits: Range) -> bool:
    return limits[0] <= value <= limits[1]


def _range(limits: Range) -> str:
    return f"{limits[0]:,} to {limits[1]:,}"


def _mb(size: float) -> str:
    return f"{size / 1_000_000:g} MB"


def check_unsigned(reference: Reference, url: str, problems: Problems) -> None:
    """Warns of a signed address whose content nothing else tells."""
    found = signature_of(url)
    if found is None or reference.sha256:
        return
    signed = f"`{reference.name}` is a signed address ({found.name})"
    problems.warning(
        "signed-url",
        f"{signed}: it works for a limited time, and everybody who reads it can open the file",
        reference.target.span,
        "name a local file instead (with `--assets` it goes through your bucket), or declare its `sha256`",
        "the medium is known by the address without it: a new signature buys nothing again",
    )


def check_address(reference: Reference, url: str, problems: Problems, local: Callable[[], bool]) -> bool:
    """Whether the service can reach an address, else reported; warns of one that gives a page and no medium."""
    wrong = unreachable(url)
    if wrong and (unreachable(url, loopback=True) or not local()):
        remedy = "the service fetches media itself: name a local file, which is uploaded, or give a public address"
        problems.error("media-private", f"{_as_seen(reference, url)}, which {wrong}", reference.target.span, remedy)
        return False
    if not wrong and (page := page_of(url)):
        message = f"{_as_seen(reference, url)}, which {page[0]}"
        problems.warning("media-page", message, reference.target.span, page[1])
    return True


def _as_seen(reference: Reference, url: str) -> str:
    """A reference with its address as others may see it."""
    return f"`{reference.name}` is `{shorten(mask_signature(bare(url)))}`"
