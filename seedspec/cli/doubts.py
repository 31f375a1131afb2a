"""The purchases that wait for a person's word: which of them is meant, what is known of each, and how to say it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from seedspec.api import Compiled
from seedspec.cli.compiled import board_of
from seedspec.cli.entry_argument import the_address, the_ids
from seedspec.cli.main import Exit
from seedspec.compiler.address import matches
from seedspec.compiler.storyboard.profile import AS_WRITTEN, name_of
from seedspec.lock.age import age, asked_at
from seedspec.lock.lock import Lock
from seedspec.lock.record import Record
from seedspec.lock.state import FOLLOWED
from seedspec.plan.command_hint import CommandHint
from seedspec.report.table import cut
from seedspec.run.engine.messages import Listed
from seedspec.run.settle import Evidence


def is_lost(record: Record) -> bool:
    """What the service took, and may have no longer."""
    return record.state in FOLLOWED


class PurchasesToSettle:
    """The records of a lock that a word can be about, by the address that their entry has now, or was bought as.

    `every` is all of them, in the storyboard's order; `said` is what they are, in words.
    """

    def __init__(self, made: Compiled, lock: Lock, waits: Callable[[Record], bool], said: str) -> None:
        self._lock, self._said = lock, said
        self._called = {e.fingerprint: e.address for e in made.entries}
        found = [r for r in lock if waits(r)]
        own = [r for r in found if r.fp in self._called or _is_of_profile(made, r)]
        place = {fp: i for i, fp in enumerate(self._called)}
        self.every = sorted(own, key=lambda r: place.get(r.fp, len(place)))
        self._elsewhere = {r.entry: r.profile or AS_WRITTEN for r in found if r not in own}
        self._by_address: dict[str, list[Record]] = {}
        for record in self.every:
            self._by_address.setdefault(self.address(record), []).append(record)

    def address(self, record: Record) -> str:
        return self._called.get(record.fp, record.entry)

    def several(self, record: Record) -> bool:
        """Whether an address alone does not name it: an edit, or two branches, can leave several under one."""
        return len(self._by_address[self.address(record)]) > 1

    def words(self, record: Record) -> tuple[str, ...]:
        """What names it on a command line: the address, and the purchase where the address names several."""
        if not self.several(record):
            return (self.address(record),)
        ids = {id(r): name for r, name in the_ids(self._by_address[self.address(record)])}
        return self.address(record), f"--purchase {ids[id(record)]}"

    def select(self, texts: Sequence[str], purchase: str | None, *, many: bool) -> list[Record]:
        """The records that addresses name, or prefixes, each once; one alone for each unless `many`. Ends the command
        otherwise."""
        return list({id(r): r for text in texts for r in self._select(text, purchase, many=many)}.values())

    def _select(self, text: str, purchase: str | None, *, many: bool) -> list[Record]:
        fits = [text] if text in self._by_address else [a for a in self._by_address if matches(text, a)]
        if many and purchase is None and len(fits) > 1:
            return [r for a in fits for r in self._by_address[a]]
        if len(fits) > 1:
            named = "\n".join(f"  {a}" for a in fits)
            raise Exit(2, f"`{text}` fits {len(fits)} purchases {self._said}; name each of them:\n{named}")
        if not fits:
            raise Exit(2, self._none(text))
        return [self._one(fits[0], purchase)]

    def _none(self, text: str) -> str:
        address = the_address(text, [*self._called.values(), *self._elsewhere])
        if address in self._elsewhere:
            return f"`{address}` is {self._said} with another profile: `--profile {self._elsewhere[address]}`"
        held = next((self._lock.last(fp) for fp, a in self._called.items() if a == address), None)
        return f"`{address}` is not {self._said}" + (f": it is {held.state}" if held else ": it is new")

    def _one(self, address: str, purchase: str | None) -> Record:
        found = self._by_address[address]
        if purchase is None and len(found) == 1:
            return found[0]
        begins, _, attempt = (purchase or "").partition("/")
        chosen = [r for r in found if begins and r.fp.startswith(begins) and attempt in ("", str(r.attempt))]
        if len(chosen) == 1:
            return chosen[0]
        said = f"`{address}` names {len(found)} purchase{'s' * (len(found) != 1)} {self._said}"
        asked = (
            f"{said}; say which:" if purchase is None else f"{said}, `--purchase {purchase}` is {len(chosen)} of them:"
        )
        listed = (f"  --purchase {name}  {_describe_differences(r, self._called)}" for r, name in the_ids(found))
        raise Exit(2, "\n".join((asked, *listed)))


def _describe_differences(record: Record, called: Mapping[str, str]) -> str:
    """What tells a purchase from others of its entry: when it was sent, with which prompt, and what came of it."""
    request = (record.manifest or {}).get("request") or {}
    prompt = " ".join(str(request.get("prompt", "")).split())
    still = "asked for now" if record.fp in called else "no longer asked for"
    return f"sent at {asked_at(record) or 'unknown'}, attempt {record.attempt}, {still}: {cut(prompt, 60)}"


def _is_of_profile(made: Compiled, record: Record) -> bool:
    """Whether a purchase is this profile's own, or of one that the storyboard no longer has."""
    board = board_of(made)
    return record.profile == name_of(board) or (record.profile != "" and record.profile not in board.profiles)


def describe_purchase(
    record: Record, seen: Evidence | None, words: Sequence[str], hint: CommandHint, *, sent: bool, now: datetime
) -> list[str]:
    """What is known of a purchase, and the commands that say what a person found; `sent`: its bytes are here."""
    lines = _describe_stuck(record, now) if seen is None else _describe_doubt(record, seen)
    choices = _choices(seen, words, hint, sent=sent)
    return [*lines, "  say what happened:", *(f"    {command}  # {why}" for command, why in choices)]


def purchase_json(
    record: Record, seen: Evidence | None, words: Sequence[str], hint: CommandHint, *, sent: bool
) -> dict[str, Any]:
    """The same for programs; without `seen` the service never ended its task, and is not asked."""
    intent, stuck = record.get("intent") or {}, record.stuck or {}
    return {
        **_identity_json(record),
        "state": str(record.state),
        "task": record.task or None,
        "sent_at": asked_at(record) or None,
        "why": None if seen is None else _why(record),
        "key": intent.get("key"),
        "last_word": stuck.get("word") if seen is None else None,
        "last_word_at": stuck.get("since") if seen is None else None,
        "evidence": None if seen is None else _evidence_json(seen),
        "commands": [{"command": command, "meaning": why} for command, why in _choices(seen, words, hint, sent=sent)],
    }


def settlement_json(record: Record, outcome: str, message: str, task: str | None) -> dict[str, Any]:
    """A purchase that is settled, for programs; `outcome` says how, and `message` the same for people."""
    return {**_identity_json(record), "outcome": outcome, "task": task or None, "message": message}


def _identity_json(record: Record) -> dict[str, Any]:
    return {"entry": record.entry, "fingerprint": record.fp, "attempt": record.attempt}


def _evidence_json(seen: Evidence) -> dict[str, Any]:
    listed = None
    if seen.candidates is not None:
        listed = [
            {"task": t.task, "at": _time_of_making(t), "state": t.state, "same_request": t.task in seen.alike}
            for t in seen.candidates
        ]
    credits = {"before": seen.before, "after": seen.after, "gone": seen.missing, "estimate": seen.estimate}
    return {
        "candidates": listed,
        "why_not_asked": seen.why_not or None,
        "credits": {name: None if value is None else round(value, 4) for name, value in credits.items()},
        "proof": {
            "carried": seen.carried or None,
            "shown_by": [proof.task for proof in seen.verdict.proofs],
            "of_others": list(seen.verdict.claimed),
        },
    }


def _time_of_making(task: Listed) -> str | None:
    if task.created is None:
        return None
    return datetime.fromtimestamp(task.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _choices(seen: Evidence | None, words: Sequence[str], hint: CommandHint, *, sent: bool) -> list[tuple[str, str]]:
    """The commands that say what a person found, each with what it says."""
    entry, *more = words
    candidates = [found.task for found in (seen.candidates or () if seen is not None else ())]
    same = seen.alike if seen is not None else ()
    ordered = [*same, *(task for task in candidates if task not in same)]
    choices = [(f"--task {task}", "it was taken, and this is its task") for task in ordered or ["ID"]]
    if seen is None:
        choices = [("--task ID", "another task is its"), ("--not-billed", "it is given up")]
    else:
        choices.append(("--not-billed", "it was not taken: the next run buys it"))
        choices += [("--resend", "send the same bytes once more: it may cost twice")] if sent else []
    return [(hint.on("settle", entry, *more, option).strip("`"), why) for option, why in choices]


def _describe_stuck(record: Record, now: datetime) -> list[str]:
    stuck, asked = record.stuck or {}, asked_at(record)
    ago = f", {words} ago" if (words := age(asked, now)) else ""
    return [
        f"{record.entry}: no end in sight",
        f"  sent at     {asked or 'unknown'}{ago}",
        f"  task        {record.task}",
        f"  last word   {stuck.get('word', 'unknown')}, at {stuck.get('since', 'unknown')}",
    ]


def _why(record: Record) -> str:
    return str(record.get("doubt") or "a run ended between the request and its answer")


def _describe_doubt(record: Record, seen: Evidence) -> list[str]:
    intent = record.get("intent") or {}
    lines = [
        f"{record.entry}: in doubt",
        f"  sent at     {intent.get('at', 'unknown')}",
        f"  what we saw {_why(record)}",
        f"  key         {intent.get('key', 'unknown')} (Idempotency-Key)",
    ]
    if seen.before is not None and seen.after is not None and seen.missing is not None:
        estimate = f"; the request was estimated at {seen.estimate:g}" if seen.estimate is not None else ""
        lines.append(
            f"  credits     {seen.before:g} before it, {seen.after:g} after; {seen.missing:g} gone that no other entry"
            f" explains{estimate}"
        )
    if seen.candidates is None:
        lines.append(f"  candidates  the service could not be asked: {seen.why_not}")
    elif not seen.candidates:
        lines.append("  candidates  none: the account lists no task of then that no entry knows (which proves nothing)")
    for found in seen.candidates or ():
        made_at = _time_of_making(found) or "a time that is not told"
        same = "; its request is the same" if found.task in seen.alike else ""
        lines.append(f"  candidate   {found.task}  made at {made_at}, {found.state}{same}")
    if len(seen.alike) == 1:
        lines.append(
            "  proposal    one task has the same request; others may have sent it too, so it is for you to say"
        )
    elif seen.alike:
        lines.append(f"  proposal    {len(seen.alike)} tasks have the same request: look at their times")
    if seen.carried and seen.candidates is not None:
        lines.append(f"  proof       none: {seen.verdict.say(seen.carried)}")
    return lines
