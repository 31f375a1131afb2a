"""`compile --preview`: a page of the prompts as they will be sent, made from the plan and the media on this disk."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from seedspec.api import Options, Planned
from seedspec.cli.compiled import board_of
from seedspec.cli.console import print_json, print_lines, print_next, print_notes
from seedspec.cli.main import Exit
from seedspec.cli.output_path import check_output_path
from seedspec.cli.plan_view import planned_of
from seedspec.compiler.entry import Medium
from seedspec.media.facts import MediaError, MediaMissing
from seedspec.media.reader import thumbnail
from seedspec.project.atomic import is_stream, write_output
from seedspec.project.files import read_start
from seedspec.project.saved_video import SavedVideos
from seedspec.report.money import range_json
from seedspec.report.page.content import takes
from seedspec.report.preview import page
from seedspec.report.preview.content import Preview, preview_of

MOST_THUMBNAILS = 400
"""Pictures in one page, each of them 10 kB at most, once however many entries have it: about 4 MB."""
MOST_ENTRIES = 10_000
"""Entries in one page: a browser opens no larger one in reasonable time, and nobody reads it."""
_SIDE = 192
"""In pixels: two for one on a dense screen."""
_ENDINGS = (".html", ".htm")


def make_preview(storyboard: str, options: Options, out: str, form: str) -> None:
    """Writes the page and says where it is. Ends the command when the storyboard has errors, or the file may not be
    written, before anything of it is."""
    _check_name(out)
    planned = planned_of(storyboard, options)
    target = check_output_path(out, planned)
    _check_no_other(target, out)
    board = board_of(planned.compiled)
    videos = SavedVideos(planned.place.base)
    found = takes(planned.plan, videos.size, planned.place.commands)
    print_notes(videos.refused.values())
    if len(found) > MOST_ENTRIES:
        raise Exit(
            2, f"{len(found):,} entries do not fit on one page, at most {MOST_ENTRIES:,} do; --select takes fewer"
        )
    preview = preview_of(board, planned.plan, found)
    pictures, left = _thumbnails(planned.place.base, preview.media)
    data = "".join(page.parts(preview, pictures)).encode()
    write_output(target, data)
    if form == "json":
        print_json(_as_json(preview, target, len(data), planned))
    else:
        print_lines([str(target)])
        many = f"{preview.entries:,} {'entry' if preview.entries == 1 else 'entries'}"
        print_notes([f"{many}, {len(pictures)} pictures; {len(data) / 1e6:.1f} MB"])
    print_notes(left)
    if form != "json":
        print_next(planned.place.commands.plain("plan"))


def _check_name(out: str) -> None:
    if not is_stream(Path(out)) and not out.lower().endswith(_ENDINGS):
        raise Exit(2, f"`{out}` is no name of a page; expected one that ends in .html, as in --preview prompts.html")


def _check_no_other(target: Path, out: str) -> None:
    """Ends the command where a file stands that is no page."""
    if is_stream(target) or not target.exists():
        return
    if not read_start(target, 64).lstrip().lower().startswith((b"<!doctype html", b"<html")):
        raise Exit(2, f"`{out}` is there and is no page; move it away, or name another file")


def _thumbnails(base: Path, media: Iterable[Medium]) -> tuple[dict[str, bytes], list[str]]:
    """Small pictures of the local media, by what each is known by; and why some have none, in lines."""
    local = list({m.item: m for m in media if m.source == "file" and m.kind != "audio"}.values())
    shown, left = local[:MOST_THUMBNAILS], []
    if len(local) > len(shown):
        left.append(f"the page has pictures of the first {len(shown):,} of {len(local):,} media; the others are named")

    def look(medium: Medium) -> bytes | MediaError | OSError:
        try:
            return thumbnail(base / medium.where, _SIDE)
        except (MediaError, OSError) as error:
            return error

    with ThreadPoolExecutor() as pool:
        looked = dict(zip((m.item for m in shown), pool.map(look, shown), strict=True))
    if any(isinstance(one, MediaMissing) for one in looked.values()):
        left.append("no pictures: they need more packages, pip install 'seedspec[media]'")
    for medium in shown:
        fault = looked[medium.item]
        if isinstance(fault, (MediaError, OSError)) and not isinstance(fault, MediaMissing):
            left.append(f"no picture of `{medium.where}`: {fault}")
    return {item: one for item, one in looked.items() if isinstance(one, bytes) and one}, left


def _as_json(preview: Preview, target: Path, size: int, planned: Planned) -> dict[str, Any]:
    rate = preview.board.rate
    return {
        "seedspec_preview_page": 1,
        "page": str(target),
        "bytes": size,
        "entries": preview.entries,
        "variants": sum(len(shot.rows) for shot in preview.shots),
        "cost": range_json(preview.cost, rate),
        "to_buy": preview.buys,
        "cost_to_buy": range_json(preview.buying, rate),
    }
