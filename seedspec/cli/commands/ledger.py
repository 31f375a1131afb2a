"""The commands about a shared ledger: a lock is attached to one, looked after, and taken out of it again."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seedspec.cli.compiled import board_of, compile_or_exit
from seedspec.cli.console import print_json, print_lines, print_next, print_notes
from seedspec.cli.main import Exit
from seedspec.cli.options import ceiling_option, json_option, ledger_option, storyboard_argument, word_option
from seedspec.project.compile import Compiled, compile
from seedspec.project.names import lock_of
from seedspec.project.paths import commands_of

if TYPE_CHECKING:
    from seedspec.run.ledger_admin.opening import Opened
    from seedspec.run.ledger_admin.runners import Active


@click.group("ledger")
def ledger_command() -> None:
    """Share the record of what was bought with a team, so that two machines never buy the same video twice.

    The record stands in a bucket (s3://, gs://, az://) or in a PostgreSQL database of your own. The lock in git says
    which ledger is meant. Where it is, SEEDSPEC_LEDGER or --ledger says, or `attach` has said it once on this machine.
    It is about what is paid for: what is emulated has no ledger.

    \b
    Examples:
      seedspec ledger attach s3://our-bucket/seedspec
      seedspec ledger status
      seedspec ledger budget --usd 500 --month
    """


_here = ledger_option("Where the ledger is that the lock names.")


@ledger_command.command("attach")
@click.argument("words", nargs=-1, metavar="[URL] [STORYBOARD]")
@ceiling_option
@word_option(
    "--new", is_flag=True, help="This is another storyboard than the one of this name that the team shares already."
)
@json_option
def attach_command(words: tuple[str, ...], form: str, *, new: bool) -> None:
    """Share this lock through the ledger at URL, or join the ledger that the lock names already.

    The store is tried first: whether it keeps conditions, without which it cannot say who may buy. The first
    storyboard makes the team, each further one joins it. What the lock has goes into the ledger, and the lock's first
    line names it from then on: commit the lock. The others pull it, and attach the same URL or set SEEDSPEC_LEDGER.

    Without URL the one of SEEDSPEC_LEDGER is meant. Credentials come from the environment alone, as for --assets; the
    password of a database is best given in PGPASSWORD.

    \b
    Examples:
      seedspec ledger attach s3://our-bucket/seedspec
      seedspec ledger attach postgresql://seedspec@db.example.com/videos ads/storyboard.yaml
    """
    url, storyboard = _split_words(words)
    click.get_current_context().params["storyboard"] = storyboard
    from seedspec.report.ledger import attachment_json
    from seedspec.run.ledger_admin.attach import attach
    from seedspec.run.store.ledger.connect import connect
    from seedspec.run.store.lock_file import hold

    made = compile_or_exit(storyboard, "", emulated=False)
    path = lock_of(Path(storyboard), emulated=False)
    with _remedies(path), closing(connect(url, "URL", local=True)) as store, hold(path):
        done = attach(store, url, path, board_of(made).name, _order(made), anew=new)
    if form == "json":
        print_json(attachment_json(done))
        return
    how = {"attached": "attached to", "joined": "joined", "already": "attached already to"}[done.outcome]
    new_here = f", {done.pushed:,} of them new from this lock" if done.pushed else ""
    many = f"{done.purchases:,} purchase{'s' * (done.purchases != 1)} there{new_here}"
    print_notes([f"{how} the ledger {done.board} at {done.where}", many])
    if done.changed:
        _print_commit(path)


def _split_words(words: Sequence[str]) -> tuple[str, str]:
    """The URL and the storyboard, each where it is named; no URL of a ledger ends as a storyboard's name does."""
    boards = [w for w in words if w.endswith((".yaml", ".yml", ".json"))]
    urls = [w for w in words if w not in boards] or [os.environ.get("SEEDSPEC_LEDGER", "")]
    if len(boards) > 1 or len(urls) > 1:
        raise Exit(2, "expected one URL and one storyboard")
    if not urls[0]:
        raise Exit(2, "name the URL of the ledger, such as s3://our-bucket/seedspec, or set SEEDSPEC_LEDGER")
    return urls[0], boards[0] if boards else "storyboard.yaml"


@contextmanager
def _open_ledger(storyboard: str, url: str | None) -> Iterator[Opened]:
    """The lock of a storyboard, and the ledger that it names."""
    from seedspec.run.ledger_admin.opening import open_named

    path = lock_of(Path(storyboard), emulated=False)
    with _remedies(path), closing(open_named(path, url or "")) as found:
        yield found


@contextmanager
def _remedies(path: Path) -> Iterator[None]:
    """What a ledger answers that is not, or no longer, what the lock names: said with what to do about it."""
    from seedspec.run.store.ledger.layout import BadDocument
    from seedspec.run.store.ledger.types import Sealed, WrongLineage

    rebuild = commands_of(path).line("ledger rebuild")
    try:
        yield
    except WrongLineage as error:
        hint = f"name the URL that the lock was attached to; if that ledger was lost, {rebuild} makes it again"
        raise Exit(6, f"{error}: {hint}") from None
    except BadDocument as error:
        hint = f"upgrade seedspec if that is a later format; if it is damaged, {rebuild} makes it again"
        raise Exit(6, f"{error}: {hint}") from None
    except Sealed as error:
        hint = f"pull the lock of now with git; if nobody has shut it, {rebuild} makes the ledger again"
        raise Exit(6, f"{error}: {hint}") from None


@ledger_command.command("status")
@storyboard_argument
@_here
@json_option
def status_command(storyboard: str, ledger: str | None, form: str) -> None:
    """Show how the ledger stands: who runs and since when, what is being sent or in doubt, what was spent on which
    storyboard, by which machine and in which month, and who holds how much of the ceiling.

    Months are in UTC, and all ages by the clock of the store. Amounts are estimates until the service says what it
    charged. The storyboard itself is not read: its lock says which ledger is meant.

    \b
    Examples:
      seedspec ledger status
      seedspec ledger status --format json
    """
    from seedspec.report import ledger as shown
    from seedspec.run.ledger_admin.standings import standings

    with _open_ledger(storyboard, ledger) as at:
        found = standings(at.store, at.board)
    if form == "json":
        print_json(shown.as_json(found))
    else:
        print_lines(shown.lines(found))


@ledger_command.command("budget")
@storyboard_argument
@_here
@word_option("--usd", metavar="AMOUNT", help="The most that the whole team may spend from now on, in dollars.")
@word_option("--month", is_flag=True, help="With --usd: in each calendar month, in UTC, instead of altogether.")
@word_option("--none", "unbounded", is_flag=True, help="Take the ceiling away.")
@json_option
def budget_command(
    storyboard: str, ledger: str | None, usd: str | None, form: str, *, month: bool, unbounded: bool
) -> None:
    """Show the team's ceiling, or set it. It bounds all storyboards of the ledger together.

    It stands in the ledger, not in a storyboard: no branch can raise it. What the ledger knows counts, also from before
    there was a ceiling, at its estimated price until the service says what it charged. What is in doubt counts, what
    failed unbilled does not.
    A ceiling below what is spent already is taken: nothing more is bought then. `budget:` and --max-usd still bound
    each run.

    \b
    Examples:
      seedspec ledger budget
      seedspec ledger budget --usd 500 --month
      seedspec ledger budget --none
    """
    from seedspec.report.ledger import ceiling_json, ceiling_words, dollars
    from seedspec.run.ledger_admin.budget import ceiling, change_ceiling

    if (usd is not None) and unbounded:
        raise Exit(2, "--usd and --none exclude each other")
    if month and usd is None:
        raise Exit(2, "--month goes with --usd")
    micro = None if usd is None else _micro(usd)
    with _open_ledger(storyboard, ledger) as at:
        was = ceiling(at.store, at.board)
        now = was
        if usd is not None or unbounded:
            now = change_ceiling(at.store, at.board, micro, monthly=month)
    if form == "json":
        print_json({"seedspec_ledger_budget": 1, "ceiling": ceiling_json(now), "before": ceiling_json(was)})
        return
    before = ceiling_words(was.micro, monthly=bool(was.month))
    print_lines(
        [
            f"ceiling {ceiling_words(now.micro, monthly=bool(now.month))}"
            + (f", before {before}" if now is not was else "")
        ]
    )
    if now.micro is not None:
        of = f" in {now.month}" if now.month else ""
        used = now.micro - (now.left or 0)
        print_lines([f"{dollars(used)} spent or held{of}, {dollars(max(now.left or 0, 0))} left"])
        if now.left is not None and now.left < 0:
            print_notes(
                [f"the ceiling is {dollars(-now.left)} below what is spent or held: nothing more is bought{of}"]
            )


def _micro(text: str) -> int:
    """Dollars as millionths. Ends the command with code 2 for what is no amount."""
    from seedspec.run.store.ledger.budget import micro

    try:
        found = Decimal(text.removeprefix("$"))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found < 0 or found > 10**9:
        raise Exit(2, f"--usd is `{text}`; expected an amount in dollars, such as 500 or 12.50")
    return micro(found)


@ledger_command.command("verify")
@storyboard_argument
@_here
@json_option
def verify_command(storyboard: str, ledger: str | None, form: str) -> None:
    """Read every object of the ledger: whether it is what seedspec wrote, whether its states can be, whether it is as
    the snapshot has it, and whether the ledger has all that this lock knows. Nothing is written.

    Exit 6 when something is wrong; each finding names the object and what to do.

    \b
    Example:
      seedspec ledger verify
    """
    from seedspec.run.ledger_admin.verify import verify

    with _open_ledger(storyboard, ledger) as at:
        found = verify(at.store, at.board, at.lock, commands_of(at.path))
    if form == "json":
        rows = [{"object": f.name, "said": f.said, "remedy": f.remedy} for f in found.findings]
        looked_at = {"purchases": found.purchases, "storyboards": found.boards}
        print_json({"seedspec_ledger_verify": 1, **looked_at, "findings": rows})
        raise Exit(6 if rows else 0)
    print_lines(f"{f.name}  {f.said}: {f.remedy}" for f in found.findings)
    many, boards = found.purchases, found.boards
    looked = f"{many:,} purchase{'s' * (many != 1)} of {boards} storyboard{'s' * (boards != 1)}"
    wrong = len(found.findings)
    print_notes([f"{looked}: {f'{wrong} wrong' if wrong else 'no problems found'}"])
    if wrong:
        raise Exit(6)


@ledger_command.command("rebuild")
@storyboard_argument
@_here
@word_option("--yes-rebuild", "agreed", metavar="ID", help="Do not ask: the id of the ledger that the lock names.")
@word_option("--new", is_flag=True, help="The team's other ledger of this storyboard's name is another storyboard's.")
@json_option
def rebuild_command(storyboard: str, ledger: str | None, agreed: str | None, form: str, *, new: bool) -> None:
    """Make a ledger again that was lost or damaged: from this lock, from rescue files, and from what can be read of it.

    The old one is shut first, so that no run buys through it. The lock then names a new ledger: commit it. What was
    being sent, and of which nobody here knows the end, is in doubt from then on. What only the lost ledger or another
    clone knew is not there: join the locks of the others to this one with git before.

    It concerns everybody, so the id of the ledger is to be typed.

    \b
    Examples:
      seedspec ledger rebuild
      seedspec ledger rebuild --yes-rebuild 3f2a6c1e-5b1d-4c0e-9d57-2f1c6a8b9e10
    """
    from seedspec.report.ledger import rebuilt_json
    from seedspec.run.ledger_admin.rebuild import rebuild, take_up_rescued
    from seedspec.run.store.ledger.opened import remember
    from seedspec.run.store.lock_file import hold

    made = compile_or_exit(storyboard, "", emulated=False)
    path, order = lock_of(Path(storyboard), emulated=False), _order(made)
    with hold(path):
        take_up_rescued(path, order)
        with _open_ledger(storyboard, ledger) as at:
            warning = f"the ledger {at.board} at {at.store.where} is shut for everybody, and made again from {at.path}"
            _ask(warning, at.board, agreed, "--yes-rebuild")
            done = rebuild(at.store, at.board, at.path, board_of(made).name, order, _say, anew=new)
            remember(done.board, at.url)
    commands = commands_of(at.path)
    if form == "json":
        print_json(rebuilt_json(done, at.board, at.store.where, commands))
        return
    there = f"{done.purchases:,} purchase{'s' * (done.purchases != 1)}, of which the old one still had {done.read:,}"
    notes = [f"the lock names the ledger {done.board} now, with {there}"]
    notes += [f"{name} is damaged; nothing of it could be taken" for name in done.unreadable]
    notes += [f"{entry} is in doubt: {commands.on('settle', entry)}" for entry in done.doubts]
    notes += ["a ceiling that the team had is lost: set it with `seedspec ledger budget --usd`"] * done.new_budget
    print_notes([*notes, *_following(done.following)])
    _print_commit(at.path)


@ledger_command.command("detach")
@storyboard_argument
@_here
@word_option("--yes-detach", "agreed", metavar="ID", help="Do not ask: the id of the ledger that the lock names.")
@json_option
def detach_command(storyboard: str, ledger: str | None, agreed: str | None, form: str) -> None:
    """End the sharing: shut the ledger for everybody, bring all that it knows into this lock, and take its name out.

    A run of somebody else buys nothing more. It is waited for, a minute and a half at most, until nobody can buy
    through the ledger. Afterwards this lock protects one machine again: commit it, and let one machine buy.

    It concerns everybody, so the id of the ledger is to be typed. It may be repeated, also after a merge that brought
    the name of a ledger back.

    \b
    Examples:
      seedspec ledger detach
      seedspec ledger detach --yes-detach 3f2a6c1e-5b1d-4c0e-9d57-2f1c6a8b9e10
    """
    from seedspec.report.ledger import detachment_json
    from seedspec.run.ledger_admin.detach import detach
    from seedspec.run.store.ledger.opened import forget
    from seedspec.run.store.lock_file import hold

    made = compile_or_exit(storyboard, "", emulated=False)
    with hold(lock_of(Path(storyboard), emulated=False)), _open_ledger(storyboard, ledger) as at:
        _ask(f"the ledger {at.board} at {at.store.where} is shut for everybody", at.board, agreed, "--yes-detach")
        done = detach(at.store, at.board, at.path, _order(made), _say)
        forget(at.board)
    if form == "json":
        print_json(detachment_json(done, at.board))
        return
    has = "the one purchase" if done.purchases == 1 else f"all {done.purchases:,} purchases"
    print_notes([f"{at.path} names no ledger any more, and has {has}", *_following(done.following)])
    _print_commit(at.path)


def _say(line: str) -> None:
    print_notes([line])


def _ask(warning: str, board: str, agreed: str | None, option: str) -> None:
    """A person types the id of the ledger, or has given it by an option. Ends the command with code 2 otherwise."""
    if agreed is None:
        if not sys.stdin or not sys.stdin.isatty():
            raise Exit(2, f"{warning}: nobody is here to ask; say {option} {board}")
        print_notes([warning])
        agreed = str(click.prompt("Type its id to go on", default="", show_default=False, err=True)).strip()
    if agreed != board:
        raise Exit(2, f"`{agreed}` is not the id of the ledger that the lock names, {board}: nothing was done")


def _following(runs: Sequence[Active]) -> list[str]:
    """What is said of runs that go on without buying: their own locks have what comes of it."""
    return [
        f"{run.runner} still follows what it has bought: merge its lock with this one when it is done" for run in runs
    ]


def _print_commit(path: Path) -> None:
    add = f"git add {commands_of(path).file(path.name)} && git commit"
    print_next(f"{add}, and push it; everybody else pulls before the next run")


def _order(made: Compiled) -> list[str]:
    """What is asked for, as written and with each profile, in the order of the storyboard."""
    assert made.board is not None
    every = [made, *(compile(made.path, profile=name) for name in made.board.profiles)]
    return [e.fingerprint for one in every for e in one.entries]
