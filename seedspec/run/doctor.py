"""Whether this machine and folder are fit for a run: findings, each with a verdict; the key is never part of one."""

from __future__ import annotations

import importlib
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from seedspec import __version__
from seedspec.catalog.provider_file import sending_of
from seedspec.catalog.user_files import UserFiles
from seedspec.project.credentials import BadSettings, key_of, origins_of
from seedspec.project.scaffold import stale_schema
from seedspec.run.engine.messages import Balance, Credits, Trouble
from seedspec.run.store.lock_file import HoldTaken, hold
from seedspec.text.value import valueclass

PACKAGES = (
    "PyYAML", "Jinja2", "jsonschema", "jsonschema-rs", "orjson", "httpx", "click", "rich", "filelock",
    "python-dotenv",
)  # fmt: skip
EXTRAS = {
    "media": ("Pillow", "tinytag", "av"),
    "emulator": ("starlette", "uvicorn", "python-multipart"),
    "assets": ("obstore",),
    "postgres": ("psycopg",),
    "watch": ("watchfiles",),
}


@valueclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `bad` stops a run, `warning` may be meant."""

    name: str
    verdict: Literal["ok", "warning", "bad"]
    said: str


def findings(
    provider: Mapping[str, Any], storyboard: Path, environ: Mapping[str, str], as_of: str, now: datetime
) -> Iterator[Finding]:
    """Everything that can be told without a network. `as_of` is the date of the prices, which no clock is before."""
    yield Finding("seedspec", "ok", __version__)
    yield Finding("python", "ok", f"{platform.python_version()} ({sys.platform})")
    yield _versions("packages", PACKAGES, "bad", "install seedspec anew")
    for name, packages in EXTRAS.items():
        yield _versions(name, packages, "warning", f"pip install 'seedspec[{name}]'")
    yield _key(provider, environ)
    yield from _addresses(provider, environ)
    yield _clock(now, as_of)
    yield from _folder(storyboard)
    if (copy := stale_schema(storyboard)) is not None:
        said = f"`{copy}` is another version's: delete it, and `seedspec init` writes the one that editors need"
        yield Finding("schema copy", "warning", said)


def _versions(name: str, packages: tuple[str, ...], missing: Literal["warning", "bad"], hint: str) -> Finding:
    found, lacking = [], []
    for package in packages:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            lacking.append(package)
    if lacking:
        return Finding(name, missing, f"not there: {', '.join(lacking)}; {hint}")
    if name == "media" and (broken := _broken_media()):
        return Finding(name, missing, f"{', '.join(found)}, which do not load: {broken}")
    return Finding(name, "ok", ", ".join(found))


def _broken_media() -> str:
    """Packages with libraries of their own can be there and not load."""
    for module in ("picture.drawing", "sound", "movie.takes"):
        try:
            importlib.import_module(f"seedspec.media.{module}")
        except (ImportError, OSError) as error:
            return str(error).splitlines()[0]
    return ""


def _key(provider: Mapping[str, Any], environ: Mapping[str, str]) -> Finding:
    variable = provider["auth"]["variable"]
    try:
        key_of(provider, environ, Path.cwd())
    except BadSettings as error:
        return Finding("key", "bad" if environ.get(variable, "").strip() else "warning", str(error))
    place = "the environment" if environ.get(variable, "").strip() else f"`{Path.cwd() / '.env'}`"
    return Finding("key", "ok", f"{variable} is set, from {place}")


def _addresses(provider: Mapping[str, Any], environ: Mapping[str, str]) -> Iterator[Finding]:
    try:
        origins = origins_of(provider, environ)
    except BadSettings as error:
        yield Finding("addresses", "bad", str(error))
        return
    for name in provider["origins"]:
        url, variable = origins.of(name), provider["origins"][name]["variable"]
        given = f" (from {variable})" if environ.get(variable, "").strip() else ""
        yield Finding(f"{name} address", "ok", url + given)


def _clock(now: datetime, as_of: str) -> Finding:
    shown = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    if now.strftime("%Y-%m-%d") < as_of:
        return Finding("clock", "bad", f"{shown}, which is before the prices of {as_of} were made: set it right")
    return Finding("clock", "ok", f"{shown}, in UTC")


def _folder(storyboard: Path) -> Iterator[Finding]:
    folder = storyboard.parent
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".seedspec-", suffix=".part"):
            pass
    except OSError as error:
        yield Finding("folder", "bad", f"`{folder}` cannot be written: {(error.strerror or str(error)).lower()}")
        return
    yield Finding("folder", "ok", f"`{os.path.abspath(folder)}` can be written")
    lock = storyboard.with_suffix(".lock")
    if not (folder / ".seedspec").is_dir():
        yield Finding("hold", "ok", f"`{lock}` is free: nothing has run here yet")
        return
    try:
        with hold(lock):
            pass
    except HoldTaken as error:
        yield Finding("hold", "bad", str(error))
    except OSError as error:
        yield Finding("hold", "bad", f"`{lock}` cannot be held: {(error.strerror or str(error)).lower()}")
    else:
        yield Finding("hold", "ok", f"`{lock}` is free")


def file_findings(files: UserFiles) -> Iterator[Finding]:
    """Which files of users count: each provider file with where its key goes, and what is wrong with the others."""
    for file, state, why in files.states:
        name = f"provider {file.folder}"
        if state == "inert":
            yield Finding(name, "warning", f"`{file.shown}` is not used: {why}")
        elif state == "used":
            sends, whose = sending_of(file.document), "trusted" if file.beside else "your own"
            where = f"{', '.join(sends.keys)} goes to {', '.join(sends.hosts)}"
            yield Finding(name, "ok", f"`{file.shown}` is {whose}; {where}")
    for fault in files.faults:
        yield Finding("provider file", "bad" if fault.breach and fault.beside else "warning", str(fault))


def asks_here(provider: Mapping[str, Any], environ: Mapping[str, str]) -> bool:
    """Whether runs of this environment ask a service on this machine, where a bucket may be without https."""
    try:
        return origins_of(provider, environ).local
    except BadSettings:
        return False


def reach(provider: Mapping[str, Any], environ: Mapping[str, str]) -> Finding:
    """What one free question to the service tells: that it can be reached, and that it takes the key."""
    from seedspec.run.service.client import Client
    from seedspec.run.store.downloads import Downloads

    try:
        origins, key = origins_of(provider, environ), key_of(provider, environ, Path.cwd())
        exchange = Client(provider, origins, key, Downloads(Path.cwd()), Path.cwd())
        try:
            exchange.start(Balance())
            (_, reply), *_ = exchange.wait(None)
        finally:
            exchange.close()
    except BadSettings as error:
        return Finding("service", "bad", f"not asked: {error}")
    if isinstance(reply, Credits):
        left = "" if reply.remaining is None else f"; {reply.remaining:,.2f} credits are left"
        return Finding("service", "ok", f"{origins.api} takes the key{left}")
    return Finding("service", "bad", f"{origins.api}: {reply.reason if isinstance(reply, Trouble) else 'no answer'}")
