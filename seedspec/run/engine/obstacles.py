"""What keeps a purchase that waits from being made at all: its model, its upstream, its media, or others' refusals."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from seedspec.catalog.media_facts import MediaFacts
from seedspec.compiler.entry import frame_words
from seedspec.compiler.references.upstream import unusable_upstream
from seedspec.lock.lock import Lock
from seedspec.lock.staleness import facts_of
from seedspec.run.engine.common_cause import Blame
from seedspec.run.engine.media_urls import MediaUrls
from seedspec.run.engine.purchase import Phase, Purchase
from seedspec.run.engine.queue import GONE
from seedspec.text.value import valueclass

_ENDS = {Phase.FAILED: "it failed", Phase.DOUBT: "it is in doubt", Phase.HELD: "it is held"}


@valueclass(frozen=True, slots=True)
class Obstacles:
    """Looks at the purchases of a run as they stand; `blame` may be left out (None), and the day (`today`) too ("").

    `is_open` says whether anything may still be bought of a service.
    """

    jobs: Mapping[str, Purchase]
    lock: Lock
    urls: MediaUrls
    blame: Blame | None
    today: str = ""
    is_open: Callable[[str], bool] = lambda provider: True

    def of(self, job: Purchase) -> tuple[str, str, Phase] | None:
        """What stands in the way, why, and the phase that the purchase goes to; None where nothing does."""
        entry = job.entry_to_buy
        if entry.model.dates.are_over(self.today):
            return entry.model.id, "the model is retired", Phase.HELD
        for medium in entry.upstream:
            up = self.jobs.get(medium.key)
            if up is not None and up.phase in GONE:
                if up.phase is Phase.LEFT:
                    return up.step.address, "it is not finished", Phase.LEFT
                return up.step.address, _ENDS[up.phase], Phase.HELD
            if up is not None and self._is_left_out(up, job):
                return up.step.address, "it is not bought", Phase.LEFT
        if (unusable := unusable_upstream(entry.media, entry.model.media, self._facts)) is not None:
            return *unusable, Phase.HELD
        if self.blame is not None and (blamed := self.blame.of(entry)) is not None:
            return *blamed, Phase.HELD
        if (uncut := self.urls.uncut(entry, self.jobs)) is not None:
            medium, why, later = uncut
            return medium.where, f"its {frame_words(medium.frame)} {why}", Phase.LEFT if later else Phase.HELD
        dead = self.urls.dead(entry, self.jobs)
        return (dead[0], f"it could not be uploaded: {dead[1]}", Phase.LEFT) if dead else None

    def _is_left_out(self, up: Purchase, job: Purchase) -> bool:
        """Whether an upstream waits at a service that is sent nothing more, where the purchase's own goes on."""
        return up.phase is Phase.WAITING and self.is_open(job.provider) and not self.is_open(up.provider)

    def _facts(self, fp: str) -> MediaFacts | None:
        """What was measured of an upstream's video, in this run or before; None while there is none."""
        job = self.jobs.get(fp)
        if job is None or job.phase in (Phase.LINKING, Phase.KEPT):
            return facts_of(self.lock.last(fp))
        return job.facts if job.phase is Phase.SAVED else None
