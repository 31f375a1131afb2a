"""The addresses that requests need: local files and upstream videos, uploaded when first needed, once per digest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from seedspec.compiler.entry import Entry
from seedspec.plan.event import Delayed, Event, Uploaded
from seedspec.plan.lock import Lock
from seedspec.run.call import Reply, Stored, Trouble, Upload
from seedspec.run.job import Job, Moment, Pace, Phase


@dataclass(slots=True)
class _Asset:
    path: str
    url: str = ""
    until: float = 0.0
    due: float = 0.0
    tries: int = 0
    busy: bool = False
    wanted: bool = False
    dead: str = ""


@dataclass(slots=True)
class Assets:
    """What is at the service and what is on its way there. Uploads cost nothing and may be repeated."""

    lock: Lock
    pace: Pace
    pause: Callable[[int, float | None], float]
    _known: dict[str, _Asset] = field(default_factory=dict)

    def missing(self, entry: Entry, jobs: Mapping[str, Job], now: Moment) -> bool:
        """Whether an address is still to be had; what is missing is asked for, to be uploaded when a slot is free."""
        lacking = False
        for sha256, path in self._files(entry, jobs, now):
            asset = self._known.setdefault(sha256, _Asset(path))
            if asset.url and asset.until <= now.clock:
                asset.url = ""
            if not asset.url:
                asset.wanted = lacking = True
        return lacking

    def urls(self, entry: Entry, jobs: Mapping[str, Job], now: Moment) -> dict[str, str]:
        """The addresses by the keys of the entry's media; only when nothing is missing."""
        out = {}
        for medium in entry.media:
            if medium.source == "file":
                out[medium.key] = self._known[medium.key].url
            elif medium.source == "shot":
                link = _live_link(jobs.get(medium.key), now)
                out[medium.key] = link or self._known[self._video(medium.key, jobs)[0]].url
        return out

    def dead(self, entry: Entry, jobs: Mapping[str, Job]) -> tuple[str, str] | None:
        """A file of the entry that could not be uploaded, and why."""
        for medium in entry.media:
            sha256 = medium.key if medium.source == "file" else self._video(medium.key, jobs)[0]
            asset = self._known.get(sha256) if medium.source != "url" else None
            if asset is not None and asset.dead:
                return medium.where, asset.dead
        return None

    def due(self, now: Moment) -> Iterator[Upload]:
        """The uploads that are to start now, as far as slots are free."""
        free = self.pace.uploads - sum(a.busy for a in self._known.values())
        for sha256, asset in self._known.items():
            if free > 0 and self._startable(asset) and asset.due <= now.clock:
                asset.busy, free = True, free - 1
                yield Upload(sha256, asset.path)

    def wake(self) -> float | None:
        """When the next upload may start; None when none waits for its time."""
        if sum(a.busy for a in self._known.values()) >= self.pace.uploads:
            return None
        return min((a.due for a in self._known.values() if self._startable(a)), default=None)

    def reply(self, call: Upload, reply: Reply, now: Moment) -> list[Event]:
        asset = self._known[call.sha256]
        asset.busy = False
        if isinstance(reply, Stored):
            asset.url, asset.until, asset.tries = reply.url, now.clock + 0.9 * reply.seconds, 0
            asset.wanted = False
            return [Uploaded(call.sha256, call.path, reply.bytes, now.text(reply.seconds), now.text())]
        trouble = reply if isinstance(reply, Trouble) else Trouble("an answer that was not understood", final=True)
        asset.tries += 1
        wait: float | None = self.pause(asset.tries, trouble.retry_after)
        if trouble.stop or trouble.final or asset.tries > self.pace.patience:
            asset.dead, wait = trouble.reason, None
        asset.due = now.clock + (wait or 0)
        return [Delayed(call.path, "", "upload", trouble.reason, wait, now.text())]

    def _startable(self, asset: _Asset) -> bool:
        return asset.wanted and not (asset.busy or asset.url or asset.dead)

    def _files(self, entry: Entry, jobs: Mapping[str, Job], now: Moment) -> Iterator[tuple[str, str]]:
        """What the entry needs uploaded: its local files, and upstream videos whose link at the service is gone."""
        for medium in entry.media:
            if medium.source == "file":
                yield medium.key, medium.where
            elif medium.source == "shot" and not _live_link(jobs.get(medium.key), now):
                yield self._video(medium.key, jobs)

    def _video(self, fp: str, jobs: Mapping[str, Job]) -> tuple[str, str]:
        """Digest and file of an upstream's saved video, from this run or from the lock."""
        job = jobs.get(fp)
        if job is not None and job.sha256:
            return job.sha256, job.file
        record = self.lock.last(fp)
        return (str(record.get("sha256") or ""), record.file or "") if record is not None else ("", "")


def _live_link(job: Job | None, now: Moment) -> str:
    saved = job is not None and job.phase is Phase.SAVED and job.link_until > now.clock
    return job.link if job is not None and saved else ""
