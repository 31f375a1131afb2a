"""The commands about a shared ledger: which team a lock belongs to, and how that ledger stands."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from seedspec.cli.compiled import board_of, compile_or_exit, exit_on_errors
from seedspec.cli.console import print_json, print_lines, print_next, print_notes
from seedspec.cli.main import Exit
from seedspec.cli.options import ledger_option, storyboard_argument, word_option
from seedspec.project.compile import Compiled, compile
from seedspec.project.names import lock_of

if TYPE_CHECKING:
    from seedspec.run.ledger_admin.opening import Place

F = TypeVar("F", bound=Callable[..., Any])


@click.group("ledger")
def ledger_command() -> None:
    """Share the record of what was bought with a team, so that two machines never buy the same video twice.

    The shared ledger is a bucket (s3://, gs://, az://) or a PostgreSQL database of your own. The lock in git names it;
    which address it has, SEEDSPEC_LEDGER or --ledger says.

    \b
    Examples:
      seedspec ledger attach s3://our-bucket/seedspec
      seedspec ledger status
      seedspec ledger budget --usd 500 --month
    """
