"""`export … --film`: which films are meant, whether they can be handed on, where each goes, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import click

from seedspec.api import Planned
from seedspec.choices import films as values
from seedspec.choices.film_ratio import check_ratios
from seedspec.choices.films import Film, Films, NoFilms
from seedspec.choices.picks import Picks
from seedspec.cli.compiled import board_of, show_findings
from seedspec.cli.console import print_json, print_lines, print_notes
from seedspec.cli.main import Exit
from seedspec.cli.options import F
from seedspec.cli.output_path import check_output_path
from seedspec.project.files import check_way
from seedspec.project.film_rows import films_in
from seedspec.project.saved_video import SavedVideos
from seedspec.report.export.cut import Remark
from seedspec.report.export.film import FilmCut, film_cuts, size_of
from seedspec.report.page import content
from seedspec.text.diagnostic import Problems

_LONGEST_NAME = 255
"""Bytes that file systems take as a name."""

by_option = click.option(
    "--by", metavar="AXES", default="",
    help="What tells films apart: axes, those of shots too, or columns as axis.column, with commas between them; the"
    " storyboard's axes when not given.",
)  # fmt: skip


def film_options(function: F) -> F:
    """--film, --by and --gaps, on every export that can be of films."""
    film = click.option(
        "--film", is_flag=True,
        help="One file for each film: a row of the storyboard's axes, with the picked take of every shot, or its first."
        " --select and --exclude take axis=label of films; -o is their folder.",
    )  # fmt: skip
    gaps = click.option("--gaps", is_flag=True, help="Films with takes that have no video, too; gaps stand for these.")
    return film(by_option(gaps(function)))


def check_film_words(*, film: bool, by: str, gaps: bool = False, every: bool = False) -> None:
    """Ends the command for options that mean nothing together."""
    if not film and (by or gaps):
        raise Exit(2, f"{'--by' if by else '--gaps'} is about films; add --film")
    if film and every:
        raise Exit(2, "--film and --all exclude each other: one take of each shot plays in a film")


def films_by(planned: Planned, picks: Picks, by: str) -> Films:
    """The films of a storyboard by axes that are named with commas. What cannot be made ends the command."""
    if planned.compiled.lock_alone:
        raise Exit(3, "films are rows of a storyboard: its errors have to go first")
    try:
        return films_in(planned.compiled, picks, [name for part in by.split(",") if (name := part.strip())])
    except NoFilms as error:
        raise Exit(2, str(error)) from None


def read_films(
    planned: Planned, picks: Picks, remarks: dict[str, tuple[Remark, ...]], by: str, select: Iterable[str],
    exclude: Iterable[str], *, gaps: bool,
) -> list[FilmCut]:  # fmt: skip
    """The films to be handed on. What stands against any of them ends the command before a file is written."""
    found = films_by(planned, picks, by)
    try:
        films = values.chosen_films(found.films, select, exclude)
    except NoFilms as error:
        raise Exit(2, str(error)) from None
    if not films:
        raise Exit(2, "no film is selected")
    if (same := values.same_file_names(films)) is not None:
        one, other = same
        raise Exit(2, f"`{one.name}` and `{other.name}` would have one file name; expected names that differ in more "
                      "than letter case, or `:` and `x`")  # fmt: skip
    problems, shots = Problems(), {shot.id: shot.span for shot in board_of(planned.compiled).shots}
    check_ratios(films, lambda entry: size_of(planned.plan, entry), shots, problems)
    show_findings(problems)
    if problems.failed:
        raise Exit(3)
    videos = SavedVideos(planned.place.base)
    stands = {t.entry.address: content.WORDS[t.state] for t in content.takes(planned.plan, videos.size)}
    cuts = film_cuts(films, planned.plan, remarks, videos.at, stands)
    print_notes(videos.refused.values())
    if not gaps and (lacking := [gap for cut in cuts for gap in cut.gaps]):
        many = sum(bool(cut.gaps) for cut in cuts)
        missing = ", ".join(dict.fromkeys(f"{gap.name} ({gap.state})" for gap in lacking))
        raise Exit(2, f"{many} of {len(cuts)} film{'s' * (len(cuts) != 1)} lack{'s' * (many == 1)} videos: {missing}; "
                      "--gaps makes them with gaps")  # fmt: skip
    _tell_unused(found)
    return cuts


def film_targets(planned: Planned, cuts: Sequence[FilmCut], out: str | None, ending: str) -> list[Path]:
    """Where each film goes: beside the storyboard, or into a folder, which is made. Ends the command where one must
    not be written."""
    own = [planned.place.beside(f".{cut.film.file}{ending}") for cut in cuts]
    if out is not None:
        folder = Path(out)
        check_way(folder)
        if folder.exists() and not folder.is_dir():
            raise Exit(2, f"`{out}` is a file; expected the folder of the films with --film")
        own = [folder / path.name for path in own]
    if long := next((path for path in own if len(path.name.encode()) > _LONGEST_NAME), None):
        raise Exit(2, f"the file name of a film would be longer than {_LONGEST_NAME} bytes: `{long.name}`; "
                      "name fewer axes: --by AXES")  # fmt: skip
    targets = [check_output_path(path, planned, makes_folder=out is not None) for path in own]
    if out is not None:
        Path(out).mkdir(exist_ok=True)
    return targets


def tell_films(
    cuts: Sequence[FilmCut], targets: Sequence[Path], make: Callable[[FilmCut, Path], str], form: str
) -> None:
    """Makes each film, shows its file, and says what is in it and what is unlike what one might expect."""
    if form == "json":
        files = []
        for cut, target in zip(cuts, targets, strict=True):
            make(cut, target)
            takes = [part.entry.address for part in cut.parts]
            files.append({"file": str(target), "film": cut.film.name, "takes": takes})
        print_json({"seedspec_export_files": 1, "files": files, "missing": [], "unpicked": []})
        return
    for cut, target in zip(cuts, targets, strict=True):
        said = make(cut, target)
        print_lines([str(target)])
        shots = f"{len(cut.parts)} shot{'s' * (len(cut.parts) != 1)}, {cut.seconds:.1f} s"
        print_notes([f"{cut.film.name}: {shots}{said}"])
    print_notes(_remarks(cuts))


def _remarks(cuts: Sequence[FilmCut]) -> list[str]:
    """What is to be said of films, each thing once for all of them."""
    plays = [play for cut in cuts for play in cut.film.plays]
    unpicked = dict.fromkeys(p.entry.address for p in plays if not p.picked and p.choices > 1)
    rivals = dict.fromkeys((p.entry.address, *p.rivals) for p in plays if p.rivals)
    lines = [f"not picked, so the first plays: {some(unpicked)}"] if unpicked else []
    lines += [f"several are picked, and the first plays: {', '.join(group)}" for group in rivals]
    gaps = dict.fromkeys(f"{gap.name} ({gap.state})" for cut in cuts for gap in cut.gaps)
    lines += [f"gaps: {', '.join(gaps)}"] if gaps else []
    for cut in cuts:
        if cut.film.lacks:
            lines.append(f"{cut.film.name}: its row has no {', '.join(f'`{shot}`' for shot in cut.film.lacks)}")
    seen: dict[str, Film] = {}
    for cut in cuts:
        first = seen.setdefault(cut.film.fingerprint, cut.film)
        if first is not cut.film:
            lines.append(f"{cut.film.name} plays the same videos as {first.name}")
    return lines


def _tell_unused(found: Films) -> None:
    if found.unused:
        print_notes([f"in no film, because no row of the storyboard is theirs: {some(found.unused)}"])


def some(names: Iterable[str]) -> str:
    """The first five of several names, and how many more there are."""
    listed = list(names)
    rest = f" and {len(listed) - 5} more" if len(listed) > 5 else ""
    return ", ".join(listed[:5]) + rest
