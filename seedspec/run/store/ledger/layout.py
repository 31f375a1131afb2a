"""What stands where in a ledger: the names of its objects, and the two documents that say whose it is."""

from __future__ import annotations

import re
from typing import Any

import orjson

from seedspec.run.store.ledger.types import Sealed
from seedspec.text.value import valueclass

TEAM = "team.json"
BUDGET = "budget.json"
RUNS = "runs/"
BOARDS = "boards/"
FORMAT = 1
_ID = re.compile(r"[0-9a-z][0-9a-z-]{0,63}")
_BUY = re.compile(r"boards/[0-9a-z-]+/buy/[0-9a-f]{2}/([0-9a-f]{64})/([1-9][0-9]{0,14})")


def is_id(text: object) -> bool:
    """Whether this can be the id of a team, a board or a run: it becomes a part of names."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def run(runner: str) -> str:
    return f"{RUNS}{runner}.json"


def board(uuid: str) -> str:
    return f"{BOARDS}{uuid}/board.json"


def purchases(uuid: str) -> str:
    return f"{BOARDS}{uuid}/buy/"


def attempts(uuid: str, fp: str) -> str:
    return f"{purchases(uuid)}{fp[:2]}/{fp}/"


def purchase(uuid: str, fp: str, attempt: int) -> str:
    return f"{attempts(uuid, fp)}{attempt}"


def purchase_named(key: str) -> tuple[str, int] | None:
    """The fingerprint and attempt that a name stands for; None for a name of something else."""
    found = _BUY.fullmatch(key)
    return (found[1], int(found[2])) if found is not None else None


def snapshots(uuid: str) -> str:
    return f"{BOARDS}{uuid}/snapshot/"


def snapshot(uuid: str, serial: int) -> str:
    """The name of a snapshot; they sort by serial."""
    return f"{snapshots(uuid)}{serial:012}"


def serial_of(key: str) -> int:
    """The serial of a snapshot by its name; 0 for a name of something else."""
    last = key.rpartition("/")[2]
    return int(last) if re.fullmatch(r"[0-9]{12}", last) else 0


class BadDocument(Sealed):
    """An object of the ledger is not what seedspec writes there."""


@valueclass(frozen=True, slots=True)
class Team:
    """Who shares a ledger: one team, whose boards spend from one budget."""

    uuid: str


@valueclass(frozen=True, slots=True)
class Board:
    """One storyboard's purchases. `name` is for people; one that is `sealed` was detached, and buys no more."""

    uuid: str
    team: str
    name: str
    sealed: bool = False


def team_document(team: Team) -> bytes:
    return document({"seedspec_ledger": FORMAT, "uuid": team.uuid})


def read_team(data: bytes) -> Team:
    """Raises BadDocument."""
    values = read_document(TEAM, data)
    if values.get("seedspec_ledger") != FORMAT:
        raise BadDocument(f"`{TEAM}` is of format {values.get('seedspec_ledger')!r}; this seedspec reads {FORMAT}")
    return Team(_id_in(TEAM, values, "uuid"))


def board_document(board: Board) -> bytes:
    sealed = {"sealed": True} if board.sealed else {}
    return document({"uuid": board.uuid, "team": board.team, "name": board.name, **sealed})


def read_board(key: str, data: bytes) -> Board:
    """Raises BadDocument."""
    values = read_document(key, data)
    ids = (_id_in(key, values, "uuid"), _id_in(key, values, "team"))
    return Board(*ids, str(values.get("name", "")), values.get("sealed") is True)


def document(values: dict[str, Any]) -> bytes:
    return orjson.dumps(values) + b"\n"


def read_document(key: str, data: bytes) -> dict[str, Any]:
    """A JSON object. Raises BadDocument."""
    try:
        values = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BadDocument(f"`{key}` is no JSON: {error.msg}") from None
    if not isinstance(values, dict):
        raise BadDocument(f"`{key}` is no JSON object")
    return values


def _id_in(key: str, values: dict[str, Any], name: str) -> str:
    found = values.get(name)
    if not isinstance(found, str) or not is_id(found):
        raise BadDocument(f"`{key}` has no `{name}`")
    return found
