"""`measure`: what saved videos are like, by looking at each of them once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import click

from seedspec.api import Options
from seedspec.cli.compiled import show_findings
from seedspec.cli.console import print_json, print_lines, print_next, print_notes
from seedspec.cli.executors import check_executor, executor_option, measure_all, open_jobs
from seedspec.cli.judges import Named, ask_judges, check_judges, judge_options
from seedspec.cli.main import Exit
from seedspec.cli.options import (
    check_bucket,
    emulator_option,
    ledger_option,
    profile_option,
    renders_option,
    select_options,
    storyboard_argument,
)  # fmt: skip
from seedspec.cli.plan_view import seen_of
from seedspec.cli.run_options import strict_option
from seedspec.lock.run_events import Compared
from seedspec.measures.values import Measured
from seedspec.plan.command_hint import CommandHint
from seedspec.project.judge_questions import questions
from seedspec.project.judged_file import read_judged
from seedspec.project.saved_measures import MeasuresFolder, Trouble, Video, is_digest, videos_of
from seedspec.project.workers import cores
from seedspec.report import expected
from seedspec.report import measures as shown
from seedspec.run.prepare import compare_takes
from seedspec.text.diagnostic import Problems

_MOST_UNMET = 100


@click.command("measure")
@storyboard_argument
@select_options
@profile_option
@emulator_option("The emulator's takes, not the paid ones.")
@strict_option
@ledger_option()
@click.option("--workers", type=click.IntRange(1, 64), metavar="N", help="Processes at once; else one a core.")
@executor_option
@renders_option("With --executor: the videos come from this bucket.")
@judge_options
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def measure_command(
    storyboard: str, select: tuple[str, ...], exclude: tuple[str, ...], profile: str, workers: int | None,
    executor: str | None, renders: str | None, judges: tuple[Named, ...], judge_timeout: float, form: str,
    ledger: str | None, *, emulator: bool, strict_expect: bool,
) -> None:  # fmt: skip
    """Measure saved videos: black, frozen and silent spans, loudness, peaks, clipping, cuts.

    Each video is decoded once. What is measured already is not measured again, so the command can be broken off and
    called again. Measures stand in .seedspec/measures on this machine; nothing is bought, sent or locked by them.
    A video that is not what `expect` in the storyboard says is told at its line; the exit code is 9, unless people
    picked it.

    A judge is a program of your own that gives each video a score. Its answers stand in STEM.measures.jsonl beside the
    storyboard; commit it to git.

    \b
    Examples:
      seedspec measure
      seedspec measure --select open --workers 4
      seedspec measure --emulator --format json
      seedspec measure --executor dask
      seedspec measure --executor tls://10.0.0.5:8786 --renders s3://our-bucket/renders
      seedspec measure --judge "bright=python judges/brightness.py"
    """
    check_judges(judges)
    renders = check_bucket("renders", renders, emulator=emulator) if executor is not None else None
    check_executor(executor, renders)
    options = Options(
        select=select, exclude=exclude, emulated=emulator, profile=profile, strict_expect=strict_expect,
        ledger=check_bucket("ledger", ledger, emulator=emulator),
    )  # fmt: skip
    planned = seen_of(storyboard, options)
    base, commands = planned.place.base, planned.place.commands
    videos = videos_of(planned.plan, base, commands)
    folder = MeasuresFolder(base)
    afar = executor is not None and renders is not None  # such workers see no file of this machine, and need none
    trouble = {v: v.trouble for v in videos if v.trouble is not None and not (afar and is_digest(v.sha256))}
    new = [video for video in videos if video not in trouble and folder.needs(video)]
    with open_jobs(executor, renders, base, min(workers or cores(), len(new))) if new else nullcontext() as jobs:
        for number, (video, found) in enumerate(measure_all(new, jobs, commands) if jobs else (), 1):
            if isinstance(found, Measured):
                folder.keep(found)
                said = shown.line(found.with_reference(video.like))
            else:
                trouble[video], said = found, found.found
            if form == "text":
                print_lines([f"[{number}/{len(new)}] {video.entries[0]}: {said}"])
    whole = not trouble
    if judges:
        asked = list(questions(planned.plan, base, (v for v in videos if v not in trouble)))
        whole = ask_judges(planned.place.lock, judges, asked, judge_timeout, text=form == "text") and whole
    takes = tuple(compare_takes(planned, options).values())
    if form == "json":
        problems = Problems()
        judged = read_judged(planned.place.lock, problems)
        show_findings(problems)
        values = {v: known.with_reference(v.like) if (known := folder.read(v.sha256)) else None for v in videos}
        print_json(shown.as_json(videos, values, trouble, judged) | _expectations_json(takes))
    _tell(videos, new, trouble, commands)
    print_notes(expected.lines(takes, commands, _MOST_UNMET))
    if not whole:
        raise Exit(1)
    if any(take.counts(strict=strict_expect) for take in takes):
        raise Exit(9)


def _expectations_json(takes: Sequence[Compared]) -> dict[str, Any]:
    """What is expected of each take, for programs; nothing where nothing is."""
    if not takes:
        return {}
    unmet, not_measured = expected.count(takes)
    by_entry = {take.entry: expected.as_json(take) for take in takes}
    return {"unmet": unmet, "not_measured": not_measured, "expect": by_entry}


def _tell(videos: list[Video], new: list[Video], trouble: dict[Video, Trouble], commands: CommandHint) -> None:
    for video, why in trouble.items():
        entries = ", ".join(video.entries[:3]) + (f" and {more} more" if (more := len(video.entries) - 3) > 0 else "")
        print_notes([f"{entries}: {commands.path(video.file)}: {why}"])
    if not videos:
        print_notes(["no video is saved yet"])
        print_next(commands.plain("plan"))
        return
    failed = sum(video in trouble for video in new)
    known = len(videos) - len(new) - (len(trouble) - failed)
    said = [f"{len(new) - failed} measured", *([f"{known} measured before"] if known else [])]
    print_notes([", ".join([*said, *([f"{len(trouble)} not measured"] if trouble else [])])])
