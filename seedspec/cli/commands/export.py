"""The commands that hand takes on: to editing programs, as one video, as a contact sheet, to a spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import click

from seedspec.api import Options, Planned
from seedspec.choices.picks import Picks, follow_addresses
from seedspec.choices.reviews import Entries
from seedspec.cli.compiled import board_of, show_findings
from seedspec.cli.console import echo, json_of, pour, print_json, print_lines, print_notes, steady_csv
from seedspec.cli.film_exports import check_film_words, film_options, film_targets, read_films, some, tell_films
from seedspec.cli.main import Exit
from seedspec.cli.options import (
    F,
    check_bucket,
    emulator_option,
    json_option,
    ledger_option,
    profile_option,
    select_options,
    storyboard_argument,
)  # fmt: skip
from seedspec.cli.output_path import check_output_path
from seedspec.cli.plan_view import seen_of
from seedspec.media.facts import Facts, MediaError, MediaMissing
from seedspec.media.reader import facts
from seedspec.project.atomic import is_stream, replacement, write_output
from seedspec.project.choice_files import choices_of, read_picks, read_reviews
from seedspec.project.judged_file import read_judged
from seedspec.project.saved_measures import values_by_fingerprint
from seedspec.project.saved_video import SavedVideos
from seedspec.report.export import spreadsheet
from seedspec.report.export.cut import Cutting, Remark, cutting, remarks_of
from seedspec.report.export.film import FilmCut
from seedspec.text.diagnostic import Problems


class Source(NamedTuple):
    """What every export is made from."""

    planned: Planned
    picks: Picks
    remarks: dict[str, tuple[Remark, ...]]


@click.group("export")
def export_command() -> None:
    """Hand takes on: to an editing program, as one video, as a contact sheet, to a spreadsheet.

    Once takes are picked (`seedspec pick`), a cut has only the picked take of each variant; --all takes every saved
    take. With --film there is one file for each film. It uses no network.

    \b
    Examples:
      seedspec export otio
      seedspec export animatic --film
      seedspec export animatic --names --select hook=reveal
      seedspec export csv > takes.csv
    """


def _source_options(function: F) -> F:
    emulator = emulator_option("The emulator's takes, not the paid ones.")
    return storyboard_argument(select_options(profile_option(emulator(ledger_option()(function)))))


def _all_option(function: F) -> F:
    return click.option("--all", "every", is_flag=True, help="Every saved take, whatever is picked.")(function)


def _out_option(ending: str) -> Callable[[F], F]:
    told = f"The file; STEM{ending} beside the storyboard when not given."
    out = click.option("--out", "-o", type=click.Path(), help=told)
    return lambda function: out(json_option(function))


@export_command.command("otio")
@_source_options
@_all_option
@film_options
@_out_option(".otio")
@click.option("--absolute", is_flag=True, help="Absolute addresses of the videos, not relative to the file.")
def otio_command(
    storyboard: str, select: tuple[str, ...], exclude: tuple[str, ...], profile: str,
    ledger: str | None, by: str, out: str | None, form: str,
    *, emulator: bool, every: bool, film: bool, gaps: bool, absolute: bool,
) -> None:  # fmt: skip
    """An OpenTimelineIO timeline: takes as clips in order, notes as markers, requests as metadata.

    \b
    Examples:
      seedspec export otio
      seedspec export otio --select look=noir -o edit/noir.otio
      seedspec export otio --film -o edit
    """
    check_film_words(film=film, by=by, gaps=gaps, every=every)
    source = _read_source(storyboard, *(((), ()) if film else (select, exclude)), profile, ledger, emulated=emulator)
    try:
        from seedspec.report.export.timeline import timeline
    except ImportError:
        raise Exit(2, "timelines need one package more: pip install 'seedspec[export]'") from None
    if film:
        films = _films(source, by, select, exclude, gaps=gaps)
        targets = film_targets(source.planned, films, out, ".otio")

        def write(cut: FilmCut, target: Path) -> str:
            name = f"{_name(source)} {cut.film.name}"
            write_output(target, timeline(cut.parts, name, target.parent, _facts_of, absolute=absolute).encode())
            return ""

        tell_films(films, targets, write, form)
        return
    found, target = _cut(source, every=every), _target(source, out, ".otio")
    text = timeline(found.cuts, _name(source), target.parent, _facts_of, absolute=absolute)
    write_output(target, text.encode())
    _tell(target, found, _many(found, "clip"), form)


@export_command.command("animatic")
@_source_options
@_all_option
@film_options
@_out_option(".animatic.mp4")
@click.option("--names", is_flag=True, help="Burn each take's address into its picture.")
@click.option("--size", metavar="WIDTHxHEIGHT", help="Size of the picture; without it, the size of most takes.")
@click.option("--fps", type=click.Choice(["24", "25", "30", "48", "50", "60"]), help="Pictures a second.")
def animatic_command(
    storyboard: str, select: tuple[str, ...], exclude: tuple[str, ...], profile: str,
    ledger: str | None, by: str, out: str | None, size: str | None, fps: str | None, form: str,
    *, emulator: bool, every: bool, film: bool, gaps: bool, names: bool,
) -> None:  # fmt: skip
    """One video of the takes in order, scaled and padded to one canvas, silent where there is no sound.

    \b
    Examples:
      seedspec export animatic --names
      seedspec export animatic --size 720x1280 -o cut.mp4
      seedspec export animatic --film --select hook=reveal
    """
    check_film_words(film=film, by=by, gaps=gaps, every=every)
    source = _read_source(storyboard, *(((), ()) if film else (select, exclude)), profile, ledger, emulated=emulator)
    canvas_size = _size(size)
    try:
        from seedspec.report.export.animatic import animatic, canvas_of, film_animatic, list_letterboxed, usual_size
    except ImportError:
        raise Exit(2, str(MediaMissing())) from None
    rate = int(fps) if fps else None
    if film:
        films = _films(source, by, select, exclude, gaps=gaps)
        targets = film_targets(source.planned, films, out, ".animatic.mp4")

        def write(cut: FilmCut, target: Path) -> str:
            canvas = canvas_of(cut.cuts, _facts_of, size=canvas_size, fps=rate, usual=usual_size(cut))
            with _video_file(target) as aside:
                film_animatic(cut, aside, canvas, names=names)
            boxed = list_letterboxed(cut, canvas)
            return f", {canvas.width}×{canvas.height}" + (f"; letter-boxed: {', '.join(boxed)}" if boxed else "")

        tell_films(films, targets, write, form)
        return
    found, target = _cut(source, every=every), _target(source, out, ".animatic.mp4")
    canvas = canvas_of(found.cuts, _facts_of, size=canvas_size, fps=rate)
    with _video_file(target) as aside:
        seconds = animatic(found.cuts, aside, canvas, names=names)
    _tell(target, found, f"{_many(found, 'take')}, {seconds:.1f} s, {canvas.width}×{canvas.height}", form)


@export_command.command("sheet")
@_source_options
@_all_option
@film_options
@_out_option(".sheet.png")
@click.option("--across", type=click.IntRange(1, 40), default=4, show_default=True, help="Pictures in a row.")
@click.option("--width", type=click.IntRange(200, 20_000), default=1600, show_default=True, help="In pixels.")
def sheet_command(
    storyboard: str, select: tuple[str, ...], exclude: tuple[str, ...], profile: str,
    ledger: str | None, by: str, out: str | None, across: int, width: int, form: str,
    *, emulator: bool, every: bool, film: bool, gaps: bool,
) -> None:  # fmt: skip
    """A contact sheet: a picture from the middle of each take, with its name, as a PNG file.

    With --film a sheet has a row for each shot: --across pictures from its beginning to its end.

    \b
    Examples:
      seedspec export sheet
      seedspec export sheet --select take=1 --across 6
      seedspec export sheet --film
    """
    check_film_words(film=film, by=by, gaps=gaps, every=every)
    source = _read_source(storyboard, *(((), ()) if film else (select, exclude)), profile, ledger, emulated=emulator)
    try:
        from seedspec.report.export.sheet import film_sheet, sheet
    except ImportError:
        raise Exit(2, str(MediaMissing())) from None
    if film:
        films = _films(source, by, select, exclude, gaps=gaps)
        targets = film_targets(source.planned, films, out, ".sheet.png")

        def write(cut: FilmCut, target: Path) -> str:
            write_output(target, film_sheet(cut, across=across, width=width))
            return ""

        tell_films(films, targets, write, form)
        return
    found, target = _cut(source, every=every), _target(source, out, ".sheet.png")
    write_output(target, sheet(found.cuts, across=min(across, len(found.cuts)), width=width))
    _tell(target, found, _many(found, "take"), form)


@export_command.command("csv")
@_source_options
@click.option("--out", "-o", type=click.Path(dir_okay=False), help="The file; standard output when not given.")
@click.option("--bom", is_flag=True, help="Begin with a byte order mark: Excel then reads Chinese as it is.")
def csv_command(
    storyboard: str, select: tuple[str, ...], exclude: tuple[str, ...], profile: str,
    ledger: str | None, out: str | None, *, emulator: bool, bom: bool,
) -> None:  # fmt: skip
    """Everything about every entry as a table. A cell that a spreadsheet would run as a formula is made text.

    \b
    Examples:
      seedspec export csv > takes.csv
      seedspec export csv --bom -o takes.csv
    """
    source = _read_source(storyboard, select, exclude, profile, ledger, emulated=emulator)
    text = ("\ufeff" if bom else "") + spreadsheet.as_csv(_rows(source))
    if out is None:
        pour(steady_csv(text))
    else:
        _write(source, out, text)


@export_command.command("json")
@_source_options
@click.option("--out", "-o", type=click.Path(dir_okay=False), help="The file; standard output when not given.")
def json_command(
    storyboard: str, select: tuple[str, ...], exclude: tuple[str, ...], profile: str,
    ledger: str | None, out: str | None, *, emulator: bool,
) -> None:  # fmt: skip
    """The same rows as JSON.

    \b
    Examples:
      seedspec export json | jq '.entries[] | select(.picked) | .file'
    """
    source = _read_source(storyboard, select, exclude, profile, ledger, emulated=emulator)
    board = board_of(source.planned.compiled)
    document = spreadsheet.as_json(_rows(source), board.name, board.rate)
    text = json_of(document)
    if out is None:
        echo(text)
    else:
        _write(source, out, text.decode() + "\n")


def _read_source(
    storyboard: str, select: tuple[str, ...], exclude: tuple[str, ...], profile: str, ledger: str | None,
    *, emulated: bool,
) -> Source:  # fmt: skip
    options = Options(
        select=select, exclude=exclude, emulated=emulated, profile=profile,
        ledger=check_bucket("ledger", ledger, emulator=emulated),
    )  # fmt: skip
    planned = seen_of(storyboard, options)
    board = board_of(planned.compiled)
    place, problems = choices_of(planned.compiled.path, board, emulated=emulated), Problems()
    entries = Entries(planned.compiled.entries)
    picks = follow_addresses(read_picks(place, problems), entries)
    remarks = remarks_of(read_reviews(place, (), problems), entries)
    show_findings(problems)
    if problems.failed:
        raise Exit(3)
    return Source(planned, picks, remarks)


def _films(source: Source, by: str, select: tuple[str, ...], exclude: tuple[str, ...], *, gaps: bool) -> list[FilmCut]:
    return read_films(source.planned, source.picks, source.remarks, by, select, exclude, gaps=gaps)


@contextmanager
def _video_file(target: Path) -> Iterator[Path]:
    """A new file that takes the place of the target once the video in it is whole. A take that does not play ends the
    command."""
    if is_stream(target):
        raise Exit(2, f"`{target}` is no file; a video needs one to be written to")
    try:
        with replacement(target) as aside:
            yield aside
    except MediaError as error:
        raise Exit(2, str(error)) from None


def _cut(source: Source, *, every: bool) -> Cutting:
    picks = Picks() if every else source.picks
    videos = SavedVideos(source.planned.place.base)
    found = cutting(source.planned.plan, picks, source.remarks, videos.at)
    print_notes(videos.refused.values())
    if not found.cuts:
        raise Exit(2, f"no take is saved here; {source.planned.place.commands.line('status')} says where they stand")
    return found


def _rows(source: Source) -> list[dict[str, Any]]:
    rate, planned, problems = board_of(source.planned.compiled).rate, source.planned, Problems()
    judged = read_judged(planned.place.lock, problems)
    show_findings(problems)
    measures = values_by_fingerprint(planned.plan, planned.place.base, judged)
    return spreadsheet.rows(planned.plan, source.picks, source.remarks, rate, planned.place.commands, measures)


def _name(source: Source) -> str:
    return board_of(source.planned.compiled).name


def _target(source: Source, out: str | None, ending: str) -> Path:
    return check_output_path(out if out is not None else source.planned.place.beside(ending), source.planned)


def _tell(target: Path, found: Cutting, what: str, form: str) -> None:
    if form == "json":
        left = {"missing": list(found.missing), "unpicked": list(found.unpicked)}
        file = {"file": str(target), "film": None, "takes": [cut.entry.address for cut in found.cuts]}
        print_json({"seedspec_export_files": 1, "files": [file], **left})
        return
    print_lines([str(target)])
    lines = [what]
    if found.missing:
        lines.append(f"without a video here, so left out: {some(found.missing)}")
    if found.unpicked:
        lines.append(f"without a pick, so left out: {some(found.unpicked)}; --all takes every saved take")
    print_notes(lines)


def _many(found: Cutting, thing: str) -> str:
    return f"{len(found.cuts)} {thing}{'s' * (len(found.cuts) != 1)}"


def _write(source: Source, out: str, text: str) -> None:
    write_output(check_output_path(out, source.planned), text.encode())
    print_lines([out])


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    if not re.fullmatch("[0-9]{1,9}x[0-9]{1,9}", text):
        raise Exit(2, f"--size is `{text}`; expected WIDTHxHEIGHT, such as 1280x720")
    width, _, height = text.partition("x")
    found = int(width), int(height)
    if any(side % 2 or not 64 <= side <= 8192 for side in found):
        raise Exit(2, f"--size is `{text}`; expected even numbers from 64 to 8192")
    return found


def _facts_of(path: Path) -> Facts | None:
    """The facts of a video, None where they cannot be had."""
    try:
        return facts(path)
    except MediaError:
        return None
