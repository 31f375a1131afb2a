"""Agreed plans of several storyboards in one folder, as CI hands them from a pull request to the merge."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from seedspec.project.agreed_file import read_agreed
from seedspec.project.credentials import BadSettings
from seedspec.project.files import check_no_link, check_way
from seedspec.text.value import valueclass
from seedspec.text.visible import visible

_MOST_WORDS = 60
_NOTHING = ("--max-entries", "0")
"""Options of a run that follows what was bought and buys nothing."""


@valueclass(frozen=True, slots=True)
class Allowed:
    """What a run of a storyboard may buy, as options of `run`; with `why` where that is nothing."""

    options: tuple[str, ...]
    why: str = ""


def plan_name(board: str) -> str:
    """The name of a storyboard's agreed plan: its words are for people, the digest of its path is what tells it apart.

    The path counts as it is written from the working folder, so a plan is found again in another clone.
    """
    path = Path(os.path.normpath(board)).as_posix()
    words = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")[-_MOST_WORDS:].strip("-")
    return f"{words}-{hashlib.sha256(os.fsencode(path)).hexdigest()[:16]}.json"


def empty_place(folder: Path, board: str) -> Path:
    """Where a storyboard's plan is to be written: no plan of before is there, so none can pass for the new one.

    Raises OSError for a link in the place of the folder, or on its way out of the project.
    """
    check_way(folder)
    check_no_link(folder)
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / plan_name(board)
    place.unlink(missing_ok=True)
    return place


def allowed(board: str, plans: str, shown: str) -> Allowed:
    """What may be bought of a storyboard: its plan in the folder `plans`, up to the sum of its plan in `shown`, or
    nothing. A plan in `plans` is consent; of one in `shown`, which may be anybody's, the sum alone is looked at."""
    name = plan_name(board)
    try:
        if plans and (file := _regular_file(plans, name)):
            return Allowed(("--plan", file))
        if shown and (file := _regular_file(shown, name)):
            return Allowed(("--yes-up-to", f"{_sum(file, board):f}"))
    except BadSettings as error:
        return Allowed(_NOTHING, f"{error}; nothing is bought")
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        return Allowed(_NOTHING, f"`{visible(str(error.filename or ''))}` {why}; nothing is bought")
    where = " nor ".join(f"`{visible(folder)}`" for folder in (plans, shown) if folder)
    return Allowed(_NOTHING, f"no agreed plan of `{visible(board)}` is in {where}; nothing is bought")


def strangers(boards: Iterable[str], *folders: str) -> list[str]:
    """Files in the folders that are the plan of no storyboard that is given; nothing is bought by them."""
    known = {plan_name(board) for board in boards}
    found: list[str] = []
    for folder in filter(None, folders):
        if os.path.isdir(folder):
            found += (os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name not in known)
    return found


def _regular_file(folder: str, name: str) -> str:
    """The absolute path of a file in a folder; empty for none. Raises OSError where a link or a folder has its name."""
    check_no_link(folder)
    file = os.path.join(os.path.abspath(folder), name)
    if not os.path.lexists(file):
        return ""
    check_no_link(file)
    if not stat.S_ISREG(os.stat(file).st_mode):
        raise BadSettings(f"`{visible(file)}` is no regular file; expected an agreed plan")
    return file


def _sum(file: str, board: str) -> Decimal:
    """What a plan that was shown cost, in dollars. Raises BadSettings for one of a file with another name."""
    found = read_agreed(file)
    if found.file != Path(board).name:
        raise BadSettings(f"`{visible(file)}` is a plan of `{visible(found.file)}`, not of `{visible(board)}`")
    return found.usd
