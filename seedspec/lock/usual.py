"""The line that a clean end writes for a saved video, judged in one look: of a lock nearly every line is one.

One pattern over the bytes asks at least what `fault` asks of the values (rule 8), and the manifest alone is left to be
read as JSON. A line that this does not take is no worse for it: it is read and judged value by value, which takes three
times as long, and there alone is said what is wrong.
"""

from __future__ import annotations

import zlib

import orjson

from seedspec.lock import keys
from seedspec.text import later

_SHA256 = f'"{keys.SHA256.pattern}"'
_AT = f'"{keys.USUAL_AT.pattern}"'
_ORDINAL, _WHOLE, _NUMBER = "[1-9][0-9]{0,14}", "(?:0|[1-9][0-9]{0,14})", r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,17})?"
_KEYS = {
    "fp": f'"({keys.SHA256.pattern})"',
    "entry": f'"({keys.ENTRY.pattern})"',
    "profile?": f'"({keys.PROFILE.pattern})"',
    "take": _ORDINAL,
    "attempt": f"({_ORDINAL})",
    "state": '"saved"',
    "at": _AT,
    "manifest": rf'(\{{.*\}},"take":{_ORDINAL}\}})',  # what it holds is read as JSON, which shows that it ends there
    "used?": rf"\{{{_SHA256}:{_SHA256}(?:,{_SHA256}:{_SHA256})*\}}",
    "intent": rf'\{{"key":"{keys.KEY.pattern}","body_sha256":{_SHA256},"at":{_AT}\}}',
    "task?": f'"{keys.TASK.pattern}"',
    "units?": _WHOLE,
    "unit?": f'"({keys.UNIT.pattern})"',
    "reserved?": _NUMBER,
    "charged?": _NUMBER,
    "results_until?": _AT,
    "file": f'"({keys.USUAL_VIDEO.pattern})"',
    "sha256": _SHA256,
    "bytes": f"({_WHOLE})",
    "width?": _WHOLE,
    "height?": _WHOLE,
    "seconds?": _NUMBER,
    "fps?": _NUMBER,
    "audio?": "(?:true|false)",
    "crc": '"([0-9a-f]{8})"',
}
"""What such a line has, in the order that it is written in; a question mark stands behind a key that may be missing."""


def _piece(key: str, value: str) -> str:
    name = key.rstrip("?")
    return f'(?:,"{name}":{value}){key[len(name) :]}'


_LINE = later.pattern((r"\{" + "".join(map(_piece, _KEYS, _KEYS.values())).replace(",", "", 1) + r"\}\n").encode())


def usual_values(line: bytes, version: int) -> tuple[str, int, str, str, str, int] | None:
    """What a record has fields of, of a line of this form: `fp`, `attempt`, `entry`, `profile`, `file` and `bytes`.

    None for any other line, and for one that is not what its `crc` says.
    """
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    fp, entry, profile, attempt, manifest, unit, file, size, crc = found.groups()
    if zlib.crc32(b"}", zlib.crc32(line[:-_SEAL])) != int(crc, 16) or (unit is not None and version == 1):
        return None
    if manifest.count(b"[") + manifest.count(b"{") >= keys.DEEPEST:
        return None
    try:
        if not keys.is_manifest(orjson.loads(manifest)):
            return None
    except orjson.JSONDecodeError:
        return None
    return fp.decode(), int(attempt), entry.decode(), (profile or b"").decode(), file.decode(), int(size)


_SEAL = len(b',"crc":"01234567"}\n')
