"""The command that the action for GitHub is: several storyboards in one process, which hears the end of its job."""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import redirect_stdout
from io import BytesIO, TextIOWrapper
from itertools import accumulate
from pathlib import Path

import click

from seedspec.cli.agreed_folder import allowed, empty_place, strangers
from seedspec.cli.console import complain, print_notes
from seedspec.cli.main import Exit, annotate, start
from seedspec.report.limits import COMMENT
from seedspec.report.markdown import nothing
from seedspec.run.engine.sums import worst
from seedspec.text.visible import visible

_LEAST = 2000
"""Characters that a plan as Markdown wants at least."""
_TAIL = 100
"""Characters that say how many storyboards did not fit."""


@click.command("ci")
@click.option("--command", default="check", show_envvar=True, help="check, plan, run or fetch. Only run buys anything.")
@click.option("--storyboards", default="", show_envvar=True, help="Storyboards, one a line.")
@click.option("--against", metavar="REV", default="", show_envvar=True, help="For plan: what has changed since.")
@click.option("--options", default="", show_envvar=True, help="Further options of the command, one a line.")
@click.option("--plans", metavar="FOLDER", default="", show_envvar=True,
              help="For run: agreed plans; nothing else is bought. For plan: where they are written.")  # fmt: skip
@click.option("--shown", metavar="FOLDER", default="", show_envvar=True,
              help="For run: plans that are no consent. Each storyboard is bought up to its sum there.")  # fmt: skip
@click.option("--attempts", default="3", show_envvar=True,
              help="How often a run that is not finished (code 7) is begun, at most.")  # fmt: skip
def ci_command(
    command: str, storyboards: str, against: str, options: str, plans: str, shown: str, attempts: str
) -> None:
    """Do what the action for GitHub is asked for. It buys without a question, as a job has nobody to ask.

    The plans go to $GITHUB_STEP_SUMMARY and to a file for a comment, agreed plans and JUnit files to a folder each, all
    in $RUNNER_TEMP and named in $GITHUB_OUTPUT, with the exit code: of several storyboards the worst.

    With --plans or --shown a run buys what these folders allow and no more. A plan in --plans is consent. A plan in
    --shown is none: the storyboard's plan of now is bought if it costs no more than that one. A storyboard without a
    plan is followed, nothing is bought for it, and the exit code is 4.

    \b
    Examples:
      seedspec ci --command check --storyboards ads
      seedspec ci --command plan --storyboards ads/storyboard.yaml --against origin/main --plans plans
      seedspec ci --command run --storyboards ads/storyboard.yaml --plans plans
    """
    code = 70
    try:
        code = _carry_out(command, _lines(storyboards), against, _lines(options), (plans, shown), attempts)
    except Exit as refused:
        code = refused.code
        raise
    finally:
        _output("exit-code", str(code))
    raise Exit(code)


def _carry_out(
    command: str, boards: list[str], against: str, options: list[str], folders: tuple[str, str], attempts: str
) -> int:
    if not boards:
        raise Exit(2, "no storyboard is given; expected one a line")
    if not re.fullmatch("[1-9][0-9]{0,5}", attempts):
        raise Exit(2, f"attempts is `{visible(attempts[:20])}`; expected a number from 1 up")
    match command:
        case "check":
            return start(["check", "--format", "github", *options, "--", *boards])
        case "plan":
            _refuse(options, "--out")
            return _plan(boards, [*(("--against", against) if against else ()), *options], folders[0])
        case "run" if any(folders):
            _refuse(options, "--plan", "--yes", "-y", "--yes-up-to")
            return _buy_agreed(boards, options, folders, int(attempts))
        case "run" | "fetch":
            given = [*options, *(["--yes"] if command == "run" else [])]
            return _follow(command, dict.fromkeys(boards, given), int(attempts))
    raise Exit(2, f"command is `{visible(command[:40])}`; expected check, plan, run or fetch")


def _refuse(options: list[str], *names: str) -> None:
    """An option that the folders of plans take the place of would be lost, or would lift what they bound."""
    for name in names:
        if any(option.split("=")[0] == name for option in options):
            raise Exit(2, f"options have `{name}`, which --plans and --shown take the place of; leave it out")


def _plan(boards: list[str], options: list[str], folder: str) -> int:
    """The plan of each storyboard, or why it has none: all of them in the job's summary, what fits in a comment.

    What each would buy goes into the folder, as a file that people can agree to.
    """
    most = max(_LEAST, COMMENT // len(boards) - 1)
    plans = Path(folder) if folder else _temporary("seedspec-plans")
    codes, pages = [], []
    for board in boards:
        out = ["--out", str(empty_place(plans, board))]
        page = BytesIO()
        with redirect_stdout(TextIOWrapper(page, encoding="utf-8", write_through=True)):
            codes.append(start(["plan", "--format", "markdown", "--most", str(most), *options, *out, "--", board]))
            said = page.getvalue().decode()
        pages.append(said or nothing(board, "no plan", f"exit code {codes[-1]}, the log of the job says why"))
    _append("GITHUB_STEP_SUMMARY", "".join(pages))
    fit = [len(page) for page in accumulate(pages) if len(page) <= COMMENT - _TAIL]
    left = len(pages) - len(fit)
    more = f"\n… and {left:,} more storyboards: the summary of the job has them.\n" if left else ""
    comment = _temporary("seedspec-plan.md")
    comment.write_text("".join(pages[: len(fit)]) + more, encoding="utf-8")
    _output("comment", str(comment))
    _output("plans", str(plans))
    return worst(codes)


def _buy_agreed(boards: list[str], options: list[str], folders: tuple[str, str], attempts: int) -> int:
    """A run of each storyboard by what the folders allow; those without a plan are followed, and make it a 4."""
    codes, given = [], {}
    for board in boards:
        may = allowed(board, *folders)
        given[board] = [*options, *may.options]
        if may.why:
            codes.append(4)
            complain(may.why)
            annotate(may.why)
            _append("GITHUB_STEP_SUMMARY", nothing(board, "nothing is bought", may.why))
    print_notes([f"left alone: {visible(file)} is the plan of none of these" for file in strangers(boards, *folders)])
    return worst([*codes, _follow("run", given, attempts)])


def _follow(command: str, boards: dict[str, list[str]], attempts: int) -> int:
    """A run of each storyboard with its options, begun again while it is not finished. A signal ends the one that
    runs, and all."""
    from seedspec.cli.signals import hear_signals

    folder = _temporary("seedspec-junit")
    _output("junit", str(folder))
    codes: list[int] = []
    with hear_signals(quiet=False) as stopping:
        for number, (board, options) in enumerate(boards.items(), 1):
            for _ in range(attempts):
                code = start([command, "--junit", str(folder / f"{number}.xml"), *options, "--", board])
                if code != 7 or stopping():
                    break
            codes.append(code)
            if stopping():
                codes.append(130)
                break
    return worst(codes)


def _lines(text: str) -> list[str]:
    return [line.strip("\r") for line in text.split("\n") if line.strip()]


def _temporary(name: str) -> Path:
    return Path(os.environ.get("RUNNER_TEMP") or tempfile.gettempdir()) / name


def _output(name: str, value: str) -> None:
    _append("GITHUB_OUTPUT", f"{name}={value}\n")


def _append(variable: str, text: str) -> None:
    """Adds to a file that GitHub names; elsewhere there is none."""
    if file := os.environ.get(variable):
        with Path(file).open("a", encoding="utf-8") as opened:
            opened.write(text)
