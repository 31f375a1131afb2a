"""Where requests go and where they are recorded, as one value: a place with its lock, the addresses and the key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedspec.project.credentials import BadSettings, Key, Origins, is_local, key_of, origins_of
from seedspec.project.paths import Place
from seedspec.text.value import valueclass

if TYPE_CHECKING:
    from seedspec.run.engine.messages import Call, Reply
    from seedspec.run.service.client import Client


@valueclass(frozen=True, slots=True)
class Service:
    """What a run asks. A service with the emulator's lock and an address that is not on this machine cannot be made.

    Raises BadSettings for such a one.
    """

    place: Place
    origins: Origins
    key: Key
    others: Mapping[str, tuple[Origins, Key]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = (self.origins, *(origins for origins, _ in self.others.values()))
        for url in (u for o in known for u in (o.api, o.files, *o.more.values())) if self.place.emulated else ():
            if not is_local(url):
                raise BadSettings(f"`{self.place.lock}` is the emulator's, and {url} is not on this machine")

    def exchange(
        self,
        provider: Mapping[str, Any],
        assets: str | None = None,
        renders: str | None = None,
        saved: Iterable[str] = (),
        others: Iterable[Mapping[str, Any]] = (),
    ) -> Client:
        """What carries calls to these services and saves their videos at this place.

        `others` are the files of further providers of the run; one emulator is all of them.
        `assets` and `renders` are URLs of buckets, for local files and for videos; `saved` are the digests of those
        that the lock has. Raises BadSettings for a bucket that cannot be used.
        """
        from seedspec.project.workers import Workers, cores
        from seedspec.run.service.bucket import Bucket
        from seedspec.run.service.caller import Caller
        from seedspec.run.service.client import Client
        from seedspec.run.service.renders import RenderBucket
        from seedspec.run.service.upload_cache import memory_of
        from seedspec.run.service.uploads import Uploads
        from seedspec.run.store.downloads import Downloads

        place, origins, key = self.place, self.origins, self.key
        bucket = Bucket(assets, local=origins.local) if assets else None
        shelf = RenderBucket(renders, saved, local=origins.local) if renders else None
        uploads = Uploads(memory_of(place, origins, key, emulated=place.emulated), bucket, shelf)
        saves = Downloads(place.base, place.lock.name, Workers(cores()))
        callers = []
        for other in others:
            where, secret = self.others.get(str(other["id"]), (None, None))
            if where is None or secret is None:
                if not place.emulated:
                    continue  # it is not asked: what is for it is refused before anything leaves
                where, secret = origins, key
            own = Uploads(memory_of(place, where, secret, emulated=place.emulated), bucket, shelf)
            callers.append(Caller(other, where, secret, uploads=own))
        return Client(
            provider, origins, key, saves, place.base,
            uploads=uploads, renders=shelf, others=callers, emulated=place.emulated,
        )  # fmt: skip


@valueclass(frozen=False, slots=True)
class LateClient:
    """The client of a run, made when it is first needed: a run that has nothing to ask loads no HTTP."""

    make: Callable[[], Client]
    _made: Client | None = None

    def open(self) -> Client:
        """The client. Raises BadSettings for a bucket that cannot be one."""
        self._made = self._made or self.make()
        return self._made

    def start(self, call: Call) -> None:
        self.open().start(call)

    def wait(self, seconds: float | None) -> list[tuple[Call, Reply]]:
        return self.open().wait(seconds)

    def close(self) -> None:
        if self._made is not None:
            self._made.close()


@valueclass(frozen=True, slots=True)
class Emulator:
    """An emulator that is running. `api`, `files` and `results` are its addresses."""

    api: str
    files: str
    results: str
    key: Key

    def service(self, place: Place) -> Service:
        """Itself, as the service of a place. Raises BadSettings unless that is the emulator's."""
        if not place.emulated:
            raise BadSettings(f"`{place.lock}` is no lock of the emulator: give `Options(emulated=True)` with one")
        return Service(place, Origins(self.api, self.files), self.key)


def service_of(
    provider: Mapping[str, Any], place: Place, environ: Mapping[str, str], others: Iterable[Mapping[str, Any]] = ()
) -> Service:
    """The services of the environment, each with its own key, for a place that is not the emulator's.

    Raises BadSettings, also where the key of one of them is missing.

    Its address may be this machine's: an emulator that somebody started by hand is asked as the paid service is.
    """
    if place.emulated:
        raise BadSettings(f"`{place.lock}` is the emulator's: the service of the environment is not asked for it")

    def seen(one: Mapping[str, Any]) -> tuple[Origins, Key]:
        return origins_of(one, environ), key_of(one, environ, Path.cwd())

    return Service(place, *seen(provider), {str(o["id"]): seen(o) for o in others})
