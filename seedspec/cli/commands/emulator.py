"""The command that serves the emulator."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import click

from seedspec.cli.console import echo
from seedspec.cli.main import Exit
from seedspec.cli.number import DAY, MOST_MONEY, Number


def _faults_help() -> str:
    try:
        from seedspec.emulator.settings import FAULTS, GRAMMAR
    except ImportError:
        return ""
    rows = "\n".join(f"  {name:<16} {kind.meaning}" for name, kind in FAULTS.items())
    return f"\b\nFaults, as {GRAMMAR}:\n{rows}"


@click.command("emulator", epilog=_faults_help())
@click.option("--port", type=click.IntRange(0, 65535), default=8700, show_default=True, help="0 takes a free one.")
@click.option("--folder", type=click.Path(file_okay=False), default=".seedspec/emulator", show_default=True,
              help="Where its ledger, uploads and videos are kept.")  # fmt: skip
@click.option("--seconds", type=Number(0, DAY), default=2.0, show_default=True, help="How long a task takes.")
@click.option(
    "--credits", type=Number(0, MOST_MONEY), default=100_000.0, show_default=True, help="The balance it begins with."
)
@click.option("--fault", multiple=True, metavar="FAULT", help="A fault to make; may be repeated. See below.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of faults with a probability.")
@click.option("--key", help="The one key it takes; any when not given.")
@click.option("--idempotency", is_flag=True, help="Honour Idempotency-Key, which the service does not promise.")
@click.option("--beside", type=click.Path(), default="", hidden=True)
@click.option("--stdio", is_flag=True, hidden=True)
@click.option("--key-from-input", is_flag=True, hidden=True)
def emulator_command(
    port: int,
    folder: str,
    seconds: float,
    credits: float,
    fault: tuple[str, ...],
    seed: int,
    key: str | None,
    *,
    idempotency: bool,
    beside: str,
    stdio: bool,
    key_from_input: bool,
) -> None:
    """Serve a stand-in for the API on this machine: strict about its rules, free of charge, with real MP4s.

    FOLDER/ledger.jsonl records everything that it takes and charges. Point a run at it with EVOLINK_BASE_URL and
    EVOLINK_FILES_URL, or let `seedspec run --emulator` do all of this by itself.

    \b
    Examples:
      seedspec emulator --port 8700
      seedspec emulator --fault lost-reply:0.2 --fault failed=service_error@3 --seed 7
    """
    try:
        from seedspec.emulator.ledger import LedgerError
        from seedspec.emulator.server import read_line, serve, stop_at_end_of_input
        from seedspec.emulator.settings import Addresses, Settings, parse_fault
    except ImportError:
        raise Exit(2, "the emulator needs more packages: pip install 'seedspec[emulator]'") from None
    from seedspec.project.files import check_way
    from seedspec.project.sources import catalog
    from seedspec.project.state_folder import state_folder

    try:
        faults = tuple(parse_fault(f) for f in fault)
    except ValueError as error:
        raise Exit(2, str(error)) from None
    if Path(folder).parts[0] == ".seedspec":
        state_folder(Path())
    check_way(folder)
    if key_from_input:
        key = read_line()
    settings = Settings(
        folder=Path(folder),
        seconds=seconds,
        credits=credits,
        key=key,
        faults=faults,
        seed=seed,
        idempotency=idempotency,
        port=0 if stdio else port,
    )
    stop = threading.Event()

    def ready(addresses: Addresses) -> None:
        if stdio:
            sys.stdout.write(addresses.line() + "\n")
            sys.stdout.flush()
            stop_at_end_of_input(stop)
            return
        echo(f"EVOLINK_BASE_URL={addresses.api}")
        echo(f"EVOLINK_FILES_URL={addresses.files}")
        echo(f"results on {addresses.results}; ledger in {folder}/ledger.jsonl; Ctrl-C ends it", err=True)

    try:
        serve(settings, models=catalog(Path(beside)).models, ready=ready, stop=stop)
    except LedgerError as error:
        raise Exit(2, str(error)) from None
