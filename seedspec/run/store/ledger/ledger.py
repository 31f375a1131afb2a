"""The rules of the shared ledger, over any store: who may buy, what is known, and the end of a run.

The rules by number are those of the room's first page.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import groupby, islice
from typing import Any

from seedspec.lock.lock import Lock, final_record, lock_from, parse, serialise
from seedspec.lock.merge import union
from seedspec.lock.press import Press
from seedspec.lock.record import Record
from seedspec.lock.state import UNANSWERED, State
from seedspec.run.store.ledger import layout
from seedspec.run.store.ledger.budget_share import BudgetShare, check_epoch, load, price_of
from seedspec.run.store.ledger.lease import Lease, elapsed_seconds
from seedspec.run.store.ledger.purchase import Purchase, asked, join, nothing_paid, read_purchase, same, write_purchase
from seedspec.run.store.ledger.snapshot import Board, Name, read_board
from seedspec.run.store.ledger.store import AT_ONCE, Store, Unreachable
from seedspec.run.store.ledger.team import check_documents
from seedspec.run.store.ledger.types import Runner, Sealed, Spent, Standing, Taken, WrongLineage

__all__ = ["Ledger", "Runner", "Sealed", "Spent", "Standing", "Taken", "WrongLineage", "open_ledger"]

_TRIES = 100
_TAKES_ANOTHER = UNANSWERED | {State.QUEUED}
_SOME = 1024
_MOMENT = 0.05
"""Seconds until a store is asked again that said both that a name is taken and that nothing stands there."""


class Ledger:
    """One board of a shared ledger, as one run uses it. All of it may be used by several threads.

    Every method that asks the store raises Unreachable where it does not answer, StoreRefuses, and Sealed once this
    ledger is no more what was opened.
    """

    def __init__(
        self, store: Store, board: layout.Board, runner: Runner, epoch: int, clock: Callable[[], float]
    ) -> None:
        self.board, self.where, self.runner = board.uuid, store.where, runner
        self._store, self._stands, self._epoch = store, board, epoch
        self._board = Board(store, board.uuid)
        self._lease = Lease(store, board.uuid, runner, clock)
        self._share = BudgetShare(store, self._board, self._lease, runner.id, partial(read_board, store))
        self._own: dict[Name, Purchase] = {}
        self._unconfirmed: dict[Name, list[Purchase]] = {}
        self._guard = threading.RLock()
        self._checked = False
        self._sealed: Sealed | None = None

    @contextmanager
    def _while_sound(self) -> Iterator[None]:
        """What seals this ledger seals it for good (rule 6)."""
        if self._sealed is not None:
            raise self._sealed
        try:
            yield
        except Sealed as error:
            self._sealed = error
            raise

    def refresh(self) -> tuple[Lock, int]:
        """Everything that is known of this board, and the serial of the newest snapshot, 0 for none."""
        serial = self.see()
        return self._lock(), serial

    def see(self) -> int:
        """Sees this board as it stands now; the serial of the newest snapshot, 0 for none."""
        with self._while_sound():
            self._check_documents()
            self._board.refresh()
            return self._board.serial

    @property
    def press(self) -> Press:
        """What keeps the records of this board."""
        return self._board.press

    def standing(self) -> Mapping[Name, Standing]:
        """Who sent what, as of the last `refresh` or `look`; `lives` is as of now."""
        return self._standings(self._board.all())

    def sending(self) -> Mapping[Name, Standing]:
        """`standing`, of what runs that are alive are sending."""
        found = self._standings(self._board.unanswered())
        return {n: s for n, s in found.items() if s.values["state"] == State.SUBMITTING and s.lives}

    def _standings(self, seen: Iterable[Purchase]) -> dict[Name, Standing]:
        self._lease.look()
        return {p.name: self._as_standing(p, sure=False) for p in seen}

    def look(self, names: Collection[Name]) -> list[Standing]:
        """Purchases as they stand now, by fingerprint and attempt; those that are not there are left out."""
        return [self._as_standing(p) for p in self._board.look(names)]

    def taken(self, names: Iterable[Name]) -> set[Name]:
        """Which of some purchases others have, or may have: of those that have changed nothing is read."""
        return self._board.taken(names, self.runner.id)

    def allow_unpriced(self) -> None:
        """What has no known price may be bought too, though no ceiling bounds it."""
        self._share.unpriced = True

    def lives(self, runner: str) -> bool:
        """Whether a run still renews its lease, by the store's clock."""
        return self._lease.lives(runner)

    def silent_here(self, runner: str, now: float) -> float:
        """Seconds since a run renewed its lease, by a clock that may be wrong: for people to read alone."""
        return self._lease.silent_here(runner, now)

    def silence(self, runner: str) -> float | None:
        """Seconds since a run renewed its lease, by the store's clock; None for one that ended it or never had any.

        A run without a lease writes one that is over: when it was written is the store's time, though nobody else runs.
        """
        if not self._lease.begun:
            self._lease.beat(ended=True)
        age = self._lease.age(runner)
        return None if age is None or self._lease.ended(runner) else age

    def beat(self) -> None:
        """Renews this run's lease where it is time to, and looks whether the ledger is still what it was: every 15 s,
        however often it is called."""
        with self._while_sound():
            self._renew()

    def _renew(self) -> None:
        """Renews the lease where it is time to, and looks at what may have changed since the last time."""
        if self._checked and not self._lease.due:
            return
        self._checked = False
        if not self._lease.holds:
            self._share.stale()
        self._lease.beat()
        self._check_documents()
        self._withdraw_unconfirmed()
        self._checked = True

    def _check_documents(self) -> None:
        """Raises Sealed where the ledger is another one than was opened, or none (rule 6)."""
        check_documents(self._store, self._stands)
        check_epoch(self._share.refresh(), self._epoch, self.where)

    def grant(self, values: Mapping[str, Any]) -> Taken | Spent | None:
        """Gives this run the right to send a purchase, once: None says that it has it (rule 1).

        `values` are those of the intent. It must be sent within seconds, or withdrawn by `record` with the state
        `queued`. Where this raises, it must not be sent.
        """
        with self._guard, self._while_sound():
            for _ in range(_TRIES):
                self._renew()
                usd = price_of(values)
                mine = Purchase(self.runner, dict(values), usd or 0, self._lease.month())
                spent = self._share.reserve(mine, str(values.get("entry", "")), priced=usd is not None)
                if spent is not None:
                    return spent
                try:
                    taken = self._begin(mine)
                except BaseException:
                    self._unconfirmed.setdefault(mine.name, []).append(mine)
                    raise
                if taken is not None:
                    self._share.drops(mine.name)
                    return Taken(self._as_standing(taken))
                if self._lease.holds:
                    self._own[mine.name] = mine
                    self._unconfirmed.pop(mine.name, None)
                    return None
                # this machine stood still meanwhile: others may have counted without this purchase (rule 5)
                self._unconfirmed.setdefault(mine.name, []).append(mine)
                self._withdraw_unconfirmed()
            raise self._unclear()

    def _begin(self, mine: Purchase) -> Purchase | None:
        """Writes an intent where it may stand; the purchase that stands in its way, or None (rules 1 and 2)."""
        data, under = write_purchase(mine), ""
        for number in range(_TRIES):
            if self._put(mine, data, under):
                return None
            found = self._board.get(mine.name)
            if found is None:  # the name is taken, and nothing stands there
                if number == 0:
                    self._check_documents()
                threading.Event().wait(min(1.0, _MOMENT * (number + 1)))
            elif not self._gives_way(found, mine):
                return found
            under = "" if found is None else found.tag
        raise self._unclear()

    def _put(self, purchase: Purchase, data: bytes, under: str) -> bool:
        """Writes a purchase in the place of one with a tag, or of none; False says that something else stands there,
        which is seen then (rule 2)."""
        key = layout.purchase(self.board, *purchase.name)
        tag = self._store.replace(key, data, under) if under else self._store.create(key, data)
        if tag is None:
            there = self._store.get(key)
            if there is None:
                self._forget(purchase.name)
                return False
            if there[0] != data:
                self._board.saw(read_purchase(key, purchase.name, *there))
                return False
            tag = there[1]
        self._board.saw(replace(purchase, tag=tag))
        return True

    def _gives_way(self, found: Purchase, mine: Purchase) -> bool:
        """Whether an intent may stand in the place of what is there."""
        if found.state is State.QUEUED:
            return True
        if self._is_unconfirmed(found):
            return True
        if found.state in UNANSWERED and found.key == mine.key:  # a person has it sent once more, under its first key
            return found.state is State.DOUBT or not self._lease.lives(found.runner.id)
        return False

    def _is_unconfirmed(self, found: Purchase) -> bool:
        """Whether it is an intent that this run asked for and got no answer about, so that nothing was sent."""
        asked = self._unconfirmed.get(found.name, ())
        return found.state is State.SUBMITTING and found.key in {p.key for p in asked}

    def _withdraw_unconfirmed(self) -> None:
        """Takes back what was asked for without an answer, also where it has not arrived yet (rule 2)."""
        with self._guard:
            for name, asked in list(self._unconfirmed.items()):
                back = replace(asked[-1], values={**asked[-1].values, "state": State.QUEUED.value})
                data = write_purchase(back)
                for _ in range(_TRIES):
                    found = self._see(name)
                    waits = found is None or found.state is State.QUEUED  # a late request of ours may still arrive
                    if found is not None and not waits and not self._is_unconfirmed(found):
                        break
                    if self._put(back, data, "" if found is None else found.tag):
                        break
                del self._unconfirmed[name]
                self._share.drops(name)

    def record(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Joins news of a purchase with what stands; what stands then. It may be repeated, and may come late (rule 3).

        `values` are those of an event, or a whole record. Of another purchase than the one that has its attempt here
        it gets an attempt of its own: the values that come back have its number.
        """
        name = place = values["fp"], values["attempt"]
        known = self._own.get(name) or self._board.get(name)
        if known is not None and known.runner.id == self.runner.id and same(known.values, values) is False:
            known = replace(known, values=asked(known.values))  # two answers to one request: two purchases
        whole = dict(values) if known is None else join(known.values, values)
        seen: Name | None = None
        for _ in range(_TRIES):
            stands = self._board.get(place)
            if stands is None:
                if name in self._own:
                    self._check_documents()  # this run has written it
                made = self._newly(name, place, whole)
            elif same(stands.values, whole) is not False:
                joined = join(stands.values, {**values, "attempt": place[1]})
                if joined == stands.values and seen == place:
                    return joined
                if joined == stands.values:  # nothing new, by what was seen last: and by what stands?
                    seen = place
                    if self._see(place) is None:
                        self._forget(place)
                    continue
                made = replace(stands, values=joined)
            elif stands.state is State.QUEUED:
                made = self._newly(name, place, whole)
            elif nothing_paid(whole):
                return stands.values
            else:
                place = self._place_of(whole)
                continue
            if self._put(made, write_purchase(made), "" if stands is None else stands.tag):
                if made.runner.id == self.runner.id:
                    self._share.spends(made)
                    if made.state not in _TAKES_ANOTHER:
                        self._own.pop(made.name, None)  # the board has it, and no other takes its place
                return made.values
            seen = place
        raise self._unclear()

    def _see(self, name: Name) -> Purchase | None:
        """A purchase as it stands now."""
        return next(iter(self._board.look([name])), None)

    def _forget(self, name: Name) -> None:
        """A purchase does not stand any more; what is known of one of this run is kept."""
        if (gone := self._board.get(name)) is not None and gone.runner.id == self.runner.id:
            self._own[name] = gone
        self._board.forget(name)

    def _newly(self, name: Name, place: Name, whole: Mapping[str, Any]) -> Purchase:
        """A purchase that gets an object now. One that no grant began is no run's: no lease and no budget has it."""
        values = {**whole, "attempt": place[1]}
        mine = self._own.get(name) or self._board.get(name)
        if mine is not None and mine.runner.id == self.runner.id:
            return replace(mine, values=values)
        at = str((whole.get("intent") or whole).get("at", ""))
        return Purchase(Runner("", self.runner.host, self.runner.job), values, price_of(values) or 0, at[:7])

    def _place_of(self, whole: Mapping[str, Any]) -> Name:
        """Where a purchase stands, or can, whose attempt is another one's here (rule 3)."""
        found = self._board.attempts(whole["fp"])
        there = next((p.name for p in found if same(p.values, whole)), None)
        return there or (whole["fp"], 1 + max((p.name[1] for p in found), default=whole["attempt"]))

    def push(self, lock: Lock) -> Lock:
        """Records what the ledger lacks of a lock; everything that is known then, with the ledger's numbers."""
        self.see()
        joined = union(self._lock(), lock).lock
        news = (r.values for r in joined if self._is_new(r.values))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while some := list(islice(news, _SOME)):
                deque(pool.map(self.record, some), maxlen=0)
        return self._lock()

    def _is_new(self, values: Mapping[str, Any]) -> bool:
        """Whether a record says more than what was seen last under its name, or is of another purchase."""
        stands = self._board.get((values["fp"], values["attempt"]))
        if stands is None or same(stands.values, values) is False:
            return True
        return join(stands.values, values) != stands.values

    def close(self, order: Iterable[str], profile: str | None = None) -> tuple[Lock, int]:
        """The end of a run: everything that is known, in that order of fingerprints, and the serial of the snapshot
        that has it. What was drawn and not spent is given back, and the lease ends.

        What it could not end stays as a dead run leaves it: others find its lease over.
        """
        serial, lock = self.end(), self._lock()
        return (parse(serialise(lock, order, profile)) if lock.attempts else lock), serial

    def end(self) -> int:
        """`close`, for a run that asks for the `news` alone."""
        self._withdraw_unconfirmed()
        with self._while_sound():
            self._check_documents()
            self._board.refresh()
        serial = self._board.save()
        self._share.close()
        if self._lease.begun:
            self._lease.beat(ended=True)
        return serial

    def news(self, lock: Lock) -> Lock:
        """What is known of this board, of which a lock lacks something, as it outlives a run."""
        news = list[Record]()
        for fp, theirs in groupby(self._board.all(), key=lambda p: p.name[0]):
            found = [final_record(p.record) for p in theirs]
            ours = lock.attempts.get(fp, ())
            if len(found) > 1 or len(ours) != 1 or found[0] != final_record(ours[0]):
                news += found
        return lock_from(news, 2)

    def _lock(self) -> Lock:
        return lock_from(self._board.records(), 2)

    def _as_standing(self, purchase: Purchase, *, sure: bool = True) -> Standing:
        asked = purchase.state in UNANSWERED  # of what has an answer nobody needs to know whether its sender lives
        return Standing(purchase.values, purchase.runner, asked and self._lease.lives(purchase.runner.id, sure=sure))

    def _unclear(self) -> Unreachable:
        return Unreachable(f"`{self.where}` gave no clear answer")


def open_ledger(store: Store, board: str, runner: Runner, *, clock: Callable[[], float] = elapsed_seconds) -> Ledger:
    """A board of the ledger in a store, for one run. It writes nothing: the lease begins with the first `beat`.

    `clock` measures durations on this machine.

    Raises WrongLineage where another ledger is there, or none, and Sealed for a board that was detached.
    """
    found = store.get(layout.TEAM)
    if found is None:
        raise WrongLineage(f"there is no ledger at `{store.where}`", "", board)
    team = layout.read_team(found[0])
    key = layout.board(board)
    if not layout.is_id(board) or (there := store.get(key)) is None:
        said = f"the ledger at `{store.where}` is {team.uuid}, and has no board {board}"
        raise WrongLineage(said, team.uuid, board)
    document = layout.read_board(key, there[0])
    check_documents(store, document)
    return Ledger(store, document, runner, load(store)[0].epoch, clock)
