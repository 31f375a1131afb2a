"""The line that a clean end writes for a saved video, judged in one look: of a lock nearly every line is one.

One pattern over the bytes asks at least what `fault` asks of the values (rule 8), and the manifest alone is left to be
read as JSON. What is repeated is never given back (`?+`, `{0,14}+`), for nothing else could take it; that halves the
time. A line that this does not take is no worse for it: it is read and judged value by value, which takes three times
as long, and there alone is said what is wrong.
"""

from __future__ import annotations

import zlib
from collections.abc import Container, Mapping

import orjson

from seedspec.lock import keys
from seedspec.lock.record import Packer, Record
from seedspec.lock.state import State
from seedspec.text import later

_SHA256 = f'"{keys.SHA256.pattern}"'
_AT = f'"{keys.USUAL_AT.pattern}"'
_ORDINAL = "[1-9][0-9]{0,14}+"
_WHOLE = f"(?:0|{_ORDINAL})"
_NUMBER = rf"-?{_WHOLE}(?:\.[0-9]{{1,17}}+)?+"
_BOUGHT = {
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
}
_COST = {"units?": _WHOLE, "unit?": f'"({keys.UNIT.pattern})"', "reserved?": _NUMBER, "charged?": _NUMBER}
_SAVED = {
    "results_until?": _AT,
    "file": f'"({keys.USUAL_VIDEO.pattern})"',
    "sha256": _SHA256,
    "bytes": f"({_WHOLE})",
}
_VIDEO = {"width?": _WHOLE, "height?": _WHOLE, "seconds?": _NUMBER, "fps?": _NUMBER, "audio?": "(?:true|false)"}
"""What such a line has, in the order that it is written in; a question mark stands behind a key that may be missing."""


def _pieces(of: Mapping[str, str]) -> str:
    return "".join(f'(?:,"{key.rstrip("?")}":{value}){"?+" * key.endswith("?")}' for key, value in of.items())


_LINE = later.pattern(
    rf"\{{{_pieces(_BOUGHT).replace(',', '', 1)}({_pieces(_COST)}){_pieces(_SAVED)}({_pieces(_VIDEO)}),"
    r'"crc":"([0-9a-f]{8})"\}\n'.encode()
)


def usual_record(line: bytes, version: int, known: Container[str], packer: Packer) -> Record | None:
    """The record of a line of this form, kept by a packer.

    None for any other line, for one that is not what its `crc` says, and for one of a fingerprint that is `known`.
    """
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    fp, entry, profile, attempt, manifest, cost, unit, file, size, video, crc = found.groups()
    if zlib.crc32(b"}", zlib.crc32(line[:-_SEAL])) != int(crc, 16) or (unit is not None and version == 1):
        return None
    if manifest.count(b"[") + manifest.count(b"{") >= keys.DEEPEST or (name := fp.decode()) in known:
        return None
    try:
        if not keys.is_manifest(orjson.loads(manifest)):
            return None
    except orjson.JSONDecodeError:
        return None
    address, of, text = entry.decode(), profile.decode() if profile else "", packer.texts.get
    facts, kept = packer.facts[b"{%b}" % (cost + video)[1:]], packer.add(line)
    name, address = text(name, name), text(address, address)
    return Record(name, int(attempt), State.SAVED, address, of, file.decode(), int(size), facts, *kept)


_SEAL = len(b',"crc":"01234567"}\n')
