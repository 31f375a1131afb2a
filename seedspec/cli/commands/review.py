"""Commands for choosing takes: the review page, picks, and the standings of votes."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
import orjson

from seedspec.api import Options, Planned, plan
from seedspec.choices import picks as chosen
from seedspec.choices import standings
from seedspec.choices.picks import Pick, Picks
from seedspec.choices.reviews import Entries
from seedspec.choices.standings import Standings
from seedspec.cli import shared
from seedspec.cli.console import echo
from seedspec.cli.entry_argument import the_address
from seedspec.cli.main import Exit
from seedspec.cli.output_path import judged
from seedspec.compiler.address import parse
from seedspec.project.atomic import replace, write_output
from seedspec.project.choice_files import Choices, choices_of, read_picks, read_reviews, schema_beside
from seedspec.project.files import read_file
from seedspec.project.names import lock_of
from seedspec.project.paths import meant
from seedspec.project.saved_video import SavedVideos
from seedspec.project.state_folder import state_folder
from seedspec.report.page import content as contents
from seedspec.report.page import page, posters, results
from seedspec.report.page.content import Media, Take
from seedspec.report.page.posters import Clip
from seedspec.run.store.lock_file import hold
from seedspec.text.diagnostic import Problems, did_you_mean, listed

WARN_BYTES, MOST_BYTES = 64_000_000, 256_000_000
"""Of videos inside one page: above the first it opens slowly, above the second browsers fail."""
_PATIENCE = 10.0
"""Seconds that a pick waits for another one: each takes a moment alone."""


def _emulator(function: shared.F) -> shared.F:
    option = click.option("--emulator", is_flag=True, help="The emulator's takes, not the paid ones.")
    return shared.profiled(option(function))


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
    columns: str | None, rows: str | None, votes: tuple[str, ...], profile: str,
    *, blind: bool, seed: int, emulator: bool,
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
    planned = plan(storyboard, options, shared.compiled(storyboard, profile, emulated=emulator))
    place = planned.place
    videos = SavedVideos(place.base)
    # a page is made to be shared: its commands do not say where the storyboard lies on this machine
    shared_as = meant(Path(Path(storyboard).name), emulated=emulator, profile=place.profile)
    found = contents.takes(planned.plan, lambda file: _size(videos, file), shared_as)
    shared.note(videos.refused.values())
    if not found:
        raise Exit(2, "no take is selected")
    target = judged(out or place.beside(".review.html"), planned)
    problems = Problems()
    picks = read_picks(_choices(planned), problems)
    settings = _settings(planned, found, media, columns, rows) | {"blind": blind, "seed": seed}
    settings["stats"] = results.as_json(*_standings(planned, votes, problems, ())) if votes else None
    _tell(problems)
    clips = _clips(place.base, found)
    kept = state_folder(place.base) / "review"
    kept.mkdir(exist_ok=True)
    seen = dict(posters.each(posters.look, clips))
    blocks = [] if media == "link" else _blocks(clips, media, kept)
    _check_room(blocks)
    names = (name for name, _ in blocks)
    sources = {c.fp: _link(c.file, target.parent) if media == "link" else next(names) for c in clips}
    assert planned.compiled.board is not None
    made = contents.content(planned.compiled.board, found, picks, sources, seen, settings)
    shown = [page.data_url(seen[t.entry.fingerprint].poster) if t.video else "" for t in found]
    pieces = page.parts(made, shown, ((name, read_file(file, MOST_BYTES)) for name, file in blocks), media)
    write_output(target, b"".join(piece.encode() for piece in pieces))
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
    words: tuple[str, ...], storyboard: str, origin: tuple[str, ...], profile: str,
    *, drop: bool, force: bool, emulator: bool,
) -> None:  # fmt: skip
    """Choose the take of a variant, in STEM.picks.yaml beside the storyboard. A picked take is never bought again.

    ENTRY is an address, or one without its take, which TAKE then gives. Without anything the picks are listed.
    Exits 1 when reviewers, or the file, disagree; what they agree on is picked.

    \b
    Examples:
      seedspec pick open@look=noir,hook=reveal 2
      seedspec pick --from reviews/*.yaml
      seedspec pick --profile draft open@look=noir,hook=reveal 2
      seedspec pick --drop open@look=noir,hook=reveal
      seedspec pick
    """
    _check_words(words, origin, drop=drop)
    planned = plan(storyboard, Options(emulated=emulator), shared.compiled(storyboard, profile, emulated=emulator))
    place = _choices(planned)
    entries = Entries(planned.compiled.entries)
    problems = Problems()
    if not (words or origin):
        known = _known(place, entries, problems)
        shared.out(f"{p.address}  {', '.join(p.by)}".rstrip() for p in _ordered(known))
        shared.note([f"{len(known.by_variant)} picked"])
        return
    videos = {r.fp: str(r.get("sha256")) for r in planned.plan.lock if r.get("sha256")}
    with hold(place.picks, wait=_PATIENCE):  # several people's picks at once: each is added to those before
        known = _known(place, entries, problems)
        if drop:
            after = _dropped(known, words, planned)
        elif origin:
            reviews = read_reviews(place, (*origin, *words), problems)
            if problems.failed:
                _tell(problems)
            wanted = chosen.chosen(reviews, entries, videos, problems, place.profile)
            after = chosen.added(known, wanted, problems, force=force)
        else:
            after = chosen.added(known, [_named(words, planned, videos)], problems, force=force)
        if after.by_variant or after.others or place.picks.exists():
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
    storyboard: str, axis: tuple[str, ...], votes: tuple[str, ...], profile: str, form: str, *, emulator: bool
) -> None:
    """Say which labels and takes win the reviewers' votes, how often, and how sure that is.

    Reads the review files beside the storyboard and in reviews/, or those that --votes names.

    \b
    Examples:
      seedspec stats
      seedspec stats --axis hook --format json
    """
    planned = plan(storyboard, Options(emulated=emulator), shared.compiled(storyboard, profile, emulated=emulator))
    problems = Problems()
    axes, shots = _standings(planned, votes, problems, axis)
    if form == "json":
        echo(orjson.dumps(results.as_json(axes, shots), option=orjson.OPT_INDENT_2))
    else:
        shared.out(results.as_text(axes, shots))
    _tell(problems, code=3)


def _known(place: Choices, entries: Entries, problems: Problems) -> Picks:
    """The picks that are there, under the addresses of today; what is wrong with them ends the command."""
    known = read_picks(place, problems)
    if problems.failed:
        _tell(problems)
    return chosen.moved(known, entries)


def _choices(planned: Planned) -> Choices:
    path, board = planned.compiled.path, shared.board(planned.compiled)
    return choices_of(path, board, emulated=planned.place.lock == lock_of(path, emulated=True))


def _tell(problems: Problems, *, code: int = 3) -> None:
    """Shows what was found in the files of reviewers; errors end the command."""
    shared.tell(problems)
    if problems.failed:
        raise Exit(code)


def _standings(
    planned: Planned, votes: Collection[str], problems: Problems, only: Sequence[str]
) -> tuple[list[Standings], list[Standings]]:
    """By each axis that was voted on, or by those asked for alone, and by take."""
    reviews = read_reviews(_choices(planned), votes, problems)
    ballots = standings.ballots(reviews, Entries(planned.compiled.entries), problems)
    names = list(dict.fromkeys(name for e in planned.compiled.entries for name, _ in e.labels))
    for name in only:
        _check_axis(name, names)
    axes = [standings.by_axis(ballots, name) for name in only or names]
    return [s for s in axes if only or s.votes or s.bad], [] if only else standings.by_take(ballots)


def _check_axis(name: str, known: Sequence[str]) -> None:
    if name not in known:
        near = did_you_mean(name, known)
        raise Exit(2, f"no axis `{name}`; {near[0] if near else 'the storyboard has ' + listed(known)}")


def _settings(planned: Planned, found: Sequence[Take], media: Media, x: str | None, y: str | None) -> dict[str, Any]:
    choices = _choices(planned)
    names = ["shot", *dict.fromkeys(name for t in found for name, _ in t.entry.labels), "take"]
    for axis in (x, y):
        if axis is not None:
            _check_axis(axis, names)
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


def _size(videos: SavedVideos, file: str) -> int | None:
    path = videos.at(file)
    return path.stat().st_size if path is not None else -1 if file in videos.refused else None


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
        shared.note([f"{total / 1e6:,.0f} MB of video inside: the page opens slowly; --media proxy is lighter"])


def _ordered(picks: Picks) -> list[Pick]:
    return sorted(picks.by_variant.values(), key=lambda p: p.variant)


def _check_words(words: Sequence[str], origin: Sequence[str], *, drop: bool) -> None:
    """Ends the command for words that mean nothing with its options: who wrote them expects something of them."""
    if drop and origin:
        raise Exit(2, "--drop and --from exclude each other")
    if drop and not words:
        raise Exit(2, "--drop needs the ENTRY whose pick is to go")
    if drop and len(words) > 1:
        raise Exit(2, f"found `{' '.join(words[1:])}`; expected ENTRY alone with --drop, which forgets any take of it")
    if origin and (missing := next((word for word in words if not Path(word).exists()), None)) is not None:
        raise Exit(2, f"`{missing}` is no review file, nor a folder of them; expected nothing else with --from")


def _named(words: Sequence[str], planned: Planned, videos: Mapping[str, str]) -> Pick:
    """The take that ENTRY, or ENTRY and TAKE, name; only one whose video was saved can be chosen."""
    address = _address(words, planned)
    entry = next(e for e in planned.compiled.entries if e.address == address)
    if entry.fingerprint not in videos:
        raise Exit(
            2, f"`{entry.address}` has no saved video; {planned.place.meant.command('status')} says where it stands"
        )
    return Pick(entry.address, entry.fingerprint, videos[entry.fingerprint], profile=planned.place.profile)


def _address(words: Sequence[str], planned: Planned) -> str:
    if len(words) > 2 or (len(words) == 2 and not re.fullmatch("[0-9]+", words[1])):
        raise Exit(2, f"found `{' '.join(words)}`; expected ENTRY and perhaps TAKE, a number")
    addresses = [e.address for e in planned.compiled.entries]
    if len(words) == 1:
        return the_address(words[0], addresses)
    return the_address(words[0], [a for a in addresses if a.endswith(f"/{words[1]}")])


def _dropped(known: Picks, words: Sequence[str], planned: Planned) -> Picks:
    variants = {v: p.address for v, p in known.by_variant.items()}
    address = the_address(words[0], [*variants, *variants.values()])
    variant = address if address in variants else parse(address).variant
    return Picks({v: p for v, p in known.by_variant.items() if v != variant}, known.others)
