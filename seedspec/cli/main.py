"""The command line's frame: which commands there are, and how every fault becomes one line and an exit code."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import click

from seedspec import __version__
from seedspec.cli.console import complain, echo, open_streams, output_fault

COMMANDS = {
    "init": ("seedspec.cli.commands.init", "Begin a project: a storyboard, and what git should know."),
    "check": ("seedspec.cli.commands.check", "Find every mistake in storyboards, with its line."),
    "language-server": ("seedspec.cli.commands.language_server", "Check and complete storyboards inside an editor."),
    "explain": ("seedspec.cli.commands.explain", "Say what a code of an error means, and what to do."),
    "rows": ("seedspec.cli.commands.rows", "Choose the few rows that the strategy of a storyboard asks for."),
    "compile": ("seedspec.cli.commands.compile", "Show the requests exactly as they would be sent."),
    "why": ("seedspec.cli.commands.why", "Say what a run would do with an entry, and why."),
    "diff": ("seedspec.cli.commands.diff", "Show what an edit changed since a git revision, and its cost."),
    "plan": ("seedspec.cli.commands.plan", "Show what a run would do, why, and what it would cost."),
    "run": ("seedspec.cli.commands.run", "Buy what is new, follow what is running, save what is finished."),
    "status": ("seedspec.cli.commands.status", "Show where every entry stands, from the lock."),
    "cost": (
        "seedspec.cli.commands.cost",
        "Show what was estimated, reserved and charged, by shot, axis, take or state.",
    ),
    "measure": ("seedspec.cli.commands.measure", "Measure saved videos: black, frozen, silent, loudness, cuts."),
    "fetch": ("seedspec.cli.commands.fetch", "Finish what was bought; buy nothing."),
    "settle": ("seedspec.cli.commands.settle", "Settle a purchase in doubt, by hand."),
    "adopt": ("seedspec.cli.commands.adopt", "Take up what was bought elsewhere: a task, or a video."),
    "cancel": ("seedspec.cli.commands.cancel", "End running tasks at their service, where that loses nothing."),
    "lock": ("seedspec.cli.commands.lock", "Verify, fix or prune the record of what was bought."),
    "ledger": ("seedspec.cli.commands.ledger", "Share the record of what was bought with a team."),
    "prices": ("seedspec.cli.commands.prices", "Show the prices in force, or read newer ones."),
    "models": ("seedspec.cli.commands.models", "List models, fields, limits and prices."),
    "provider": (
        "seedspec.cli.commands.provider",
        "Judge a provider's files, show a request, read an answer; nothing is sent.",
    ),
    "trust": ("seedspec.cli.commands.trust", "Let a provider file beside a storyboard be used."),
    "doctor": ("seedspec.cli.commands.doctor", "Check whether this machine is ready for a run."),
    "review": ("seedspec.cli.commands.review", "Make a page to look at takes, compare them, vote and pick."),
    "pick": ("seedspec.cli.commands.pick", "Choose the take of a variant; a picked take is never bought again."),
    "stats": ("seedspec.cli.commands.stats", "Say which labels and takes win the votes, and how sure that is."),
    "export": ("seedspec.cli.commands.export", "Hand takes on: timeline, animatic, contact sheet, table."),
    "emulator": ("seedspec.cli.commands.emulator", "Serve a stand-in for the API on this machine, free of charge."),
    "ci": ("seedspec.cli.commands.ci", "Do what the action for GitHub is asked for, by its environment."),
    "completion": ("seedspec.cli.commands.completion", "Print a shell's completion script."),
}
"""Commands by name: the module that holds each, imported when it is called, and its line of help."""

EPILOG = """\b
Exit codes:
  0    done, or nothing to do
  1    some entries failed
  2    usage or configuration
  3    the storyboard is invalid
  4    stopped by a budget or limit
  5    key, permission or balance
  6    the lock is held, damaged or conflicted
  7    not finished: run again
  8    at least one purchase is in doubt
  9    a saved video is not what the storyboard expects, and nobody picked it
  10   plan --exit-code: there is something to buy
  70   an error of seedspec itself
  130  interrupted

\b
The key is EVOLINK_API_KEY, from the environment or `.env`.
NO_COLOR takes the colours away; FORCE_COLOR keeps them where there is no terminal.
SEEDSPEC_EMULATOR=1 stands for --emulator in every command.
Every option can be given as SEEDSPEC_COMMAND_OPTION too, except --yes and those that settle or adopt a purchase."""


class Lazy(click.Group):
    """A group whose help costs no import: a command's module is loaded when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(COMMANDS[name][0]), f"{name.replace('-', '_')}_command")
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, said) for name, (_, said) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from seedspec.text.diagnostic import did_you_mean

            near = did_you_mean(args[0], COMMANDS)
            ctx.fail(f"no command `{args[0]}`" + (f"; {near[0]}" if near else ""))
        return super().resolve_command(ctx, args)


@click.group(
    cls=Lazy,
    epilog=EPILOG,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": "SEEDSPEC",
        "max_content_width": 100,
    },
)
@click.version_option(__version__, message="seedspec %(version)s")
def seedspec() -> None:
    """Storyboards in git become a checked, priced matrix of video requests, bought once and kept.

    \b
    Examples:
      seedspec check storyboard.yaml
      seedspec plan
      seedspec run --emulator
      seedspec run --max-usd 15
    """


class Exit(Exception):
    """Ends a command with a code, and a message for people on standard error."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(message)
        self.code = code


def start(arguments: Sequence[str]) -> int:
    """Runs a command line and gives its exit code. Nothing that a user, disk, server or network does is a traceback.

    Output that a full disk did not take is said at the end, and is the exit code where that would be 0.
    """
    open_streams()
    output_fault()
    code = _carry_out(arguments)
    if why := output_fault():
        complain(f"standard output: {why}; what was said there is not complete")
    return code or (2 if why else 0)


def _carry_out(arguments: Sequence[str]) -> int:
    code, message = 0, ""
    try:
        seedspec.main(list(arguments), prog_name="seedspec", standalone_mode=False)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        said = StringIO()  # it repeats words of the command line
        error.show(said)
        echo(said.getvalue().removesuffix("\n"), err=True)
        annotate(error.format_message())
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        complain("interrupted")
        return 130
    except BrokenPipeError:
        # the reader of our output has gone; what was recorded is recorded
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        code, message = fault(error, _folder_of(arguments), arguments)
    complain(message)
    if "--stdio" not in arguments:  # who starts an emulator says what it says
        annotate(message)
    return code


def annotate(message: str) -> None:
    """On GitHub a fault is an annotation too: nobody looks for it in the log."""
    if message and os.environ.get("GITHUB_ACTIONS") == "true":
        from seedspec.report.github import workflow_command

        echo(workflow_command("error", {"title": "seedspec"}, message).encode(), err=True)


def fault(error: Exception, base: Path | None, arguments: Sequence[str] = ()) -> tuple[int, str]:
    """The exit code of a fault and the line that says it.

    Faults of others are known by their kind. What nobody foresaw is an error of seedspec itself: its trace is kept in
    a file, for which the folder `base` is asked first.
    """
    from seedspec.compiler.storyboard.profile import NoProfile
    from seedspec.lock.lock import LockFault
    from seedspec.plan.select import NothingSelected
    from seedspec.project.credentials import BadSettings
    from seedspec.run.store.journal import NotRecorded
    from seedspec.run.store.lock_file import HoldTaken

    if isinstance(error, Exit):
        return error.code, str(error)
    if isinstance(error, LockFault):
        where = f"{error.file or 'the lock'}:{error.line}: " if error.line else ""
        return 6, f"{where}{error} [{error.code}]"
    if isinstance(error, (HoldTaken, NotRecorded)):
        return 6, str(error)
    if isinstance(error, BadSettings):
        return error.exit, str(error)
    if isinstance(error, (NothingSelected, NoProfile)):
        return 2, str(error)
    if (code := _ledger_code(error)) is not None:
        return code, str(error)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return 2, f"{where}{(error.strerror or str(error)).lower()}"
    return 70, crash(error, base, arguments)


def _ledger_code(error: Exception) -> int | None:
    """The exit code of what a shared ledger says; None for a fault of another kind."""
    from seedspec.run.store.ledger.layout import BadDocument
    from seedspec.run.store.ledger.store import StoreRefuses, Unreachable
    from seedspec.run.store.ledger.types import Sealed, WrongLineage

    if isinstance(error, (BadDocument, Sealed, WrongLineage)):
        return 6
    if isinstance(error, Unreachable):
        return 7
    return error.code if isinstance(error, StoreRefuses) else None


def crash(error: Exception, base: Path | None, arguments: Sequence[str] = ()) -> str:
    """Keeps the trace of an error of seedspec itself, and gives the line that says where."""
    from seedspec.project.crash_file import keep

    path = keep(error, arguments or sys.argv[1:], base)
    kept = f"its trace is in {path}" if path is not None else "no folder takes its trace"
    return f"an error of seedspec itself: {type(error).__name__}; {kept}"


def _folder_of(arguments: Sequence[str]) -> Path | None:
    """The folder of the storyboard that a command line is about, as far as one can be seen in it."""
    for word in (*(word for word in arguments if not word.startswith("-")), "storyboard.yaml"):
        if word.endswith((".yaml", ".yml")) and os.path.isfile(word):
            return Path(word).parent
    return None
