"""A storyboard with everything done: each entry bought and saved, so that there is nothing left to do.

    python tests/bench/settled.py FOLDER SHOTS VARIANTS

Writes the storyboard, its lock as the product writes one, and a file of the right size for each video (a plan looks at
names and sizes). The files have no bytes of their own, so that many of them fit on a disk. Beside the folder stands
another, FOLDER-edited: the same with the prompt of one shot changed since.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path

import orjson
from boards import board

from seedspec import api
from seedspec.lock.lock import encode

BYTES = 5_000_000


def main(folder: Path, shots: int, variants: int) -> None:
    folder.mkdir(parents=True)
    storyboard = folder / "storyboard.yaml"
    storyboard.write_text(board(shots, variants), encoding="utf-8")
    made = api.compile(storyboard)
    assert made.ok, made.diagnostics
    (folder / "renders").mkdir()
    with open(folder / "storyboard.lock", "wb") as lock:
        lock.write(b'{"seedspec_lock":1}\n')
        for number, entry in enumerate(made.entries):
            file = f"renders/{entry.file}"
            record = {
                "fp": entry.fingerprint, "entry": entry.address, "take": entry.take, "attempt": 1, "state": "saved",
                "at": "2026-11-23T07:05:00Z", "manifest": orjson.loads(entry.manifest),
                "intent": {"key": f"seedspec-{_digest(number, 'key')[:32]}", "body_sha256": _digest(number, "body"),
                           "at": "2026-11-23T07:00:00Z"},
                "task": f"task-unified-1795427517-{number:08x}", "units": 313_875, "reserved": 31.3875,
                "charged": 31.3875, "results_until": "2026-11-24T07:05:00Z", "file": file,
                "sha256": _digest(number, "video"), "bytes": BYTES, "width": 1280, "height": 720, "seconds": 8.0,
                "fps": 24.0, "audio": True,
            }  # fmt: skip
            lock.write(encode(record))
            with open(folder / file, "wb") as video:
                video.truncate(BYTES)
    edited = folder.with_name(f"{folder.name}-edited")
    edited.mkdir()
    text = storyboard.read_text(encoding="utf-8").replace("Shot 1: the", "Shot one: the", 1)
    (edited / "storyboard.yaml").write_text(text, encoding="utf-8")
    shutil.copyfile(folder / "storyboard.lock", edited / "storyboard.lock")
    os.symlink(folder / "renders", edited / "renders")


def _digest(number: int, what: str) -> str:
    return hashlib.sha256(f"{what} {number}".encode()).hexdigest()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
