"""Runs of one storyboard buy its takes through one ledger, each a `seedspec run` of its own in a clone of its own.

    python tests/bench/claims.py FOLDER RUNS TAKES SECONDS

The ledger stands in a bucket that takes SECONDS to answer. The last line on standard error says how many purchases the
service saw in how many seconds while all runs bought, which leaves out how they begin and end; the CPU seconds of all
runs from begin to end, and in megabytes the most memory of a run and of a plan.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.request import urlopen

import serving
from process import ENVIRONMENT, seedspec
from work import Work

from seedspec.lock.lock import Lock, serialise
from seedspec.run.store.ledger.connect import connect
from seedspec.run.store.ledger.team import make_board

BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {{duration: 4, quality: 480p}}
matrix: {{max_entries: {takes}, axes: {{n: [{labels}]}}}}
shots: [{{id: one, prompt: "A street at dawn, number {{{{ n }}}}."}}]
"""
URL = "s3://team/ledger"
BUYS = ("run", "--yes", "--no-wait", "--format", "jsonl", "--submit-rate", "1000", "--in-flight", "1000")


def clone(folder: Path, takes: int, board: str) -> None:
    folder.mkdir(parents=True)
    labels = ", ".join(f"l{n}" for n in range(takes))
    (folder / "storyboard.yaml").write_text(BOARD.format(takes=takes, labels=labels), encoding="utf-8")
    header = {"ledger": board, "at": URL, "serial": 0}
    (folder / "storyboard.lock").write_bytes(serialise(Lock(header=header, attempts={}), ()))


def start(folder: Path, words: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    with open(folder / "said", "wb") as said:
        return subprocess.Popen(
            seedspec(*words), cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )


def ended(process: subprocess.Popen[bytes], folder: Path) -> tuple[float, float]:
    """CPU seconds and peak megabytes of a process that has done what it should."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in (0, 7), (folder / "said").read_text()[-800:]
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main(folder: Path, runs: int, takes: int, seconds: float) -> None:
    work = Work(what="claims", folder=str(folder), many=takes)
    with serving.ending(work) as service, serving.bucket(seconds) as origin:
        access = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "us-east-1"}
        ledger = {**access, "AWS_ENDPOINT_URL": origin, "SEEDSPEC_LEDGER": URL}
        os.environ.update(ledger)
        door = connect(URL, "--ledger", local=True)
        board = make_board(door, "bench")
        clones = [folder / f"clone-{n}" for n in range(runs)]
        for one in clones:
            clone(one, takes, board)
        environment = {**ENVIRONMENT, **ledger, "EVOLINK_BASE_URL": service.api, "EVOLINK_FILES_URL": service.files}
        planned = ended(start(clones[0], ["plan"], environment), clones[0])
        keys = [{"EVOLINK_API_KEY": f"{environment['EVOLINK_API_KEY']}-{n}"} for n in range(runs)]
        started = [(start(one, BUYS, environment | key), one) for one, key in zip(clones, keys, strict=True)]
        found = [ended(*pair) for pair in started]
        with urlopen(f"{service.api}/bought") as answer:
            told = json.load(answer)
    assert told["purchases"] == told["prompts"] == takes, told
    shutil.rmtree(folder)
    said = {
        "buyers": told["buyers"], "together": told["together"], "seconds": told["seconds"],
        "cpu": sum(cpu for cpu, _ in found),
        "peak": max(peak for _, peak in found), "plan": planned[1],
    }  # fmt: skip
    print(json.dumps(said), file=sys.stderr)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
