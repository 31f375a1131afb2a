"""The addresses that requests need: files, upstream videos and pictures of them, uploaded once when first needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta

from seedspec.compiler.entry import Entry, Medium
from seedspec.lock.event import Event
from seedspec.lock.lock import Lock
from seedspec.lock.run_events import Delayed, Uploaded
from seedspec.run.engine.messages import Cut, Picture, Refused, Reply, Stored, Trouble, Upload
from seedspec.run.engine.pictures import Pictures
from seedspec.run.engine.purchase import Moment, Pace, Phase, Purchase
from seedspec.run.engine.terms import Terms
from seedspec.text.value import valueclass

SHARE = 0.9
"""The part of an address's life in which it is given to tasks: the service fetches a medium some time later."""


@valueclass(frozen=False, slots=True)
class _Asset:
    """A file at one service, or on its way there.

    `until` is the clock, `ends` the time of day, up to which the address is used: the first stands still while a
    machine sleeps, the second can be set. With `again` no earlier address will do; `renewed` says that it was asked
    for once, which is once in a run. `unused` counts the addresses since one was last used.
    """

    path: str
    sha256: str
    provider: str
    url: str = ""
    until: float = 0.0
    ends: datetime | None = None
    again: bool = False
    renewed: bool = False
    unused: int = 0
    due: float = 0.0
    tries: int = 0
    busy: bool = False
    wanted: bool = False
    dead: str = ""


@valueclass(frozen=False, slots=True)
class MediaUrls:
    """What is at the service and what is on its way there. Uploads cost nothing and may be repeated.

    `pictures` are those of upstream videos, which are cut out before they go up.
    `terms` are those of a service by its id. A file goes up to the service that is to use it, and to no other.
    """

    lock: Lock
    pace: Pace
    pause: Callable[[int, float | None], float]
    pictures: Pictures
    terms: Callable[[str], Terms]
    _known: dict[str, _Asset] = field(default_factory=dict)
    _open: dict[str, _Asset] = field(default_factory=dict)
    _distrusted: set[str] = field(default_factory=set)
    _busy: int = 0

    def missing(self, entry: Entry, jobs: Mapping[str, Purchase], now: Moment) -> str:
        """A digest whose address is still to be had, or the name of a picture, "" for none; what is missing is asked
        for, to be cut and uploaded when a slot is free.
        """
        lacking = ""
        for medium in entry.media:
            if medium.frame and self._picture(medium, jobs) is None:
                self.pictures.ask(cut := self._cut(medium, jobs))
                lacking = lacking or cut.name
        own = entry.model.provider.id
        for sha256, path in self._files(entry, jobs, now):
            name = known_as(own, sha256)
            asset = self._known.setdefault(name, self._asset(path, sha256, own))
            if asset.url and (asset.until <= now.clock or (asset.ends is not None and asset.ends <= now.utc)):
                asset.url = ""
            if not asset.url:
                asset.wanted, lacking = True, lacking or (name if sha256 else "?")
                if not asset.busy:
                    self._open[name] = asset
        return lacking

    def _asset(self, path: str, sha256: str, provider: str) -> _Asset:
        return _Asset(path, sha256, provider, again=sha256 in self._distrusted)

    def urls(self, entry: Entry, jobs: Mapping[str, Purchase], now: Moment) -> dict[str, str]:
        """The addresses by the keys of the entry's media; only when nothing is missing."""
        out, own = {}, entry.model.provider.id
        for medium in entry.media:
            if medium.source == "file":
                out[medium.key] = self._use(known_as(own, medium.key))
            elif medium.source == "shot":
                link = "" if medium.frame else _live_link(jobs.get(medium.key), now)
                out[medium.item] = link or self._use(known_as(own, self._upstream(medium, jobs)[0]))
        return out

    def used(self, entry: Entry, jobs: Mapping[str, Purchase]) -> dict[str, str]:
        """The digests of the upstream videos by fingerprint, and of the pictures of them by what the manifest has."""
        out = {m.key: self.video(m.key, jobs)[0] for m in entry.upstream}
        return out | {m.item: self._upstream(m, jobs)[0] for m in entry.upstream if m.frame}

    def begin(self, jobs: Mapping[str, Purchase]) -> None:
        """Addresses of earlier runs are not trusted with what failed because the service could not get a medium."""
        for job in jobs.values():
            record = job.step.record if job.phase is Phase.WAITING else None
            if record is not None and (record.get("failure") or {}).get("code") in self.terms(job.provider).unreachable:
                for medium in job.entry_to_buy.upstream:
                    if medium.frame:
                        self.pictures.distrust(self._cut(medium, jobs))
                for sha256, path in self._places(job.entry_to_buy, jobs):
                    own = job.provider
                    self._known.setdefault(known_as(own, sha256), _Asset(path, sha256, own)).again = True

    def renew(self, entry: Entry, jobs: Mapping[str, Purchase]) -> bool:
        """Forgets the addresses of an entry's media, one of which is dead; each only once in a run.

        Says whether another request has other addresses, or would be the same again.
        """
        renewed = False
        for job in (jobs.get(m.key) for m in entry.upstream if not m.frame):
            if job is not None and job.phase is Phase.SAVED and job.link:
                job.link, renewed = "", True  # its saved file goes up instead
        for sha256, _ in self._places(entry, jobs):
            asset = self._known.get(known_as(entry.model.provider.id, sha256))
            if asset is not None and asset.url and not asset.renewed:
                asset.url, asset.again, asset.renewed, renewed = "", True, True, True
        return renewed

    def renewed(self, entry: Entry, jobs: Mapping[str, Purchase], reply: Refused) -> Refused:
        """A certain refusal because of a dead address: nothing was made, and with fresh ones it is another request."""
        codes = self.terms(entry.model.provider.id).unreachable
        if reply.then != "failed" or reply.code not in codes or not self.renew(entry, jobs):
            return reply
        return replace(reply, then="later", retry_after=0, message=f"{reply.message}; its files go up again")

    def dead(self, entry: Entry, jobs: Mapping[str, Purchase]) -> tuple[str, str] | None:
        """A file of the entry that could not be uploaded, and why."""
        for medium in entry.media:
            sha256 = medium.key if medium.source == "file" else self._upstream(medium, jobs)[0]
            asset = self._known.get(known_as(entry.model.provider.id, sha256)) if medium.source != "url" else None
            if asset is not None and asset.dead:
                return medium.where, asset.dead
        return None

    def uncut(self, entry: Entry, jobs: Mapping[str, Purchase]) -> tuple[Medium, str, bool] | None:
        """A picture of the entry that cannot be had, why, and whether another run may have it."""
        rule = entry.model.media.get("image")
        for medium in entry.upstream:
            if medium.frame and (lost := self.pictures.lost(self._cut(medium, jobs), rule)) is not None:
                return medium, *lost
        return None

    def due(self, now: Moment, wanted: Callable[[str], bool]) -> Iterator[Upload]:
        """The uploads that are to start now, as far as slots are free, to the services that are `wanted`."""
        started = []
        for name, asset in self._open.items() if self._busy < self.pace.uploads else ():
            if self._startable(asset) and asset.due <= now.clock and wanted(asset.provider):
                asset.busy = True
                self._busy += 1
                started.append(name)
                if self._busy >= self.pace.uploads:
                    break
        for name in started:
            asset = self._open.pop(name)
            yield Upload(asset.sha256, asset.path, asset.again, asset.provider)

    def wake(self, wanted: Callable[[str], bool]) -> float | None:
        """When the next upload to the services that are `wanted` may start; None when none waits for its time."""
        if self._busy >= self.pace.uploads:
            return None
        return min((a.due for a in self._open.values() if self._startable(a) and wanted(a.provider)), default=None)

    def reply(self, call: Upload, reply: Reply, now: Moment) -> list[Event]:
        asset = self._known[known_as(call.provider, call.sha256)]
        asset.busy = False
        self._busy -= 1
        if isinstance(reply, Stored):
            return self._take_stored(asset, call, reply, now)
        trouble = reply if isinstance(reply, Trouble) else Trouble("an answer that was not understood", final=True)
        asset.tries += 1
        wait: float | None = self.pause(asset.tries, trouble.retry_after)
        if trouble.stop or trouble.final or asset.tries > self.pace.patience:
            asset.dead, wait = trouble.reason, None
        else:
            self._open[known_as(call.provider, call.sha256)] = asset
        asset.due = now.clock + (wait or 0)
        return [Delayed(call.path, "", "upload", trouble.reason, wait, now.text())]

    def _take_stored(self, asset: _Asset, call: Upload, reply: Stored, now: Moment) -> list[Event]:
        usable = SHARE * reply.seconds if reply.usable is None else reply.usable
        known, asset.wanted, asset.again, asset.tries = asset.ends is not None, False, False, 0
        asset.url, asset.until, asset.ends = reply.url, now.clock + usable, now.utc + timedelta(seconds=usable)
        asset.unused += 1
        if asset.unused > self.pace.patience and usable < self.pace.wait_most:
            asset.url, asset.dead = "", f"its address is good for {reply.seconds:.0f} s, too short a time to be used"
        if known and reply.reused:
            return []
        until = now.text(reply.seconds)
        return [Uploaded(call.sha256, call.path, reply.bytes, until, now.text(), reply.reused)]

    def _use(self, name: str) -> str:
        asset = self._known[name]
        asset.unused = 0
        return asset.url

    def lost(self, provider: str, sha256: str) -> bool:
        """Whether a file has been given up for this run."""
        return bool(self._known[known_as(provider, sha256)].dead)

    def _startable(self, asset: _Asset) -> bool:
        return asset.wanted and not (asset.busy or asset.url or asset.dead)

    def _files(self, entry: Entry, jobs: Mapping[str, Purchase], now: Moment) -> Iterator[tuple[str, str]]:
        """What the entry needs uploaded: its local files, its pictures, and upstream videos whose link is gone."""
        for medium in entry.media:
            if medium.source == "file":
                yield medium.key, medium.where
            elif medium.frame:
                if (picture := self._picture(medium, jobs)) is not None:
                    yield picture.sha256, picture.path
            elif medium.source == "shot" and not _live_link(jobs.get(medium.key), now):
                yield self.video(medium.key, jobs)

    def _places(self, entry: Entry, jobs: Mapping[str, Purchase]) -> Iterator[tuple[str, str]]:
        """Digest and path of every medium of an entry that is a file on this disk."""
        for medium in entry.media:
            if medium.source == "file":
                yield medium.key, medium.where
            elif medium.source == "shot" and (up := self._upstream(medium, jobs))[0]:
                yield up

    def _upstream(self, medium: Medium, jobs: Mapping[str, Purchase]) -> tuple[str, str]:
        """Digest and file of what is sent of an upstream's video, as far as it is there."""
        if not medium.frame:
            return self.video(medium.key, jobs)
        picture = self._picture(medium, jobs)
        return (picture.sha256, picture.path) if picture is not None else ("", "")

    def _picture(self, medium: Medium, jobs: Mapping[str, Purchase]) -> Picture | None:
        """A picture of an upstream's video, when it is cut."""
        picture = self.pictures.find(cut := self._cut(medium, jobs))
        if picture is not None and self.pictures.is_distrusted(cut):
            self._distrusted.add(picture.sha256)
        return picture

    def _cut(self, medium: Medium, jobs: Mapping[str, Purchase]) -> Cut:
        return Cut(*self.video(medium.key, jobs), medium.frame)

    def video(self, fp: str, jobs: Mapping[str, Purchase]) -> tuple[str, str]:
        """Digest and file of an upstream's saved video, from this run or from the lock."""
        job = jobs.get(fp)
        if job is not None and job.sha256:
            return job.sha256, job.file
        record = self.lock.last(fp)
        return (str(record.get("sha256") or ""), record.file or "") if record is not None else ("", "")


def known_as(provider: str, sha256: str) -> str:
    """The name of a file at a service."""
    return f"{provider} {sha256}"


def _live_link(job: Purchase | None, now: Moment) -> str:
    saved = job is not None and job.phase in (Phase.SAVED, Phase.KEPT) and job.link_until > now.clock
    return job.link if job is not None and saved else ""
