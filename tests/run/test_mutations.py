"""Is each safeguard missed when it is gone? One of them at a time is taken out of a copy, and a test must fail."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


MODEL = "tests/run/engine/test_engine.py::test_nothing_is_bought_twice_in_many_random_scenarios"
ORDER = "tests/run/test_order.py"
ANSWERS = "tests/run/test_answers.py"
WIRE = "tests/run/test_wire.py"
UPLOADS = "tests/run/test_uploads.py"
JOURNAL = "tests/run/store/test_journal.py"
OWED = "tests/run/store/test_owed.py"
NAMES = "tests/run/test_names.py"
LOCK = "tests/lock/test_lock_file.py"
PLAN = "tests/plan/test_plan.py"
KILL = "tests/run/test_kill.py"
MEND = "tests/run/store/test_repair.py"
SETTLE = "tests/run/engine/test_settle.py"
RUNNERS = "tests/run/test_one_runner.py"
NO_END = "tests/run/test_no_end.py"
SHARED = "tests/run/ledger/test_shared_record.py"
OTHERS = "tests/run/engine/test_others.py"
SERVICES = "tests/run/engine/test_services.py"
LEDGER = "tests/run/ledger"
LOOKUPS = "tests/run/test_lookups.py"

MUTANTS = [
    # what is synced, and when
    Mutant("sync of a line", "run/store/journal.py", "            _sync(handle)\n", "", ORDER),
    Mutant("sync of a new file", "project/atomic.py", "            os.fsync(file.fileno())\n", "", ORDER),
    Mutant(
        "sync of the lock's folder", "project/atomic.py", "        sync_folder(path.parent)\n", "        pass\n", ORDER
    ),
    Mutant("sync of a video", "run/store/downloads.py", "        os.fsync(self._file.fileno())\n", "", ORDER),
    Mutant("sync of the videos' folder", "run/store/downloads.py", "    sync_folder(final.parent)\n", "", ORDER),
    Mutant(
        "a file written aside",
        "project/atomic.py",
        'with replacement(path, mode=mode, shared=shared) as aside, open(aside, "wb") as file:',
        'with open(path, "wb") as file:',
        ORDER,
    ),
    # the intent, the record, the hold
    Mutant(
        "the intent",
        "run/loop.py",
        "        record.intend(call.intent, call.body)\n",
        "        pass\n",
        MODEL,
    ),
    Mutant(
        "the record of replies",
        "run/loop.py",
        "        record.keep(*events)\n",
        "        pass\n",
        MODEL,
    ),
    Mutant(
        "the hold",
        "run/store/lock_file.py",
        "        taken.acquire()\n",
        "        pass\n",
        f"{JOURNAL}::test_what_is_held_is_not_held_twice",
    ),
    Mutant(
        "the wait for the last answer",
        "run/loop.py",
        "    while machine.paying and",
        "    while False and",
        f"{RUNNERS}::test_a_signal_waits_for_the_request_in_flight[{signal.SIGINT:d}]",
    ),
    Mutant(
        "the look before each line",
        "run/store/journal.py",
        "        handle = self._open()\n        self._refuse_change(handle)\n",
        "        handle = self._open()\n",
        f"{RUNNERS}::test_a_lock_meddled_with_is_noticed[append]",
    ),
    Mutant(
        "the look at what was read",
        "run/store/journal.py",
        "            if digest_of(content(handle, size)).hexdigest() != (self._lock.digest or digest(HEADER)):",
        "            if False:",
        f"{JOURNAL}::test_a_file_that_changed_since_it_was_read_is_left_alone",
    ),
    Mutant(
        "the look before the end",
        "run/store/journal.py",
        "                self._refuse_change(self._handle)\n",
        "",
        f"{JOURNAL}::test_a_file_that_changed_before_the_end_is_left_alone_and_all_is_rescued",
    ),
    Mutant(
        "the check of a move",
        "run/store/journal.py",
        "                record = update_record(known, values)",
        "                record = {**(known or {}), **values}",
        f"{JOURNAL}::test_an_impossible_move_never_gets_into_the_file",
    ),
    Mutant(
        "the end of a line without one",
        "run/store/journal.py",
        '            lines = b"\\n" + lines\n',
        "            pass\n",
        f"{JOURNAL}::test_a_line_without_its_end_is_ended_before_the_next",
    ),
    Mutant(
        "the cut of a torn line",
        "run/store/journal.py",
        "                os.ftruncate(handle, self._good)  # the torn",
        "                pass  # the torn",
        f"{JOURNAL}::test_a_torn_line_is_cut_before_the_next",
    ),
    Mutant(
        "the room held back",
        "run/store/journal.py",
        "            hold_back(self.path, RESERVE + 2 * self._good)\n",
        "",
        f"{RUNNERS}::test_a_full_disk_stops_before_anything_is_bought[60000]",
    ),
    Mutant(
        "another file for a receipt",
        "run/store/journal.py",
        "                self._anew(handle, lines)  # a receipt",
        "                raise  # a receipt",
        f"{KILL}::test_a_disk_that_refuses_loses_nothing[fdatasync-storyboard.lock-2-once-ENOSPC]",
    ),
    Mutant(
        "the rescued records",
        "run/store/lock_file.py",
        "if waiting := rescues(path):",
        "if waiting := []:",
        f"{JOURNAL}::test_rescued_records_are_not_passed_over",
    ),
    Mutant(
        "the bytes kept aside",
        "run/store/journal.py",
        "            keep_body(self.path, body)\n",
        "",
        f"{JOURNAL}::test_a_clean_end_leaves_one_line_a_purchase_in_order",
    ),
    Mutant(
        "an intent that the disk refused",
        "run/loop.py",
        "Stopped(_UNWRITTEN, str(error), 6, clock().text()))\n        return False\n",
        "Stopped(_UNWRITTEN, str(error), 6, clock().text()))\n        return True\n",
        MODEL,
    ),
    Mutant(
        "no intent while records are owed",
        "run/store/journal.py",
        "        if self._owed:\n            raise DiskRefuses",
        "        if False:\n            raise DiskRefuses",
        f"{OWED}::test_while_records_are_owed_nothing_may_be_sent_and_all_of_them_are_told",
    ),
    Mutant(
        "what is owed is kept in mind",
        "run/store/journal.py",
        "            self._owed.append(dict(values))\n",
        "            self._owed = [dict(values)]\n",
        f"{OWED}::test_while_records_are_owed_nothing_may_be_sent_and_all_of_them_are_told",
    ),
    Mutant(
        "what is owed at the end",
        "run/loop.py",
        "    if lacking := record.owed or",
        '    if lacking := "" or',
        f"{OWED}::test_a_disk_that_fills_up_after_the_request_left[never]",
    ),
    Mutant(
        "the last word about what is owed",
        "run/loop.py",
        "            raise NotRecorded(record.owed) from error\n",
        "            pass\n",
        MODEL,
    ),
    # what answers and states mean
    Mutant(
        "an error without the API's words",
        "run/service/responses.py",
        "        if failure is None:\n",
        '        if failure is None:\n            return Refused("later", "x", "y")\n',
        f"{ANSWERS} -k any_answer",
    ),
    Mutant(
        "a status that is not listed",
        "run/service/responses.py",
        'str(answer.status), "doubt")',
        'str(answer.status), "later")',
        f"{ANSWERS} -k no_clear_refusal",
    ),
    Mutant(
        "the form of a task id",
        "run/service/responses.py",
        'if not re.fullmatch(self.provider["task_id"], task):',
        "if not task:",
        f"{ANSWERS} -k no_clear_refusal",
    ),
    Mutant(
        "an answer that does not come",
        "run/service/caller.py",
        '            return Unknown(f"no answer within {self.deadlines.create:g} s")',
        '            return Refused("later", "timeout", "no answer")',
        f"{WIRE} -k answer_that_is_none",
    ),
    Mutant(
        "an answer that is cut",
        "run/service/caller.py",
        '            return Unknown(f"the answer was lost: {describe_error(error)}")',
        '            return Refused("later", "cut", "lost")',
        f"{WIRE} -k answer_that_is_none",
    ),
    Mutant(
        "a redirect of a paid request",
        "run/service/caller.py",
        "            follow_redirects=False,",
        "            follow_redirects=True,",
        f"{WIRE} -k redirect",
    ),
    Mutant(
        "an address that was connected to",
        "run/service/public_web.py",
        "    if not peer or (is_private(",
        "    if not peer or (False and is_private(",
        f"{WIRE} -k connected_to",
    ),
    Mutant(
        "the words of the key",
        "run/service/redaction.py",
        "        if not self._has_piece(text):\n            return text\n        cleaned",
        "        return text\n        cleaned",
        f"{ANSWERS} -k repeats_the_key",
    ),
    Mutant(
        "the digest of an upload", "run/service/file_stream.py", "if found != sha256:", "if False:", f"{WIRE} -k upload"
    ),
    Mutant(
        "the digest on the way up",
        "run/service/file_stream.py",
        "self._hash.hexdigest() != self._sha256",
        "False",
        f"{UPLOADS} -k changes_on_the_way_up",
    ),
    Mutant(
        "the address of a refusal",
        "run/service/caller.py",
        "body if fresh else self.uploads.hide_addresses(body)",
        "body",
        f"{UPLOADS} -k tell_the_address",
    ),
    Mutant(
        "a dead address",
        "run/service/uploads.py",
        "            memory.forget(call.sha256)\n",
        "            pass\n",
        f"{UPLOADS} -k forgotten_for_good",
    ),
    Mutant(
        "a clock that was moved", "run/service/upload_cache.py", "now < seen - _SKEW", "False", f"{UPLOADS} -k clock"
    ),
    Mutant(
        "a doubt in the plan",
        "plan/planner.py",
        "    if record.state is State.DOUBT:\n        return InDoubt",
        "    if False:\n        return InDoubt",
        f"{PLAN}::test_what_is_done_follows_from_the_state",
    ),
    Mutant(
        "an intent without an answer in the plan",
        "plan/planner.py",
        "            return Action.DOUBT, doubt\n",
        "            return Action.SUBMIT, New()\n",
        MODEL,
    ),
    Mutant(
        "a doubt in the machine",
        "run/engine/transitions.py",
        "        job.phase = Phase.DOUBT\n",
        "        job.phase = Phase.WAITING\n",
        MODEL,
    ),
    Mutant(
        "what was made once",
        "run/engine/transitions.py",
        "        if job.made is not None:",
        "        if False:",
        MODEL,
    ),
    Mutant(
        "what never goes unchanged",
        "plan/planner.py",
        '(self.rules.retry and then != "change")',
        "self.rules.retry",
        f"{PLAN}::test_what_is_asked_for_is_tried_again_but_never_unchanged",
    ),
    Mutant(
        "the attempt that stands",
        "lock/lock.py",
        "key=lambda r: (RANKS[r.state].attempt, r.attempt)",
        "key=lambda r: r.attempt",
        f"{PLAN}::test_of_several_attempts_the_one_nearest_to_a_video_stands",
    ),
    Mutant(
        "the file in the way",
        "plan/planner.py",
        "            elif self.rules.exists(file):",
        "            elif False:",
        f"{PLAN}::test_a_file_that_the_lock_does_not_know_stops_its_entry",
    ),
    Mutant(
        "the budget",
        "run/engine/budget.py",
        "self.committed + job.units > self.limits.units",
        "job.units > self.limits.units",
        f"{SETTLE}::test_budgets_and_limits",
    ),
    # names
    Mutant(
        "the names of devices",
        "compiler/request/expand.py",
        "        if is_device(shot.id):",
        "        if False:",
        f"{NAMES}::test_no_two_entries_are_one_file",
    ),
    Mutant(
        "the files of what the lock alone knows",
        "plan/orphans.py",
        'free = f"{plain}.mp4" if same(f"{plain}.mp4") not in taken else',
        'free = f"{plain}.mp4" if True else',
        f"{NAMES}::test_what_the_lock_alone_knows_has_a_file_of_its_own",
    ),
    Mutant(
        "the bounds of `output`",
        "compiler/filename.py",
        "    return not any(\n",
        "    return True or not any(\n",
        f"{NAMES} -k no_folder",
    ),
    Mutant(
        "links that go round",
        "run/store/downloads.py",
        "        except (RuntimeError, ValueError):",
        "        except ZeroDivisionError:",
        f"{NAMES} -k go_round",
    ),
    # the network
    Mutant(
        "the address past a proxy",
        "run/service/public_web.py",
        "(str(peer[0]), int(peer[1])) not in await _proxies()",
        "not getproxies()",
        "tests/run/test_proxy.py -k past",
    ),
    # the lock's text, and videos
    Mutant(
        "the checksum of a line",
        "lock/lock.py",
        "    if whole and crc is not None and crc != _crc(written):",
        "    if False:",
        f"{MEND} -k bit_that_turned",
    ),
    Mutant(
        "the checksum of a usual line",
        "lock/usual.py",
        '    if zlib.crc32(b"}", zlib.crc32(line[:-_SEAL])) != int(crc, 16) or (',
        "    if (",
        "tests/lock/test_usual_lines.py -k checksum",
    ),
    Mutant(
        "what is set aside",
        "run/store/repair.py",
        "    kept = _set_aside(damaged, unreadable.values())\n",
        "    kept = None\n",
        f"{MEND} -k says_what",
    ),
    Mutant(
        "two tasks of one attempt",
        "lock/recover.py",
        "                against += (record for of_one in alone.attempts.values() for record in of_one)\n",
        "",
        f"{MEND} -k says_what",
    ),
    Mutant(
        "conflict markers",
        "lock/lock.py",
        "        if line.startswith(MARKERS):",
        "        if False:",
        f"{LOCK} -k refused",
    ),
    Mutant(
        "a key that stands twice",
        "lock/lock.py",
        "object_pairs_hook=_refuse_duplicates",
        "object_pairs_hook=dict",
        f"{LOCK} -k refused",
    ),
    Mutant(
        "the place of a file",
        "lock/keys.py",
        '    return ".." not in parts and not any(',
        "    return not any(",
        "tests/lock/test_lock_keys.py -k file",
    ),
    Mutant("the other side of a merge", "lock/merge.py", "(*ours, *theirs)", "(*ours,)", f"{LOCK} -k union"),
    Mutant(
        "the boxes of a video",
        "run/store/downloads.py",
        "            check_boxes(part.path)\n",
        "",
        f"{WIRE} -k saved_whole",
    ),
    Mutant(
        "a name that is taken",
        "run/store/downloads.py",
        "        os.link(part, final)\n",
        "        os.replace(part, final)\n        return True\n",
        f"{WIRE} -k in_the_way",
    ),
    Mutant(
        "the bounds of the output folder",
        "run/store/downloads.py",
        "        if not real.is_relative_to(root):",
        "        if False:",
        f"{WIRE} -k in_the_way",
    ),
    # the budget, the breaker, and what is waited for
    Mutant(
        "a budget equal to the price",
        "run/engine/budget.py",
        "self.committed + job.units > self.limits.units:",
        "self.committed + job.units >= self.limits.units:",
        f"{NO_END}::test_a_budget_equal_to_the_price_buys",
    ),
    Mutant(
        "the share of what failed",
        "run/engine/budget.py",
        "        share = job.units if job.committed else 0\n",
        "        share = max(job.units if job.committed else 0, job.share)\n",
        f"{NO_END}::test_a_task_that_failed_gives_its_share_back",
    ),
    Mutant(
        "the breaker of doubts",
        "run/engine/transitions.py",
        "        if account.doubts >= self.pace.doubts:\n",
        "        if False:\n",
        f"{NO_END}::test_three_unclear_answers_in_a_row_end_the_buying",
    ),
    # a run over several services
    Mutant(
        "an account at each service",
        "run/engine/account.py",
        "        return self.others.get(provider, self.first)\n",
        "        return self.first\n",
        SERVICES,
    ),
    Mutant(
        "what continues a video that is not bought",
        "run/engine/obstacles.py",
        "self.is_open(job.provider) and not self.is_open(up.provider)",
        "False",
        f"{SERVICES} -k continues",
    ),
    Mutant(
        "the bytes that another take needs",
        "run/store/sent_requests.py",
        '        return "" if others else str(sha256)\n',
        "        return str(sha256)\n",
        f"{NO_END}::test_the_bytes_of_a_doubt_outlive_a_take_that_was_taken",
    ),
    Mutant(
        "the deadline in time that was listened",
        "run/service/caller.py",
        "            answer = await wait_listening(send(), self.deadlines.create)\n",
        "            async with asyncio.timeout(self.deadlines.create):\n                answer = await send()\n",
        f"{NO_END}::test_an_answer_that_came_while_the_process_stood_still_is_read",
    ),
    # the shared ledger
    Mutant(
        "the ledger before the disk",
        "run/store/ledger/shared.py",
        "        values, asked = values_of(intent), elapsed_seconds()\n",
        "        self._journal.intend(intent, body)\n        values, asked = values_of(intent), elapsed_seconds()\n",
        f"{SHARED} -k before_it_is_on_disk",
    ),
    Mutant(
        "the disk before the ledger",
        "run/store/ledger/shared.py",
        "        try:\n            self._journal.keep(*events)\n        finally:\n",
        "        for event, _ in found:\n            self._ledger.record(values_of(event))\n"
        "        try:\n            self._journal.keep(*events)\n        finally:\n",
        f"{SHARED} -k on_disk_before_the_ledger",
    ),
    Mutant(
        "whose intent it is",
        "run/store/ledger/ledger.py",
        "            if there[0] != data:\n",
        "            if True:\n",
        f"{SHARED} -k known_by_its_own_writing",
    ),
    Mutant(
        "a name that another one has taken",
        "run/store/ledger/ledger.py",
        "            if there[0] != data:\n",
        "            if False:\n",
        f"{SHARED} -k before_it_is_on_disk",
    ),
    Mutant(
        "the bound of a leave",
        "run/loop.py",
        "    if team is not None and not team.timely(call.intent):",
        "    if False:",
        f"{OTHERS} -k too_old",
    ),
    Mutant(
        "the clock that counts sleep",
        "run/store/ledger/shared.py",
        "        return elapsed_seconds() - self._granted[intent.fp, intent.attempt] <= FRESH\n",
        "        return True\n",
        f"{SHARED} -k counts_sleep",
    ),
    Mutant(
        "the leave that the disk refused",
        "run/store/ledger/shared.py",
        '            self._outbox.add({**values, "state": State.QUEUED.value})\n',
        "            pass\n",
        f"{SHARED} -k disk_refuses",
    ),
    Mutant(
        "the receipt that a leave waits for",
        "run/store/ledger/shared.py",
        "            if not self._outbox.flush(MOMENT):\n                raise",
        "            if False:\n                raise",
        f"{SHARED} -k is_asked_while",
    ),
    Mutant(
        "the withdrawal before the next leave",
        "run/store/ledger/outbox.py",
        ' and all(v["fp"] != fp for _, v in self._waiting)',
        "",
        f"{SHARED} -k is_given_back",
    ),
    Mutant(
        "the store's clock",
        "run/store/ledger/lease.py",
        "            return mine[1] + self._clock() - self._answered\n",
        "            return datetime.now(UTC).timestamp()\n",
        f"{SHARED} -k never_saw",
    ),
    Mutant(
        "another one's purchase",
        "run/loop.py",
        "        yield from _keep(record, machine.yielded(call, error.theirs, clock()))\n        return False\n",
        "        return True\n",
        f"{OTHERS} -k another_one_has_bought",
    ),
    Mutant(
        "the look at what others may have",
        "run/engine/engine.py",
        "            return not counts[Phase.TAKEN] and not any(",
        "            return not any(",
        f"{OTHERS} -k nobody_has",
    ),
    # the rules of the ledger that several machines share
    Mutant(
        "the look whose intent stands there",
        "run/store/ledger/ledger.py",
        "            if there[0] != data:\n",
        "            if True:\n",
        f"{LEDGER}/test_trouble.py::test_an_own_grant_that_came_back_as_taken_is_known_again",
    ),
    Mutant(
        "the withdrawal of what got no answer",
        "run/store/ledger/ledger.py",
        "    self._unconfirmed.setdefault(mine.name, []).append(mine)\n                    raise\n",
        "    raise\n",
        f"{LEDGER}/test_trouble.py::test_what_got_no_answer_is_withdrawn",
    ),
    Mutant(
        "the look at the lease after a grant",
        "run/store/ledger/ledger.py",
        "                if self._lease.holds:\n",
        "                if True:\n",
        f"{LEDGER}/test_ceiling.py::test_a_run_that_stands_still_in_a_grant_does_not_pass_the_ceiling",
    ),
    Mutant(
        "a draw that ends with the lease",
        "run/store/ledger/ledger.py",
        "            self._share.stale()\n",
        "            pass\n",
        f"{LEDGER}/test_ceiling.py::test_a_run_that_was_taken_for_dead_draws_anew",
    ),
    Mutant(
        "the intent that news are of",
        "run/store/ledger/ledger.py",
        "            elif same(stands.values, whole) is not False:\n",
        "            elif True:\n",
        f"{LEDGER}/test_ledger_rules.py::test_news_of_an_intent_of_before_do_not_touch_the_one_of_now[memory]",
    ),
    Mutant(
        "a ledger that is gone",
        "run/store/ledger/snapshot.py",
        "        if gone:\n",
        "        if False:\n",
        f"{LEDGER}/test_trouble.py::test_purchases_that_are_gone_seal",
    ),
    # what settles a doubt without a person, and what is never cancelled
    Mutant(
        "a task that is known is no match",
        "run/engine/proof.py",
        "tuple(t for t in own if times[t] > 1 or t in known)",
        "tuple(t for t in own if times[t] > 1)",
        f"{LOOKUPS}::test_a_task_that_the_lock_has_is_no_match",
    ),
    Mutant(
        "one match alone",
        "run/engine/proof.py",
        "if len(self.proofs) == 1 and not self.claimed",
        "if self.proofs and not self.claimed",
        f"{LOOKUPS}::test_two_matches_stay_a_persons_matter",
    ),
    Mutant(
        "a task proves one purchase",
        "run/engine/proof.py",
        "if times[t] > 1 or t in known",
        "if t in known",
        f"{LOOKUPS}::test_a_task_proves_at_most_one_purchase",
    ),
    Mutant(
        "the time of a seed",
        "run/engine/proof.py",
        " or not near(task.created, trace.sent, unknown=False)",
        "",
        f"{LOOKUPS}::test_a_task_proves_at_most_one_purchase",
    ),
    Mutant(
        "a seed for each attempt",
        "run/engine/proof.py",
        'hashlib.sha256(f"seed {key}".encode())',
        'hashlib.sha256(b"seed")',
        f"{LOOKUPS}::test_a_colleagues_equal_request_settles_nothing",
    ),
    Mutant(
        "a service of which nothing is known",
        "run/cancelling.py",
        'if does not in ("refused", "stops"):',
        'if does == "deletes":',
        "tests/run/test_cancel.py::test_what_could_lose_a_paid_video_is_never_asked",
    ),
]


def tried(mutant: Mutant, folder: Path) -> subprocess.CompletedProcess[str]:
    """The narrow test that is to miss a safeguard, with a copy of the package that lacks it."""
    file = folder / "seedspec" / mutant.file
    for name in ("seedspec", "schemas"):  # with the byte code of all but the file that changes
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(f"{file.stem}.*.pyc"))
    text = file.read_text(encoding="utf-8")
    assert text.count(mutant.old) == 1, f"`{mutant.old}` stands {text.count(mutant.old)} times in {mutant.file}"
    file.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
    options = ("-x", "-q", "-p", "no:cacheprovider", "-o", "addopts=", "--assert=plain", "--tb=line")
    place = ("--basetemp", str(folder / "temporary"))
    command = [sys.executable, "-c", START, str(folder), *options, *place, *mutant.tests.split()]
    environ = {**os.environ, "PYTHONPATH": str(folder), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=LONGEST)


START = """
import sys, pytest
folder = sys.argv[1]
sys.path[:] = [folder, *(p for p in sys.path if p)]  # not the package of the current folder
import seedspec
assert seedspec.__file__.startswith(folder)
sys.exit(pytest.main(sys.argv[2:]))
"""


OFTEN = {
    # bought once
    "sync of a line", "the intent", "the hold", "no intent while records are owed", "an answer that does not come",
    "an intent without an answer in the plan",
    # never lost
    "the file in the way", "the other side of a merge",
    # by everybody
    "one match alone", "the ledger before the disk", "whose intent it is", "the bound of a leave", "the store's clock",
}  # fmt: skip
"""Safeguards that each run of the tests takes out; the others only with --long."""


def test_each_safeguard_stands_where_it_is_named() -> None:
    """All of them, also those that are taken out with --long alone: a line that moved is told at once."""
    assert {mutant.name for mutant in MUTANTS} >= OFTEN
    for mutant in MUTANTS:
        found = (ROOT / "seedspec" / mutant.file).read_text(encoding="utf-8").count(mutant.old)
        assert found == 1, f"`{mutant.old}` of {mutant.name} stands {found} times in {mutant.file}"


def chosen() -> Iterator[Any]:
    for mutant in MUTANTS:
        yield pytest.param(mutant, id=mutant.name, marks=[] if mutant.name in OFTEN else [pytest.mark.long])


@pytest.mark.mutation
@pytest.mark.parametrize("mutant", list(chosen()))
def test_a_safeguard_is_missed_when_it_is_gone(mutant: Mutant, tmp_path: Path, tally: Counter[str]) -> None:
    done = tried(mutant, tmp_path)
    assert done.returncode == 1, f"nothing missed {mutant.name}: {done.stdout[-1500:]}{done.stderr[-500:]}"
    assert "error" not in done.stdout.splitlines()[-1], done.stdout[-1500:]
    tally["safeguards that are missed when gone"] += 1
