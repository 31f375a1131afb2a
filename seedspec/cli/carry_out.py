"""`run` and `fetch`: the plan is shown, the question asked, and the events of the run followed to their end."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from seedspec.api import Options, Planned, Quote, Yes, asks_service, consent_of, emulator, quote, run
from seedspec.cli.compiled import board_of
from seedspec.cli.console import print_notes
from seedspec.cli.main import Exit
from seedspec.cli.output_path import check_output_path
from seedspec.cli.plan_view import planned_of, print_plan, say_serial
from seedspec.cli.run_view import View, follow
from seedspec.cli.signals import hear_signals
from seedspec.project.credentials import key_of
from seedspec.report.agreed import drift
from seedspec.run.consent import check_consent, check_not_retired, check_priced
from seedspec.run.lock_alone import check_providers
from seedspec.run.prepare import budget_of, providers_of
from seedspec.run.store.lock_file import check_free

_OFTEN = 5_000
"""New objects between two looks of the cyclic collector, as long as requests are made: each leaves some cycles."""


@dataclass(frozen=True, slots=True)
class Emulation:
    """How the emulator of a run is to be: the seconds of each task, its faults, and the seed of those by chance."""

    seconds: float = 2.0
    faults: tuple[str, ...] = ()
    seed: int = 0


def carry_out(
    storyboard: str, options: Options, view: View, *, yes: Yes | None = None, emulation: Emulation = Emulation()
) -> None:
    """`run` and `fetch`: the plan where something is to be bought, the question, and the events until the end.

    `yes` is a yes that was given with the command. `emulation` says how the emulator is to be, where there is one.
    """
    planned = planned_of(storyboard, options, buying=options.submit and not options.locked)
    if view.junit is not None:
        check_output_path(view.junit, planned)  # before anything is bought: receipts may stand there
    needed = asks_service(planned.compiled, planned.plan, options)
    if planned.compiled.lock_alone:
        check_providers(planned.compiled, planned.plan)
    if not needed:
        view = replace(view, live=False)  # nothing will move
    elif not options.emulated:
        _check_key(planned)
    if options.submit and planned.plan.buys and view.form == "text":
        print_plan(planned, options, stream_error=True)
    elif options.submit:
        print_notes(say_serial(planned))
    if planned.drift is not None and options.agreed is not None:
        print_notes(drift(planned.drift, options.agreed, board_of(planned.compiled).rate, planned.place.commands))
    if options.submit and not options.locked:
        board = board_of(planned.compiled)  # all this is said before anybody is asked
        check_not_retired(planned.plan, board.catalog)
        check_priced(planned.plan, budget_of(board, options), unpriced=options.unpriced)
    consent = yes or consent_of(options.agreed) or _ask(quote(planned, options))
    fake = None
    with ExitStack() as ends:
        if options.emulated and needed:
            check_free(planned.place.lock)  # who holds the lock is told, not that the emulator's folder is taken
            fake = ends.enter_context(
                emulator(storyboard, seconds=emulation.seconds, faults=emulation.faults, seed=emulation.seed)
            )
        stopping = ends.enter_context(hear_signals(quiet=view.live))
        if needed:
            gc.set_threshold(_OFTEN)
        events = run(
            storyboard, options, consent=consent, emulator=fake, compiled=planned.compiled, stopping=stopping,
            known=planned.plan,
        )  # fmt: skip
        follow(events, planned, options, view, stopping)


def _ask(quote: Quote | None) -> Yes | None:
    """The yes of whoever sits at the terminal, to what is quoted and no more. Ends the command without one."""
    if quote is None:
        return None
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        check_consent(quote, None, "add --yes")
    while True:
        sys.stderr.write(f"{quote.question} [y/N] ")
        sys.stderr.flush()
        try:
            answer = sys.stdin.readline()
        except KeyboardInterrupt:
            print_notes([""])
            raise
        if not answer:  # the terminal has gone, or was told that nothing more comes
            print_notes([""])
        if (word := answer.strip().lower()) in ("y", "yes"):
            return Yes(max_credits=quote.credits, unpriced=bool(quote.unpriced))
        if word in ("", "n", "no"):
            print_notes(["nothing was bought"])
            raise Exit(0)


def _check_key(planned: Planned) -> None:
    """A key that is missing or broken is said before anybody is asked anything."""
    for provider in providers_of(planned.compiled):
        key_of(provider, os.environ, Path.cwd())
