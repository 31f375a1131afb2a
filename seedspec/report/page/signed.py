"""Signed addresses of saved videos for the review page: the videos stay in their bucket, and none need be here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from seedspec.lock.lock import Lock
from seedspec.lock.record import Record
from seedspec.lock.state import State
from seedspec.report.page import posters
from seedspec.report.page.content import Seen
from seedspec.report.page.posters import Clip
from seedspec.run.store.objects import Objects
from seedspec.text.value import valueclass

_AT_ONCE = 16
_POSTER = 4_000_000
"""Bytes that a poster may have."""


@valueclass(frozen=True, slots=True)
class SignedVideos:
    """The bucket of saved videos, and until when addresses that are made `now` are good.

    `there` are the digests that the bucket has, whole.
    """

    objects: Objects
    life: timedelta
    now: datetime
    there: frozenset[str]

    @property
    def until(self) -> str:
        return (self.now + self.life).strftime("%Y-%m-%d %H:%M UTC")

    def size(self, lock: Lock) -> Callable[[str], int | None]:
        """The bytes of a lock's video by its file's name; None for one that the bucket has not."""
        known = {str(r.file): int(r.get("bytes") or 0) for r in _find_saved(lock) if str(r.get("sha256")) in self.there}
        return known.get

    def address(self, clip: Clip) -> str:
        return self.objects.sign_now(f"{clip.sha256}.mp4", self.life)

    def look(self, whole: Callable[[Clip], bool]) -> Callable[[Clip], Seen]:
        """Poster and facts of a clip: of the file where it is `whole` here, else as bucket and lock have them."""

        def seen(clip: Clip) -> Seen:
            if whole(clip):
                return posters.look(clip)
            return Seen(self.objects.read_now(f"{clip.sha256}.webp", _POSTER) or b"", clip.fps, clip.audio)

        return seen


def signed_videos(objects: Objects, lock: Lock, fingerprints: Iterable[str], life: timedelta, now: datetime
                  ) -> SignedVideos:  # fmt: skip
    """Looks which videos of these requests the bucket has. Raises what obstore raises."""
    wanted = set(fingerprints)
    sizes: Mapping[str, int | None] = {
        str(r.get("sha256")): r.get("bytes") for r in _find_saved(lock) if r.fp in wanted
    }
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = zip(sizes, pool.map(lambda sha256: objects.size_now(f"{sha256}.mp4"), sizes), strict=True)
        there = frozenset(s for s, size in found if size is not None and sizes[s] in (None, size))
    return SignedVideos(objects, life, now, there)


def _find_saved(lock: Lock) -> Iterable[Record]:
    return (r for r in lock if r.state is State.SAVED and r.get("sha256"))
