"""What a storyboard expects of its takes, held against the measures that this machine has of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from seedspec.compiler.entry import Entry
from seedspec.compiler.storyboard.expect import Expectation
from seedspec.compiler.storyboard.types import Storyboard
from seedspec.lock.lock import Lock
from seedspec.lock.run_events import Bound, Compared
from seedspec.lock.state import State
from seedspec.measures.expected import compare, unit_of
from seedspec.measures.judged import PREFIX
from seedspec.measures.values import Value
from seedspec.project.saved_measures import MeasuresFolder, values_of
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Expectations:
    """What is expected by shot; of a shot of which nothing is, it has none. `picked` tells whether people chose a take.

    `scores` are those of judges, by the sha256 of a video.
    """

    by_shot: Mapping[str, tuple[Expectation, ...]]
    folder: MeasuresFolder
    picked: Callable[[Entry], object]
    scores: Callable[[str], Mapping[str, float]]

    def of(self, entry: Entry) -> tuple[Expectation, ...]:
        return self.by_shot.get(entry.shot, ())

    def compare(self, entry: Entry, sha256: str, attempt: int, now: str, *, why: str = "") -> Compared | None:
        """A saved video held against what is expected of it; None where nothing is.

        `why` says why it could not be measured.
        """
        expected = self.of(entry)
        if not expected:
            return None
        values: dict[str, Value] = {**(values_of(self.folder, entry, sha256) or {}), **self.scores(sha256)}
        bounds = tuple(_bind(one, values, entry) for one in expected)
        chosen = self.picked(entry) is not None
        return Compared(entry.address, entry.fingerprint, attempt, bounds, now, chosen, why)

    def standing(self, entries: Iterable[Entry | None], lock: Lock, now: str) -> dict[str, Compared]:
        """The saved takes of which something is expected, by address, in the order of the entries."""
        out = dict[str, Compared]()
        for entry in entries:
            record = lock.last(entry.fingerprint) if entry is not None else None
            if entry is None or record is None or record.state is not State.SAVED:
                continue
            found = self.compare(entry, str(record.get("sha256") or ""), record.attempt, now)
            if found is not None:
                out[entry.address] = found
        return out

    def unmet(self, entry: Entry, lock: Lock, now: str) -> tuple[str, ...]:
        """The measures by which the saved video of an entry is not as expected."""
        found = self.standing((entry,), lock, now).get(entry.address)
        return () if found is None else tuple(bound.measure for bound in found.unmet)


def expected_by_shot(board: Storyboard, *, judges: bool = True) -> dict[str, tuple[Expectation, ...]]:
    """What a storyboard expects, by the profile that is laid over it; without `judges` of measures alone."""
    kept = dict[str, tuple[Expectation, ...]]()
    for shot in board.shots:
        kept[shot.id] = tuple(b for b in board.expected_of(shot) if judges or not b.measure.startswith(PREFIX))
    return {shot: bounds for shot, bounds in kept.items() if bounds}


def _bind(expected: Expectation, values: Mapping[str, Value], entry: Entry) -> Bound:
    says = entry.says("generate_audio")
    finding = compare(expected, values, sound=says if isinstance(says, bool) else None)
    wanted = f"{expected}{unit_of(expected.measure)}"
    file, place = expected.span.source.path, expected.span.place
    return Bound(expected.measure, finding.verdict.value, finding.found, wanted, file, *place)
