"""Every command of the command line, from its own list, and how each is called about a storyboard."""

from __future__ import annotations

from collections.abc import Iterator

import click

from seedspec.cli.main import seedspec as group


def commands(found: click.Group = group, above: str = "") -> Iterator[str]:
    """The name of every command, with its group's before it."""
    with click.Context(found) as context:
        for name in found.list_commands(context):
            command = found.get_command(context, name)
            if isinstance(command, click.Group):
                yield from commands(command, f"{above}{name} ")
            else:
                yield f"{above}{name}"


_BOARDS = ("storyboard.yaml", "bad.yaml")


def calls(to: str) -> dict[str, list[str]]:
    """How each command is called about a storyboard in the folder `to`, in an order in which each has much to say."""
    board, emulated = f"{to}storyboard.yaml", "--emulator"
    take = f"{to}renders.emulator/open_take1.mp4"
    return {
        "check": [f"check {to}bad.yaml", f"check {board}", f"check --fix --diff {to}bad.yaml"],
        "plan": [
            f"plan {board} {emulated}",
            f"plan {board}",
            f"plan {board} --format markdown",
            f"plan {board} --out {to}agreed.json",
        ],
        "run": [f"run {board} {emulated} --yes --emulator-seconds 0 --junit {to}run.xml"],
        "fetch": [f"fetch {board} {emulated}", f"fetch {board} --ledger s3://team/ledger"],
        "status": [f"status {board} {emulated}", f"status {board}"],
        "measure": [f"measure {board} {emulated}", f"measure {board}"],
        "why": [f"why open/1 {board} {emulated}", f"why close/1 {board}"],
        "compile": [f"compile {board}", f"compile {board} --origins open/1"],
        "cost": [f"cost {board} {emulated}"],
        "diff": [f"diff HEAD {board}"],
        "settle": [f"settle {board} {emulated}", f"settle --not-billed {board}"],
        "adopt": [f"adopt open/1 {board} {emulated} --file {take}"],
        "cancel": [f"cancel open/1 {board} {emulated}", f"cancel open/1 {board}"],
        "review": [f"review {board} {emulated}"],
        "pick": [f"pick -f {board} {emulated} open 1", f"pick -f {board} {emulated}", f"pick -f {board} close/1"],
        "rows": [f"rows {board} {emulated}", f"rows {to}swept.yaml"],
        "stats": [f"stats {board} {emulated}"],
        "doctor": [f"doctor {board}"],
        "export otio": [f"export otio {board} {emulated}"],
        "export animatic": [f"export animatic {board} {emulated}", f"export animatic {board} {emulated} -o {take}"],
        "export sheet": [f"export sheet {board} {emulated}"],
        "export csv": [f"export csv {board} {emulated} -o {board}"],
        "export json": [f"export json {board} {emulated} -o {to}storyboard.emulator.lock"],
        "lock verify": [f"lock verify {board} {emulated}", f"lock verify {board}", f"lock verify {to}torn.yaml"],
        "lock prune": [f"lock prune {board} {emulated}", f"lock prune {board}"],
        "lock fix": [f"lock fix {board} {emulated}", f"lock fix {to}torn.yaml"],
        "ledger attach": [f"ledger attach postgresql://team@127.0.0.1:9/films {to}{name}" for name in _BOARDS],
        "ledger status": [f"ledger status {board}"],
        "ledger budget": [f"ledger budget {board}"],
        "ledger verify": [f"ledger verify {board}"],
        "ledger rebuild": [f"ledger rebuild {board}"],
        "ledger detach": [f"ledger detach {board}"],
        "init": [f"init {to or '.'}"],
    }


ABOUT_NO_STORYBOARD = {
    "explain", "models", "prices refresh", "completion", "ci", "emulator", "lock merge", "trust", "language-server",
    "provider answer", "provider check", "provider preview",
}  # fmt: skip
