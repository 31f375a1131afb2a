"""What each key of a lock's line may hold: the same rules as schemas/lock.json, fast enough for every line read.

A lock comes with a clone: whatever is shown, sent or opened because of it has passed here before (rule 8 of lock).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from seedspec.compiler.filename import is_device
from seedspec.lock.state import State
from seedspec.lock.version import OF_2, names_pictures
from seedspec.text.visible import UNSAFE, visible

DEEPEST = 64
"""Levels of nesting that a line may have; a manifest has five."""
LONGEST_MESSAGE, LONGEST_CODE = 2000, 200
"""Characters of what is kept of a service's words."""

_STATES = frozenset(map(str, State))
SHA256 = re.compile(r"[0-9a-f]{64}")
_USED = re.compile(r"(?:frame:(?:first|last|0|[1-9][0-9]{0,6}):entry:)?[0-9a-f]{64}")
PROFILE = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9_-]{0,39}+)?+")
ENTRY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}+(?:@[A-Za-z_][A-Za-z0-9_=,.:-]{0,900}+)?+/[1-9][0-9]{0,14}+")
TASK = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~:-]{0,255}+")
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~:-]{0,254}+")
_AT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
UNIT = re.compile(r"[a-z][a-z0-9_]{0,19}+")
USUAL_AT = re.compile(r"20[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])T(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}Z")
_MESSAGE = re.compile(f"[^{UNSAFE}]{{0,{LONGEST_MESSAGE}}}")
_CODE = re.compile(f"[^{UNSAFE}]{{0,{LONGEST_CODE}}}")
_RESERVED = frozenset('<>:"\\|?*')
USUAL_VIDEO = re.compile(  # nearly every one
    r"[a-z][a-z0-9_-]{4,39}+(?:\.emulator)?+/[A-Za-z0-9@=,_-]{5,150}+(?:\.[0-9a-f]{1,8}+){0,2}+\.mp4"
)
_MOST = 1e15

_Test = Callable[[Any], object]


def _is_time(text: str) -> bool:
    if USUAL_AT.fullmatch(text):
        return True
    try:
        return _AT.fullmatch(text) is not None and bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def is_video_path(path: str) -> bool:
    """Whether a path is one of an MP4 file below a folder, on every system: no drive, no device, nothing above it."""
    if USUAL_VIDEO.fullmatch(path):
        return True
    if not path.isprintable() or not _RESERVED.isdisjoint(path) or path.startswith("/") or not path.endswith(".mp4"):
        return False
    parts = PurePosixPath(path).parts
    return ".." not in parts and not any(is_device(p) or len(p.encode()) > 255 for p in parts) and len(path) <= 4000


def _is_count(number: int) -> bool:
    return 0 <= number <= _MOST


def _is_number(number: float) -> bool:
    return -_MOST <= number <= _MOST


def _is_used(used: Mapping[str, Any]) -> bool:
    return all(_USED.fullmatch(name) and isinstance(s, str) and SHA256.fullmatch(s) for name, s in used.items())


def is_manifest(manifest: Mapping[str, Any]) -> bool:
    get = manifest.get
    return (
        type(get("request", _NONE)) is dict
        and type(get("take", 1)) is int
        and type(get("model", "")) is str
        and type(get("provider", "")) is str
    )


def _is_intent(intent: Mapping[str, Any]) -> bool:
    try:
        if not (KEY.fullmatch(intent["key"]) and SHA256.fullmatch(intent["body_sha256"]) and _is_time(intent["at"])):
            return False
        return len(intent) == 3 or (len(intent) == 4 and type(left := intent["left"]) in _NUMBER and _is_number(left))
    except (KeyError, TypeError):
        return False


def _is_failure(failure: Mapping[str, Any]) -> bool:
    try:
        return bool(_CODE.fullmatch(failure["code"]) and _MESSAGE.fullmatch(failure["message"])) and len(failure) == 2
    except (KeyError, TypeError):
        return False


def _is_found(found: Mapping[str, Any]) -> bool:
    try:
        return bool(_CODE.fullmatch(found["by"]) and _CODE.fullmatch(found["what"])) and len(found) == 2
    except (KeyError, TypeError):
        return False


def _is_stuck(stuck: Mapping[str, Any]) -> bool:
    try:
        return bool(_is_time(stuck["since"]) and _CODE.fullmatch(stuck["word"])) and len(stuck) == 2
    except (KeyError, TypeError):
        return False


_NONE: dict[str, Any] = {}
_NUMBER = (int, float)
_DIGEST = "a sha256 in hexadecimal"
_TIME = (str,), _is_time, "a time such as 2026-11-23T07:05:00Z"
_WHOLE = (int,), _is_count, "a whole number from 0 to 10^15"
_ANY_NUMBER = _NUMBER, _is_number, "a number of at most 10^15"
_ORDINAL = (int,), lambda n: 1 <= n <= _MOST, "a whole number from 1 on"
KEYS: dict[str, tuple[tuple[type, ...], _Test, str]] = {
    "fp": ((str,), SHA256.fullmatch, _DIGEST),
    "entry": ((str,), ENTRY.fullmatch, "the address of an entry"),
    "profile": ((str,), PROFILE.fullmatch, "a profile's name"),
    "take": _ORDINAL,
    "attempt": _ORDINAL,
    "state": ((str,), _STATES.__contains__, "a state of a purchase"),
    "at": _TIME,
    "manifest": ((dict,), is_manifest, "a manifest: `provider`, `model`, `request` and `take`"),
    "used": ((dict,), _is_used, "digests of videos by fingerprint, and of pictures of them"),
    "intent": ((dict,), _is_intent, "`key`, `body_sha256` and `at` of the request, and perhaps `left`"),
    "task": ((str,), TASK.fullmatch, "a service's id of a task"),
    "found": ((dict,), _is_found, "`by` and `what`, one short line each"),
    "units": _WHOLE,
    "unit": ((str,), UNIT.fullmatch, "a short word, such as usd"),
    "reserved": _ANY_NUMBER,
    "charged": _ANY_NUMBER,
    "credits": _ANY_NUMBER,
    "doubt": ((str,), _MESSAGE.fullmatch, f"one line of at most {LONGEST_MESSAGE} characters"),
    "left": _ANY_NUMBER,
    "stuck": ((dict,), _is_stuck, "`since`, a time, and `word`, one short line"),
    "failure": ((dict,), _is_failure, "`code` and `message`, one line each"),
    "results_until": _TIME,
    "file": ((str,), is_video_path, "an `.mp4` path below the lock's folder"),
    "sha256": ((str,), SHA256.fullmatch, _DIGEST),
    "bytes": _WHOLE,
    "width": _WHOLE,
    "height": _WHOLE,
    "seconds": _ANY_NUMBER,
    "fps": _ANY_NUMBER,
    "audio": ((bool,), lambda audio: True, "true or false"),
    "made": ((dict,), lambda made: True, "a mapping"),
}
"""The keys of a line in the order that they are written in: types, a test for a value of them, and what is expected."""


def fault(values: Mapping[str, Any], version: int) -> str:
    """What is wrong with the values of a line, by key: what was found and what is expected; "" for nothing.

    A key that version 2 does not know is a newer seedspec's, and stays as it is.
    """
    for key, value in values.items():
        rule = KEYS.get(key)
        if rule is None and version > 1:
            continue
        if rule is None or (version == 1 and key in OF_2):
            return f"key `{_quote(key)}` is not one of a lock of version {version}"
        types, test, expected = rule
        if type(value) not in types or not test(value):
            return f"`{key}` is {_describe_value(value)}; expected {expected}"
    if version == 1 and names_pictures(values):
        return "`used` names pictures, which a lock of version 1 does not"
    return ""


def depth(value: object) -> int:
    """Levels of lists and mappings in a value; no deeper than asked for is looked, and nothing recurs."""
    level, found = [value], 0
    while found <= DEEPEST:
        level = [v for one in level if isinstance(one, (dict, list)) for v in _parts(one)]
        if not level:
            break
        found += 1
    return found


def _parts(value: dict[str, Any] | list[Any]) -> list[Any]:
    return [*value.values()] if isinstance(value, dict) else value


def _describe_value(value: object) -> str:
    if isinstance(value, dict):
        return f"a mapping of {', '.join(f'`{_quote(k)}`' for k in [*value][:4]) or 'nothing'}"
    return "a list" if isinstance(value, list) else f"`{_quote(value)}`"


def _quote(value: object) -> str:
    text = str(value)
    return visible(text if len(text) <= 60 else f"{text[:59]}…")
