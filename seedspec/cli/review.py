"""Commands for choosing takes: the review page, picks, and the standings of votes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
import orjson

from seedspec.api import Options, Planned, plan
from seedspec.cli import shared
from seedspec.cli.app import Exit
from seedspec.cli.naming import the_address
from seedspec.plan import picks as chosen
from seedspec.plan import stats
from seedspec.plan.picks import Pick, Picks
from seedspec.plan.review import Entries
from seedspec.report.review import content as contents
from seedspec.report.review import page, posters, results
from seedspec.report.review.content import Media, Take
from seedspec.report.review.posters import Clip
from seedspec.run.choices import Choices, read_picks, read_reviews, schema_beside
from seedspec.run.disk import hold, replace, state_folder
from seedspec.text.diagnostic import Problems, did_you_mean

WARN_BYTES, MOST_BYTES = 64_000_000, 256_000_000
"""Of videos inside one page: above the first it opens slowly, above the second browsers fail."""

_emulator = click.option("--emulator", is_flag=True, help="The emulator's takes, not the paid ones.")
_votes = click.option(
    "--votes", multiple=True, metavar="PATH", type=click.Path(exists=True),
    help="Review files, or folders of them.",
)  # fmt: skip


@click.command("review")
@shared.storyboard
@shared.selectors
@click.option("--out", "-o", type=click.Path(dir_okay=False), help="The page; STEM.review.html when not given.")
@click.option(
    "--media", type=click.Choice(["link", "inline", "proxy"]), default="link", show_default=True,
    help="Videos beside the page, inside it, or inside it as small copies.",
)  # fmt: skip
@click.option("--x", "columns", metavar="AXIS", help="The axis of the grid's columns.")
@click.option("--y", "rows", metavar="AXIS", help="The axis of the grid's rows.")
@click.option("--blind", is_flag=True, help="Open with pairs to vote on, names hidden.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the order and the sides of blind pairs.")
@_votes
@_emulator
def review_command(
    storyboard: str, select: tuple[str, ...], exclude: tuple[str, ...], out: str | None, media: Media,
    columns: str | None, rows: str | None, votes: tuple[str, ...], *, blind: bool, seed: int, emulator: bool,
) -> None:  # fmt: skip
    """Make a page to look at takes: grid, compare, blind votes, table. One HTML file, no server, no network.

    Picks, votes and notes are saved from the page as a small YAML file a reviewer; `seedspec pick --from` and
    `seedspec stats` read them.

    \b
    Examples:
      seedspec review --emulator
      seedspec review --media proxy --out review.html
      seedspec review --blind --select hook=reveal --votes reviews/
    """
    options = Options(select=select, exclude=exclude, emulated=emulator)
    planned = plan(storyboard, options, shared.compiled(storyboard))
    place = planned.place
    found = contents.takes(planned.plan, lambda file: _size(place.base / file))
    if not found:
        raise Exit(2, "no take is selected")
    problems = Problems()
    picks = read_picks(_choices(planned), problems)
    settings = _settings(planned, found, media, columns, rows) | {"blind": blind, "seed": seed}
    settings["stats"] = _stats(planned, votes, problems, ()) if votes else None
    _tell(problems)
    target = Path(out) if out else place.lock.with_suffix(".review.html")
    clips = [_clip(place.base, t) for t in _watchable(found)]
    kept = state_folder(place.base) / "review"
    sources = dict(_sources(clips, target.parent, media))
    seen = dict(posters.each(lambda clip: posters.look(clip, kept), clips))
    blocks = [] if media == "link" else _blocks(clips, media, kept)
    _check_room(blocks)
    assert planned.compiled.board is not None
    made = contents.content(planned.compiled.board, found, picks, sources, seen, settings)
    shown = [page.data_url(seen[t.entry.fingerprint].poster) if t.video else "" for t in found]
    pieces = page.parts(made, shown, ((name, file.read_bytes()) for name, file in blocks), media)
    replace(target, b"".join(piece.encode() for piece in pieces))
    shared.out([str(target)])
    said = {"link": "the videos stay where they are", "inline": "videos inside", "proxy": "small copies inside"}[media]
    shared.note([f"{len(found)} takes, {len(clips)} to watch; {target.stat().st_size / 1e6:.1f} MB, {said}"])
    if clips and not any(s.poster for s in seen.values()):
        shared.note(["no posters: they need more packages, pip install 'seedspec[media]'"])


@click.command("pick")
@click.argument("words", nargs=-1, metavar="[ENTRY [TAKE]]...")
@click.option("--storyboard", "-f", default="storyboard.yaml", show_default=True, type=click.Path(dir_okay=False))
@click.option("--from", "origin", multiple=True, metavar="PATH", type=click.Path(exists=True),
              help="Take over what reviewers picked; further files may follow.")  # fmt: skip
@click.option("--drop", is_flag=True, help="Forget the pick of ENTRY's variant.")
@click.option("--force", is_flag=True, help="Change a pick that is there; of several reviewers the last one wins.")
@_emulator
def pick_command(
    words: tuple[str, ...], storyboard: str, origin: tuple[str, ...], *, drop: bool, force: bool, emulator: bool
) -> None:
    """Choose the take of a variant, in STEM.picks.yaml beside the storyboard. A picked take is never bought again.

    ENTRY is an address, or one without its take, which TAKE then gives. Without anything the picks are listed.
    Exits 1 when reviewers, or the file, disagree; what they agree on is picked.

    \b
    Examples:
      seedspec pick open@look=noir,hook=reveal 2
      seedspec pick --from reviews/*.yaml
      seedspec pick --drop open@look=noir,hook=reveal
      seedspec pick
    """
    planned = plan(storyboard, Options(emulated=emulator), shared.compiled(storyboard))
    place = _choices(planned)
    entries = Entries(planned.compiled.entries)
    problems = Problems()
    known = read_picks(place, problems)
    if problems.failed:
        _tell(problems, code=3)
    known = chosen.moved(known, entries)
    if not (words or origin):
        shared.out(f"{p.address}  {', '.join(p.by)}".rstrip() for p in _ordered(known))
        shared.note([f"{len(known.by_variant)} picked"])
        return
    videos = {r.fp: str(r.get("sha256")) for r in planned.plan.lock if r.get("sha256")}
    if drop:
        after = _dropped(known, words, planned)
    elif origin:
        reviews = read_reviews(place, (*origin, *words), problems)
        after = chosen.added(known, chosen.chosen(reviews, entries, videos, problems), problems, force=force)
    else:
        after = chosen.added(known, [_named(words, planned, videos)], problems, force=force)
    with hold(place.lock):
        replace(place.picks, chosen.serialise(after, schema_beside(place.storyboard, "picks")).encode())
    changed = [p for p in _ordered(after) if known.by_variant.get(p.variant) != p]
    shared.out(f"{p.address}  picked" for p in changed)
    shared.out(f"{p.address}  no longer picked" for p in _ordered(known) if p.variant not in after.by_variant)
    shared.note([f"{len(after.by_variant)} picked in {place.picks.name}"])
    _tell(problems, code=1)


@click.command("stats")
@shared.storyboard
@click.option("--axis", multiple=True, metavar="AXIS", help="Only this axis.")
@_votes
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@_emulator
def stats_command(
    storyboard: str, axis: tuple[str, ...], votes: tuple[str, ...], form: str, *, emulator: bool
) -> None:
    """Say which labels and takes win the reviewers' votes, how often, and how sure that is.

    Reads the review files beside the storyboard and in reviews/, or those that --votes names.

    \b
    Examples:
      seedspec stats
      seedspec stats --axis hook --format json
    """
    planned = plan(storyboard, Options(emulated=emulator), shared.compiled(storyboard))
    problems = Problems()
    found = _stats(planned, votes, problems, axis)
    if form == "json":
        shared.out([orjson.dumps(found, option=orjson.OPT_INDENT_2).decode()])
    _tell(problems)
