"""Is each safeguard missed when it is gone? One of them at a time is taken out of a copy, and a test must fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST = 120.0


@dataclass(frozen=True)
class Mutant:
    """A safeguard, the text that is it, what stands there without it, and the tests that must miss it."""

    name: str
    file: str
    old: str
    new: str
    tests: str
    quick: bool = False


MODEL = "tests/run/test_machine.py::test_nothing_is_bought_twice_in_many_random_scenarios"
ORDER = "tests/run/test_order.py"
ANSWERS = "tests/run/test_answers.py"
WIRE = "tests/run/test_wire.py"
JOURNAL = "tests/run/test_journal.py"
LOCK = "tests/plan/test_lock_file.py"
PLAN = "tests/plan/test_plan.py"
RUNNERS = "tests/run/test_one_runner.py"

MUTANTS = [
    # what is synced, and when
    Mutant("sync of a line", "run/journal.py", "            _sync(handle)\n", "", ORDER, quick=True),
    Mutant("sync of a new file", "run/disk.py", "            os.fsync(file.fileno())\n", "", ORDER),
    Mutant("sync of the lock's folder", "run/disk.py", "    sync_folder(path.parent)\n", "", ORDER),
    Mutant("sync of a video", "run/saves.py", "        os.fsync(self._file.fileno())\n", "", ORDER),
    Mutant("sync of the videos' folder", "run/saves.py", "            sync_folder(final.parent)\n", "", ORDER),
    Mutant("a file written aside", "run/disk.py", 'aside = path.with_name(f".{path.name}.new")', "aside = path", ORDER),
    # the intent, the record, the hold
    Mutant(
        "the intent",
        "run/driver.py",
        "        record.intend(call.intent, call.body)\n",
        "        pass\n",
        MODEL,
        quick=True,
    ),
    Mutant(
        "the record of replies",
        "run/driver.py",
        "                record.keep(event)\n",
        "                pass\n",
        MODEL,
    ),
    Mutant("the hold", "run/disk.py", "        taken.acquire()\n", "        pass\n", f"{RUNNERS} -k second_runner"),
    Mutant(
        "the wait for the last answer",
        "run/driver.py",
        "    while machine.paying and",
        "    while False and",
        f"{RUNNERS} -k waits_for_the_request",
    ),
    Mutant(
        "the look before each line",
        "run/journal.py",
        "        handle = self._open()\n        self._unchanged(handle)\n",
        "        handle = self._open()\n",
        f"{RUNNERS} -k meddled",
    ),
    Mutant(
        "the look at what was read",
        "run/journal.py",
        "            if digest(data) != (self._lock.digest or digest(HEADER)):",
        "            if False:",
        JOURNAL,
        quick=True,
    ),
    Mutant("the look before the end", "run/journal.py", "                self._unchanged(self._handle)\n", "", JOURNAL),
    Mutant(
        "the check of a move",
        "run/journal.py",
        "record = merged(known, values)",
        "record = {**(known or {}), **values}",
        JOURNAL,
    ),
    Mutant(
        "the end of a line without one",
        "run/journal.py",
        'encode(values) if self._ended else b"\\n" + encode(values)',
        "encode(values)",
        JOURNAL,
    ),
    Mutant(
        "the cut of a torn line",
        "run/journal.py",
        "                os.ftruncate(handle, self._good)  # the torn",
        "                pass  # the torn",
        JOURNAL,
    ),
    Mutant(
        "the room held back",
        "run/journal.py",
        "                _hold_back(self.path, RESERVE + 2 * self._good)\n",
        "",
        f"{RUNNERS} -k full_disk",
    ),
    Mutant(
        "another file for a receipt",
        "run/journal.py",
        "            self._anew(handle, line)  # a receipt",
        "            raise  # a receipt",
        "tests/run/test_kill.py -k disk_that_refuses",
    ),
    Mutant(
        "the rescued records",
        "run/disk.py",
        "if waiting := rescues(path):",
        "if waiting := []:",
        f"{RUNNERS} -k replaced_during",
    ),
    # what answers and states mean
    Mutant(
        "an error without the API's words",
        "run/answer.py",
        "        if failure is None:\n",
        '        if failure is None:\n            return Refused("later", "x", "y")\n',
        ANSWERS,
        quick=True,
    ),
    Mutant(
        "a status that is not listed",
        "run/answer.py",
        'str(answer.status), "doubt")',
        'str(answer.status), "later")',
        ANSWERS,
    ),
    Mutant(
        "the form of a task id",
        "run/answer.py",
        'if not re.fullmatch(self.provider["task_id"], task):',
        "if not task:",
        ANSWERS,
    ),
    Mutant(
        "an answer that does not come",
        "run/wire.py",
        '            return Unknown(f"no answer within {self.deadlines.create:g} s")',
        '            return Refused("later", "timeout", "no answer")',
        f"{WIRE} -k answer_that_is_none",
    ),
    Mutant(
        "an answer that is cut",
        "run/wire.py",
        '            return Unknown(f"the answer was lost: {_said(error)}")',
        '            return Refused("later", "cut", "lost")',
        f"{WIRE} -k answer_that_is_none",
    ),
    Mutant(
        "a redirect of a paid request",
        "run/wire.py",
        "            follow_redirects=False,",
        "            follow_redirects=True,",
        f"{WIRE} -k redirect",
    ),
    Mutant(
        "the key of the results' client",
        "run/wire.py",
        'secret = {} if name == "web" else',
        "secret = {} if False else",
        f"{WIRE} -k key_goes",
    ),
    Mutant(
        "the words of the key",
        "run/answer.py",
        '            body = body.replace(piece, b"***")',
        "            pass",
        ANSWERS,
    ),
    Mutant(
        "the digest of an upload", "run/wire.py", "if digest(content) != call.sha256:", "if False:", f"{WIRE} -k upload"
    ),
    Mutant(
        "a doubt in the plan",
        "plan/plan.py",
        "    if record.state is State.DOUBT:\n        return InDoubt",
        "    if False:\n        return InDoubt",
        PLAN,
        quick=True,
    ),
    Mutant(
        "an intent without an answer in the plan",
        "plan/plan.py",
        "            return Action.DOUBT, doubt\n",
        "            return Action.SUBMIT, New()\n",
        MODEL,
    ),
    Mutant(
        "a doubt in the machine",
        "run/progress.py",
        "        job.phase = Phase.DOUBT\n",
        "        job.phase = Phase.WAITING\n",
        MODEL,
        quick=True,
    ),
    Mutant("what was made once", "run/progress.py", "        if job.made is not None:", "        if False:", MODEL),
    Mutant(
        "what never goes unchanged", "plan/plan.py", '(self.rules.retry and then != "change")', "self.rules.retry", PLAN
    ),
    Mutant(
        "the attempt that stands",
        "plan/lock.py",
        "key=lambda r: (STANDING[r.state], r.attempt)",
        "key=lambda r: r.attempt",
        PLAN,
    ),
    Mutant(
        "the file in the way",
        "plan/plan.py",
        "            elif self.rules.exists(file):",
        "            elif False:",
        PLAN,
    ),
    Mutant(
        "the budget",
        "run/purse.py",
        "self.committed + job.units > self.limits.units",
        "job.units > self.limits.units",
        "tests/run/test_settle.py -k budgets",
    ),
    # the lock's text, and videos
    Mutant("conflict markers", "plan/lock.py", "        if line.startswith(MARKERS):", "        if False:", LOCK),
    Mutant("a key that stands twice", "plan/lock.py", "object_pairs_hook=_once", "object_pairs_hook=dict", LOCK),
    Mutant(
        "the place of a file",
        "plan/lock.py",
        '        if not _inside(record.get("file", "")):',
        "        if False:",
        LOCK,
    ),
    Mutant("the other side of a merge", "plan/merge.py", "*other.attempts.get(fp, ())", "", LOCK, quick=True),
    Mutant(
        "the boxes of a video", "run/saves.py", "            check_boxes(part.path)\n", "", f"{WIRE} -k saved_whole"
    ),
    Mutant(
        "a name that is taken",
        "run/saves.py",
        "        os.link(part, final)\n",
        "        os.replace(part, final)\n        return True\n",
        f"{WIRE} -k in_the_way",
    ),
    Mutant(
        "the bounds of the output folder",
        "run/saves.py",
        "        if not real.is_relative_to(root):",
        "        if False:",
        f"{WIRE} -k in_the_way",
    ),
]


@pytest.mark.parametrize(
    "mutant", [pytest.param(m, id=m.name, marks=() if m.quick else (pytest.mark.long,)) for m in MUTANTS]
)
def test_a_safeguard_is_missed_when_it_is_gone(
    mutant: Mutant, tmp_path_factory: pytest.TempPathFactory, tally: Counter[str]
) -> None:
    tmp_path = tmp_path_factory.mktemp("mutant")
    for name in ("seedspec", "schemas", "tests", "pyproject.toml"):
        kept = shutil.ignore_patterns("__pycache__", "cases", ".seedspec")
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=kept)
        else:
            shutil.copy(ROOT / name, tmp_path / name)
    file = tmp_path / "seedspec" / mutant.file
    text = file.read_text(encoding="utf-8")
    assert text.count(mutant.old) == 1, f"`{mutant.old}` stands {text.count(mutant.old)} times in {mutant.file}"
    file.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--tb=line", *mutant.tests.split()]
    environ = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=LONGEST)
    assert done.returncode == 1, f"nothing missed {mutant.name}: {done.stdout[-1500:]}{done.stderr[-500:]}"
    tally["safeguards that are missed when gone"] += 1
