"""What a run with nothing to do cannot do without: the plan's keys and the lock are read and compared.

    python tests/bench/limit_noop.py FOLDER

One look at each video in its folder, and a line that says what there is to do: nothing.
"""

from __future__ import annotations

import os
import sys

import orjson


def main(folder: str) -> None:
    lock = {}
    with open(f"{folder}/storyboard.lock", "rb") as file:
        next(file)
        for line in file:
            record = orjson.loads(line)
            lock[record["fp"]] = record
    with os.scandir(f"{folder}/renders") as found:
        there = {entry.name: entry.stat().st_size for entry in found}
    left = 0
    with open(f"{folder}/keys.jsonl", "rb") as file:
        for line in file:
            fp, name = orjson.loads(line)
            known = lock.get(fp)
            if known is None or known["state"] != "saved" or there.get(name) != known["bytes"]:
                left += 1
    print(f"{len(lock)} done, {left} to do")


if __name__ == "__main__":
    main(sys.argv[1])
