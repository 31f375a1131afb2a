"""The pictures of upstream videos that requests need: cut out when first needed, once in a run, and judged then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field

from seedspec.catalog.media_facts import MediaFacts
from seedspec.catalog.slot import Slot
from seedspec.compiler.references.limits import breaches
from seedspec.lock.event import Event
from seedspec.lock.run_events import Delayed
from seedspec.run.engine.messages import Cut, Picture, Reply, Trouble
from seedspec.run.engine.purchase import Moment, Pace
from seedspec.text.value import valueclass


@valueclass(frozen=False, slots=True)
class _Wanted:
    """A picture on its way. `unusable` says why there is none that a request may have, `given_up` why not in this run.

    With `fresh` it goes up again: no address of an earlier run will do.
    """

    call: Cut
    made: Picture | None = None
    busy: bool = False
    asked: bool = False
    fresh: bool = False
    due: float = 0.0
    tries: int = 0
    unusable: str = ""
    given_up: str = ""

    @property
    def startable(self) -> bool:
        return self.asked and not (self.busy or self.made or self.unusable or self.given_up)


@valueclass(frozen=False, slots=True)
class Pictures:
    """What is cut and what is to be."""

    pace: Pace
    pause: Callable[[int, float | None], float]
    _known: dict[str, _Wanted] = field(default_factory=dict)
    _busy: int = 0

    def find(self, call: Cut) -> Picture | None:
        """A picture that is there."""
        known = self._known.get(call.name)
        return known.made if known is not None else None

    def ask(self, call: Cut) -> None:
        """A picture is needed now."""
        self._known.setdefault(call.name, _Wanted(call)).asked = True

    def distrust(self, call: Cut) -> None:
        """Earlier addresses of a picture are not trusted; it need not be cut yet."""
        self._known.setdefault(call.name, _Wanted(call)).fresh = True

    def is_distrusted(self, call: Cut) -> bool:
        return (known := self._known.get(call.name)) is not None and known.fresh

    def lost(self, call: Cut, rule: Slot | None = None) -> tuple[str, bool] | None:
        """Why there is no such picture, or why none that a model takes by its `rule`, and whether another run may have
        it; None as long as there may be one.
        """
        known = self._known.get(call.name)
        if known is not None and known.made is not None and rule is not None:
            broken = next(breaches(rule, _facts(known.made)), None)
            return None if broken is None else (broken.message, False)
        if known is None or not (known.unusable or known.given_up):
            return None
        return (known.unusable, False) if known.unusable else (known.given_up, True)

    def due(self, now: Moment) -> Iterator[Cut]:
        """The pictures that are to be cut now, as far as slots are free."""
        for wanted in self._known.values():
            if self._busy >= self.pace.uploads:
                return
            if wanted.startable and wanted.due <= now.clock:
                wanted.busy = True
                self._busy += 1
                yield wanted.call

    def wake(self) -> float | None:
        """When the next one may be cut; None when none waits for its time."""
        if self._busy >= self.pace.uploads:
            return None
        return min((w.due for w in self._known.values() if w.startable), default=None)

    def reply(self, call: Cut, reply: Reply, now: Moment) -> list[Event]:
        wanted = self._known[call.name]
        wanted.busy = False
        self._busy -= 1
        if isinstance(reply, Picture):
            wanted.made = reply
            return []
        trouble = reply if isinstance(reply, Trouble) else Trouble("an answer that was not understood", final=True)
        if trouble.final:
            wanted.unusable = f"cannot be had: {trouble.reason}"
            return []
        wanted.tries += 1
        wait: float | None = self.pause(wanted.tries, trouble.retry_after)
        if wanted.tries > self.pace.patience:
            wanted.given_up, wait = f"cannot be had: {trouble.reason}", None
        wanted.due = now.clock + (wait or 0)
        return [Delayed(call.file, "", "picture", trouble.reason, wait, now.text())]


def _facts(picture: Picture) -> MediaFacts:
    return MediaFacts(bytes=picture.bytes, width=picture.width, height=picture.height)
