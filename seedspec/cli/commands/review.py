"""`review`: one page to look at takes, compare them, vote and pick."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from seedspec.api import Options, Planned
from seedspec.choices.films import NoFilms
from seedspec.choices.picks import Picks, follow_addresses
from seedspec.choices.reviews import Entries
from seedspec.cli.browser import open_page
from seedspec.cli.compiled import board_of
from seedspec.cli.console import print_json, print_lines, print_next, print_notes
from seedspec.cli.main import Exit
from seedspec.cli.options import (
    check_bucket,
    json_option,
    ledger_option,
    renders_option,
    select_options,
    storyboard_argument,
)
from seedspec.cli.output_path import check_output_path
from seedspec.cli.plan_view import print_next_of_plan, seen_of
from seedspec.cli.review_media import MediaChoice, MediaParam, hide_name, signed_of
from seedspec.cli.votes import check_axis, choices_in, end_on_errors, standings_of, takes_options, votes_option
from seedspec.measures.judged import NOBODY
from seedspec.plan.command_hint import CommandHint
from seedspec.project.atomic import write_output
from seedspec.project.choice_files import read_picks, schema_beside
from seedspec.project.files import read_file
from seedspec.project.film_rows import films_in
from seedspec.project.judged_file import read_judged
from seedspec.project.paths import name_in_commands
from seedspec.project.saved_measures import values_by_fingerprint
from seedspec.project.saved_video import SavedVideos
from seedspec.project.state_folder import state_folder
from seedspec.report.page import content as contents
from seedspec.report.page import films as page_films
from seedspec.report.page import guest as guests
from seedspec.report.page import page, posters, results
from seedspec.report.page.content import Media, Take
from seedspec.report.page.hidden import hide_models
from seedspec.report.page.posters import Clip
from seedspec.run.prepare import compare_takes
from seedspec.text.diagnostic import Problems

WARN_BYTES, MOST_BYTES = 64_000_000, 256_000_000
"""Of videos inside one page: above the first it opens slowly, above the second browsers fail."""


@click.command("review")
@storyboard_argument
@select_options
@click.option("--out", "-o", type=click.Path(dir_okay=False), help="The page; STEM.review.html when not given.")
@click.option(
    "--media", type=MediaParam(),
    help="Videos beside the page (link, the default), inside it (inline), inside it as small copies (proxy), or in the"
    " bucket of --renders by addresses that are good for 7 days, or for as long as is said: signed=12h.",
)  # fmt: skip
@renders_option("Where the videos of --media signed are.")
@click.option("--x", "columns", metavar="AXIS", help="The axis of the grid's columns, or a column of one: axis.column.")
@click.option("--y", "rows", metavar="AXIS", help="The axis of the grid's rows, or a column of one.")
@click.option("--blind", is_flag=True, help="Open with pairs to vote on, names hidden.")
@click.option(
    "--guest", is_flag=True,
    help="A page for people outside: blind votes alone, and no name, label, prompt, price or state anywhere in it."
    " The videos are in it; --media is proxy when not given.",
)  # fmt: skip
@click.option(
    "--open", "open_it", is_flag=True, help="Open the page in the browser. Without a screen its path is said."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the order and the sides of blind pairs.")
@votes_option
@takes_options
@ledger_option()
@json_option
def review_command(
    storyboard: str, select: tuple[str, ...], exclude: tuple[str, ...], out: str | None, media: MediaChoice | None,
    renders: str | None, columns: str | None, rows: str | None, votes: tuple[str, ...], profile: str,
    ledger: str | None, form: str, *, blind: bool, guest: bool, open_it: bool, seed: int, emulator: bool,
) -> None:  # fmt: skip
    """Make a page to look at takes: grid, compare, blind votes, table. One HTML file, no server, no network.

    Each reviewer saves picks, votes and notes from the page as a small YAML file. `seedspec pick --from` and
    `seedspec stats` read these files.

    \b
    Examples:
      seedspec review --emulator --open
      seedspec review --media proxy --out review.html
      seedspec review --guest --out vote.html
      seedspec review --media signed=2d --renders s3://our-bucket/renders
      seedspec review --blind --select hook=reveal --votes reviews/
    """
    options = Options(
        select=select, exclude=exclude, emulated=emulator, profile=profile,
        ledger=check_bucket("ledger", ledger, emulator=emulator),
    )  # fmt: skip
    planned = seen_of(storyboard, options)
    place = planned.place
    videos = SavedVideos(place.base)
    # a page is made to be shared: its commands do not say where the storyboard lies on this machine
    commands = CommandHint(name_in_commands(Path(Path(storyboard).name)), emulator, place.profile)
    media = media or MediaChoice("proxy" if guest else "link")
    if guest:
        _check_guest(media, votes, columns, rows)
        blind = True
    renders = check_bucket("renders", renders, emulator=emulator)
    signed = signed_of(media, renders, planned.plan)
    sizes = signed.size(planned.plan.lock) if signed else videos.size
    found = contents.takes(planned.plan, sizes, commands)
    print_notes(videos.refused.values())
    if not found:
        raise Exit(2, "no take is selected")
    target = check_output_path(out or place.beside(".review.html"), planned)
    problems = Problems()
    picks = read_picks(choices_in(planned), problems)
    # who votes blind is not told what others say, be they people or programs
    judged = NOBODY if blind else read_judged(place.lock, problems)
    settings = _settings(planned, found, media.kind, columns, rows) | {
        "blind": blind,
        "seed": seed,
    }
    if guest:
        found = guests.order(found, seed)
    hides = hide_models(board_of(planned.compiled), found, seed) if blind and not guest else None
    if hides is not None:
        found = hides.order(found)
    if not guest and (films := _films(planned, found, picks)):
        settings["films"] = films
    settings["stats"] = results.as_json(*standings_of(planned, votes, problems, ())) if votes else None
    end_on_errors(problems)
    clips = _clips(place.base, found)
    kept = state_folder(place.base) / "review"
    kept.mkdir(exist_ok=True)
    look = signed.look(lambda c: _is_whole(planned, videos, c)) if signed else posters.look
    seen = dict(posters.each(posters.small(look, kept) if len(found) > posters.MANY else look, clips))
    blocks = [] if media.kind in ("link", "signed") else _blocks(clips, media.kind, kept)
    _check_room(blocks)
    names = (name for name, _ in blocks)
    sources = {
        c.fp: signed.address(c)
        if signed
        else _link(hide_name(c, kept) if hides else c.file, target.parent)
        if media.kind == "link"
        else next(names)
        for c in clips
    }
    measures = values_by_fingerprint(planned.plan, place.base, judged)
    takes = compare_takes(planned, options, judges=not blind)
    made = contents.content(board_of(planned.compiled), found, picks, sources, seen, settings, measures, judged, takes)
    made = guests.content(made, found, seed) if guest else made if hides is None else hides.content(made, found)
    shown = [page.data_url(seen[t.entry.fingerprint].poster) if t.video else "" for t in found]
    pieces = page.parts(made, shown, ((name, read_file(file, MOST_BYTES)) for name, file in blocks), media.kind,
                       *((signed.objects.origin, signed.until) if signed else ()))  # fmt: skip
    write_output(target, b"".join(piece.encode() for piece in pieces))
    if form == "json":
        print_json({
            "seedspec_review_page": 1, "page": str(target), "bytes": target.stat().st_size, "takes": len(found),
            "videos": len(clips), "media": media.kind, "guest": guest, "blind": blind,
            "films": len(settings.get("films", [])), "until": str(signed.until) if signed else None,
        })  # fmt: skip
        if open_it:
            open_page(target)
        return
    print_lines([str(target)])
    said = {"link": "the videos stay where they are", "inline": "videos inside", "proxy": "small copies inside",
            "signed": "the videos are in their bucket"}[media.kind]  # fmt: skip
    many, size = f"{len(found)} take{'s' * (len(found) != 1)}", target.stat().st_size / 1e6
    print_notes([f"{many}, {len(clips)} to watch; {size:.1f} MB, {said}"])
    if signed:
        print_notes([f"whoever has this page can watch them until {signed.until}: share it as you would share them"])
        _tell_missing(found, planned)
    if clips and not any(s.poster for s in seen.values()):
        print_notes(["no posters: they need more packages, pip install 'seedspec[media]'"])
    if clips and media.kind == "link":
        print_notes(["to send this page alone: --media proxy puts small copies of the videos into it"])
    if open_it:
        open_page(target)
    if not clips:
        print_next_of_plan(planned, options)
    elif guest:
        put = f"put the files that come back into reviews/, then {planned.place.commands.plain('stats')}"
        print_next(f"send the page; {put}")
    else:
        print_next(
            f"open the page, save what you choose there, then {planned.place.commands.plain('pick', '--from FILE')}"
        )


def _check_guest(media: MediaChoice, votes: Sequence[str], columns: str | None, rows: str | None) -> None:
    if media.kind in ("link", "signed"):
        message = "a page for guests has its videos inside: file names and addresses would tell what they are"
        raise Exit(2, f"{message}; --media proxy, or --media inline")
    if votes or columns or rows:
        raise Exit(2, "a page for guests has blind votes alone: leave out --votes, --x and --y")


def _settings(planned: Planned, found: Sequence[Take], media: Media, x: str | None, y: str | None) -> dict[str, Any]:
    choices = choices_in(planned)
    for axis in (x, y):
        if axis is not None:
            check_axis(axis, [t.entry for t in found], ("shot", "take"))
    if x is not None and x == y:
        raise Exit(2, f"`{x}` cannot be the rows and the columns")
    return {
        "x": x,
        "y": y,
        "media": media,
        "emulator": choices.emulated,
        "profile": choices.profile,
        "track": choices.track,
        "digest": contents.digest(choices.name, found, emulated=choices.emulated, profile=choices.profile),
        "modeline": schema_beside(choices.storyboard, "review", below="reviews"),
    }


def _films(planned: Planned, found: Sequence[Take], picks: Picks) -> list[dict[str, Any]]:
    """The films of the page; that there are none, or not all of them, is said where one might look for them."""
    if planned.compiled.lock_alone:
        return []
    try:
        made = films_in(planned.compiled, follow_addresses(picks, Entries(planned.compiled.entries))).films
    except NoFilms as error:
        print_notes([f"no films on the page: {error}"])
        return []
    films = page_films.films(found, made)
    if len(films) == page_films.MOST and len(made) > len(films):
        print_notes([f"the page has the first {len(films)} of {len(made):,} films; --select takes fewer"])
    return films


def _is_whole(planned: Planned, videos: SavedVideos, clip: Clip) -> bool:
    """Whether a clip's file is on this disk, as it was saved."""
    record = planned.plan.lock.last(clip.fp)
    size = videos.size(str(record.file)) if record is not None else None
    return size is not None and record is not None and record.get("bytes") in (None, size)


def _tell_missing(found: Sequence[Take], planned: Planned) -> None:
    if missing := len({t.entry.fingerprint for t in found if t.state == "gone"}):
        fetch = planned.place.commands.line("fetch", "--renders URL")
        many = f"{missing} saved video{'s are' if missing != 1 else ' is'}"
        print_notes([f"{many} not in the bucket: {fetch}, where they are, puts them there"])


def _clips(base: Path, found: Iterable[Take]) -> list[Clip]:
    """The videos to watch, each once: entries with the same request share one."""
    clips: dict[str, Clip] = {}
    for take in found:
        if take.video and take.record is not None:
            said = take.record
            facts = (float(said.get("seconds") or 0), said.get("fps"), said.get("audio"))
            clips.setdefault(said.fp, Clip(said.fp, base / str(said.file), str(said.get("sha256")), *facts))
    return list(clips.values())


def _link(file: Path, folder: Path) -> str:
    """A file's address from a page's folder, as a browser wants it."""
    return quote(Path(os.path.relpath(file, folder)).as_posix(), safe="/@=,+~")


def _blocks(clips: Iterable[Clip], media: Media, kept: Path) -> list[tuple[str, Path]]:
    listed = list(clips)
    made = dict(posters.each(lambda clip: posters.proxy(clip, kept), listed)) if media == "proxy" else {}
    return [(f"video-{i}", made.get(clip.fp, clip.file)) for i, clip in enumerate(listed)]


def _check_room(blocks: Iterable[tuple[str, Path]]) -> None:
    total = sum(file.stat().st_size for _, file in blocks)
    if total > MOST_BYTES:
        message = f"{total / 1e6:,.0f} MB of video do not fit in one page; at most {MOST_BYTES / 1e6:,.0f} MB do"
        raise Exit(2, f"{message}: --media proxy makes them smaller, --select takes fewer")
    if total > WARN_BYTES:
        print_notes([f"{total / 1e6:,.0f} MB of video inside: the page opens slowly; --media proxy is lighter"])
