"""What was bought goes on where its storyboard cannot be compiled: the lock's purchases stand in for the entries."""

from __future__ import annotations

from seedspec.lock.state import OPEN
from seedspec.plan.bought import UNKNOWN, board_of_lock, entries_of, models_of
from seedspec.plan.plan import Plan
from seedspec.project import sources
from seedspec.project.compile import Compiled
from seedspec.project.credentials import BadSettings
from seedspec.project.names import lock_of
from seedspec.run.prepare import providers_of
from seedspec.run.store.lock_file import read_lock


def lock_alone(made: Compiled, profile: str, *, emulated: bool) -> Compiled | None:
    """The purchases of a storyboard with errors, as entries of which nothing can be bought.

    None where the lock has none, or where nothing is known of the provider that made them. Raises LockFault.
    """
    board, name = made.board, "" if profile == "default" else profile
    lock = read_lock(lock_of(made.path, emulated=emulated))
    catalog = sources.catalog() if board is None else board.catalog
    entries = entries_of(lock, name, models_of(catalog))
    found = board_of_lock(made.path.stem, lock, name, entries, catalog, board)
    return None if found is None else Compiled(made.path, found, entries, None, (), (), lock_alone=True)


def check_known(made: Compiled) -> None:
    """Raises BadSettings where no file says how the provider of a storyboard is asked."""
    assert made.board is not None
    if made.board.provider.document is UNKNOWN:
        raise BadSettings(f"no file of the provider `{made.board.provider.id}` is here: nothing can be asked of it", 3)


def check_providers(made: Compiled, plan: Plan) -> None:
    """Raises BadSettings where something is to be followed at a provider of which no file is here."""
    assert made.board is not None
    provider, known = made.board.provider, {p.get("id") for p in providers_of(made)}
    for record in (s.record for s in plan.steps):
        if record is None or record.state not in OPEN:
            continue
        at = str((record.manifest or {}).get("provider", provider.id))
        if at not in known:
            why = f"`{record.entry}` was bought at `{at}`, and no file of that provider is here"
            raise BadSettings(f"{why}: its task {record.task or 'is not known, and it'} cannot be followed", 3)
