"""Which provider files beside storyboards somebody has trusted: by the digest of their bytes, in the user's own folder.

No file of a project and no `.env` is asked. `SEEDSPEC_TRUST` of the environment counts, for machines without a user.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from seedspec.catalog.provider_file import variables_of
from seedspec.project.atomic import atomic_write
from seedspec.project.credentials import BadSettings
from seedspec.project.files import read_file
from seedspec.project.provider_files import MOST_FILE
from seedspec.project.user_folders import user_state
from seedspec.text.value import valueclass
from seedspec.text.visible import visible

VARIABLE = "SEEDSPEC_TRUST"


@valueclass(frozen=True, slots=True)
class Trusted:
    """A file that was trusted: its digest and content, where it stood then, and when that was."""

    digest: str
    document: Mapping[str, Any]
    path: str
    at: str


class Trust:
    """What is trusted for a command. Raises BadSettings for a SEEDSPEC_TRUST that is no list of digests."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.by_environment = digests_of(environ)

    def __contains__(self, digest: str) -> bool:
        return digest in self.by_environment or _read(_place(digest)) is not None


def digests_of(environ: Mapping[str, str]) -> frozenset[str]:
    """The digests of SEEDSPEC_TRUST. Raises BadSettings."""
    found = set()
    for one in re.split(r"[,\s]+", environ.get(VARIABLE, "").strip()):
        digest = one.removeprefix("sha256:").lower()
        if digest and not re.fullmatch("[0-9a-f]{64}", digest):
            shown = visible(one[:20])
            raise BadSettings(
                f"{VARIABLE} holds `{shown}`; expected sha256 digests of 64 letters, with commas between them"
            )
        found.add(digest)
    return frozenset(found - {""})


def all_trusted() -> list[Trusted]:
    """Every file that the user has trusted, the last one first."""
    return sorted(_records(), key=lambda one: (one.at, one.digest), reverse=True)


def owners() -> dict[str, tuple[str, str]]:
    """The variables of the files that the user has trusted, each with its provider, and the file for people."""
    return {
        variable: (one.document["id"], f"`{one.path}`, trusted on {one.at[:10]}")
        for one in reversed(all_trusted())
        for variable in variables_of(one.document)
    }


def remember(data: bytes, path: str, at: str) -> None:
    """Trusts a provider file from now on, by these bytes of it. Raises OSError and RuntimeError."""
    place = _place(hashlib.sha256(data).hexdigest())
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    record = {"seedspec_trust": 1, "path": visible(path), "at": at, "file": data.decode()}
    atomic_write(place, orjson.dumps(record, option=orjson.OPT_INDENT_2), mode=0o600, durable=True)


def forget(digest: str) -> None:
    """Trusts a file no longer. Raises OSError."""
    _place(digest).unlink(missing_ok=True)


def _folder() -> Path:
    return user_state() / "trusted"


def _place(digest: str) -> Path:
    return _folder() / f"{digest}.json"


def _records() -> Iterator[Trusted]:
    with suppress(OSError, RuntimeError):
        for name in sorted(os.listdir(_folder())):
            if re.fullmatch(r"[0-9a-f]{64}\.json", name) and (found := _read(_folder() / name)) is not None:
                yield found


def _read(place: Path) -> Trusted | None:
    """What a record says; None for one that is not there, or whose content has another digest than its name."""
    try:
        record = orjson.loads(read_file(place, 4 * MOST_FILE))
        data = record["file"].encode()
        document = orjson.loads(data)
        if hashlib.sha256(data).hexdigest() != place.stem or not isinstance(document["id"], str):
            return None
        return Trusted(place.stem, document, str(record["path"]), str(record["at"]))
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError):
        return None
