"""A storyboard with everything done: each entry bought and saved, so that there is nothing left to do.

    python tests/bench/settled.py FOLDER SHOTS VARIANTS

Writes the storyboard, its lock, a file of the right size for each video (a plan looks at names and sizes), and
`keys.jsonl`: the fingerprint and the file of each entry, which is what the limit of a no-op has to read. The files
have no bytes of their own, so that many of them fit on a disk.
"""

from __future__ import annotations

import sys
from pathlib import Path

import orjson
from boards import board

from seedspec import api

BYTES = 5_000_000


def main(folder: Path, shots: int, variants: int) -> None:
    folder.mkdir(parents=True)
    storyboard = folder / "storyboard.yaml"
    storyboard.write_text(board(shots, variants), encoding="utf-8")
    made = api.compile(storyboard)
    assert made.ok, made.diagnostics
    (folder / "renders").mkdir()
    with open(folder / "storyboard.lock", "wb") as lock, open(folder / "keys.jsonl", "wb") as keys:
        lock.write(b'{"seedspec_lock":1}\n')
        for number, entry in enumerate(made.entries):
            file = f"renders/{entry.file}"
            record = {
                "fp": entry.fingerprint, "entry": entry.address, "take": entry.take, "attempt": 1, "state": "saved",
                "at": "2026-11-23T07:05:00Z", "manifest": orjson.loads(entry.manifest),
                "intent": {"key": f"seedspec-{number:032x}", "body_sha256": entry.fingerprint,
                           "at": "2026-11-23T07:00:00Z"},
                "task": f"task-unified-1795427517-{number:08x}", "credits": 31.3875, "units": 313_875,
                "results_until": "2026-11-24T07:05:00Z", "file": file, "sha256": entry.fingerprint,
                "bytes": BYTES, "width": 1280, "height": 720, "seconds": 8.0,
            }  # fmt: skip
            lock.write(orjson.dumps(record) + b"\n")
            keys.write(orjson.dumps([entry.fingerprint, entry.file]) + b"\n")
            with open(folder / file, "wb") as video:
                video.truncate(BYTES)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
