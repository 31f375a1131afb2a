"""A plan as a command shows it: its steps, what they cost, and what could be saved."""

from __future__ import annotations

import os
import shlex
import sys
from itertools import chain
from typing import Any

from seedspec.api import Options, Planned, plan
from seedspec.cli.compiled import board_of, bought_or_exit, compile_or_exit, heading, show_findings
from seedspec.cli.console import print_lines, print_next, print_notes, wants_color
from seedspec.compiler.storyboard.profile import say_profile
from seedspec.plan.by_model import by_model
from seedspec.plan.plan import Action
from seedspec.plan.savings import savings
from seedspec.project.compile import Compiled
from seedspec.project.full_matrix import cost_of, full_matrix
from seedspec.report import by_model as models
from seedspec.report import cost as costs
from seedspec.report import plan as plans
from seedspec.report import rows as chosen
from seedspec.report.prices import say_old
from seedspec.run.consent import retired_steps
from seedspec.run.loop import now
from seedspec.run.prepare import budget_of, providers_of


def planned_of(storyboard: str, options: Options, *, buying: bool = False) -> Planned:
    """The plan of a storyboard, or of its lock alone where nothing is to be bought; what was found is shown.

    Of a model that has ended nobody is told here where a plan for `buying` is to be refused for it, which says it.
    """
    if not options.submit:
        return seen_of(storyboard, options)
    left_out = ("model-retired",) if buying else ()
    made = compile_or_exit(storyboard, options.profile, emulated=options.emulated, left_out=left_out)
    planned = plan(storyboard, options, made)
    if buying and not retired_steps(planned.plan, board_of(made).catalog):
        show_findings(d for d in made.diagnostics if d.code in left_out)
    show_findings(planned.findings)
    return planned


def seen_of(storyboard: str, options: Options) -> Planned:
    """The same for a command that looks at what was bought, or finishes it: from the lock alone where the storyboard
    cannot be compiled. Of when the lock is, where its ledger was not asked, is said."""
    planned = plan(storyboard, options, bought_or_exit(storyboard, options.profile, emulated=options.emulated))
    show_findings(planned.findings)
    print_notes(say_serial(planned))
    return planned


def print_plan(planned: Planned, options: Options, *, stream_error: bool = False) -> None:
    board, made = planned.compiled.board, planned.compiled
    assert board is not None
    stream = sys.stderr if stream_error else sys.stdout
    write = print_notes if stream_error else print_lines
    write([head(planned)])
    write(plans.count_entries(made.rows, made.counts))
    if not stream_error and (full := full_matrix(made)) is not None:
        write([chosen.beside(len(made.entries), cost_of(made.entries), full, board.rate)])
    if options.picked_from is not None:
        wanted = sum(s.entry is not None for s in planned.plan.steps)
        write([f"{wanted:,} of them are of variants picked {say_profile(options.picked_from)}"])
    shown = plans.steps(
        planned.plan, board.rate, color=wants_color(stream), commands=planned.place.commands, now=now().utc
    )
    write(chain([""], shown, [""]))
    write(plans.totals(planned.plan, board.rate, budget_of(board, options)))
    write(models.as_text(by_model(planned.plan)))
    write(unproven(made))
    write(plans.advise_lost(planned.plan, planned.place.commands))
    if not stream_error:  # who is about to buy has decided
        told = savings(planned.plan)
        write(costs.hints(told, planned.plan.cost, board.rate, color=wants_color(stream)))
        bought = (s.entry.model.rate for s in planned.plan.buys if s.entry is not None)
        print_notes(say_old(bought, now().text()[:10]))


def unproven(made: Compiled) -> list[str]:
    """A line for each service of a plan whose file is not proven by enough documents of its vendor."""
    found = (provider for provider in providers_of(made) if "unproven" in provider)
    return [f"{provider['title']} is unproven here: {provider['unproven']}" for provider in found]


def head(planned: Planned) -> str:
    """The line above an answer: what it is about, and of when, where the shared ledger was not asked."""
    return ", ".join([heading(planned.compiled), *say_serial(planned)])


def say_serial(planned: Planned) -> list[str]:
    """Of when the lock is, in a line, where it is shared and the ledger was not asked."""
    said = planned.plan.lock.header
    if not planned.away:
        return []
    return [f"as of serial {said.get('serial', 0)} of the ledger {said.get('ledger')}: {planned.away}"]


def ledger_json(planned: Planned) -> dict[str, Any]:
    """The ledger that the lock is shared through, for programs; nothing where it has none."""
    said = planned.plan.lock.header
    if not said.get("ledger"):
        return {}
    why = planned.away or None
    return {"ledger": {"board": said["ledger"], "serial": said.get("serial", 0), "asked": why is None, "why": why}}


def print_next_of_plan(planned: Planned, options: Options) -> None:
    """The command that does what a plan shows, for the same entries; the page, where all is done.

    None where a purchase is in doubt: the plan says what to do first.
    """
    commands, count = planned.place.commands, planned.plan.count
    if count(Action.DOUBT):
        return
    board = planned.compiled.board
    if planned.plan.buys and board is not None and not retired_steps(planned.plan, board.catalog):
        # where a model has ended, a run is refused
        print_next(commands.plain("run", *_words(options), *_bucket(options)))
    elif count(Action.RESUME) or count(Action.FETCH):
        print_next(commands.plain("fetch", *_bucket(options)))
    elif count(Action.DONE):
        print_next(commands.plain("review"))


def _bucket(options: Options) -> list[str]:
    """The bucket of a plan, unless the environment gives it to the next command too."""
    given = options.renders and options.renders != os.environ.get("SEEDSPEC_RENDERS")
    return [f"--renders {shlex.quote(options.renders)}"] if given and options.renders else []


def _words(options: Options) -> list[str]:
    """The options of a plan that say which entries are meant, as a shell takes them."""
    named = [("--select", term) for term in options.select] + [("--exclude", term) for term in options.exclude]
    if options.picked_from is not None:
        named.append(("--picked-from", options.picked_from))
    flags = {"--retry-failed": options.retry_failed, "--redo-stale": options.redo_stale}
    return [f"{name} {shlex.quote(value)}" for name, value in named] + [name for name, given in flags.items() if given]
