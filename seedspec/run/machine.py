"""The engine of a run, by its plan and by what is asked for."""

from __future__ import annotations

import random
import secrets
from dataclasses import replace

from seedspec.lock.run_events import RunFinished
from seedspec.plan.agreed import Drift
from seedspec.plan.plan import Plan
from seedspec.project.compile import Compiled
from seedspec.project.paths import Place
from seedspec.run.engine.engine import Engine
from seedspec.run.engine.purchase import Limits
from seedspec.run.prepare import Options, budget_of, providers_of, renders_of, terms_of


def machine_of(
    made: Compiled,
    options: Options,
    plan: Plan,
    drift: Drift | None,
    place: Place,
    runner: str = "",
    before: RunFinished | None = None,
) -> Engine:
    """`runner` is the id by which a shared ledger knows the run, `before` the sums of an earlier round of it."""
    assert made.board is not None
    provider, *others = providers_of(made)
    budget, entries = budget_of(made.board, options), options.max_entries
    if before is not None:  # a round of the same run: the bounds are for all of it
        budget = None if budget is None else max(0, budget - before.units)
        entries = None if entries is None else max(0, entries - before.bought)
    return Engine(
        name=made.board.name,
        plan=plan,
        pace=replace(options.pace, outage=max(options.pace.outage, options.timeout or 0.0)),
        limits=Limits(
            units=budget,
            entries=entries,
            submit=options.submit and not options.locked,
            wait=options.wait,
            fast=options.fail_fast,
            retry=options.retry_failed,
            orphans=not (options.select or options.exclude or options.picked_from is not None),
            short=drift is not None and drift.short,
        ),
        key=lambda: f"seedspec-{secrets.token_hex(16)}",
        terms=terms_of(made, provider),
        services={str(one["id"]): terms_of(made, one) for one in others},
        chance=random.random,
        renders=renders_of(place, options, plan.lock),
        runner=runner,
        today=made.board.catalog.today,
    )
