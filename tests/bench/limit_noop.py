"""What a command with nothing to do cannot do without, in the leanest loop: compile, read the lock, compare.

    python tests/bench/limit_noop.py FOLDER

The requests are made as the limit of a compile makes them. Each line of the lock is read as JSON, each video is looked
at once, and a line says what there is to do: nothing. What it reads, it trusts: no line is judged, and nothing is kept
that the comparison does not need. Its last line on standard error says what it used.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import sys
import time
from pathlib import Path

import orjson
from limit_compile import requests


def main(folder: str) -> None:
    begin = time.process_time()
    gc.disable()
    lock = {}
    with open(f"{folder}/storyboard.lock", "rb") as file:
        next(file)
        for line in file:
            record = orjson.loads(line)
            lock[record["fp"]] = record["state"], record["file"], record["bytes"]
    left = 0
    for _, request in requests(f"{folder}/storyboard.yaml"):
        fp = hashlib.sha256(b'{"model":"%b","provider":"evolink","request":%b,"take":1}' % (
            request["model"].encode(), orjson.dumps(request, option=orjson.OPT_SORT_KEYS)
        )).hexdigest()  # fmt: skip
        state, name, size = lock.get(fp, ("", "", 0))
        left += state != "saved" or os.stat(f"{folder}/{name}").st_size != size
    print(f"{len(lock)} done, {left} to do")
    print(json.dumps({"cpu": time.process_time() - begin}), file=sys.stderr)


if __name__ == "__main__":
    main(str(Path(sys.argv[1])))
