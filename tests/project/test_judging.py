"""A judge is a process of somebody's own: each way in which it can go wrong leaves one video without an answer."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seedspec.measures.judged import Answer
from seedspec.project.judging import Ending, Judge, NoAnswer, NoProgram

ANSWER = 'import json, sys\nfor line in sys.stdin: print(json.dumps({"score": len(line), "why": str(len(line))}))'
TWICE = "import sys\nfor n, line in enumerate(sys.stdin): print('{\"score\": 1}' + '\\n{\"score\": 2}' * (n == 1))"
LATE = """\
import sys
for n, line in enumerate(sys.stdin):
    sys.stdout.write('{"score": %d}\\n' % (2 if n == 2 else 1)); sys.stdout.flush()
sys.stdout.write('{"score": 1}\\n')
"""


@contextmanager
def judge(program: str, *arguments: str, seconds: float = 20, heard: list[str] | None = None) -> Iterator[Judge]:
    one = Judge((sys.executable, "-c", program, *arguments), seconds, (heard if heard is not None else []).append)
    try:
        yield one
    finally:
        one.end()


def test_one_process_answers_about_each_video_and_ends_by_itself(tmp_path: Path) -> None:
    program = f"open({str(tmp_path / 'started')!r}, 'a').write('x')\n{ANSWER}"
    with judge(program) as one:
        long = b'{"prompt": "' + b"x" * 300_000 + b'"}'  # more than a pipe holds
        for question in (b"{}", long, b"[]"):
            assert one.ask(question) == Answer(len(question) + 1.0, None, str(len(question) + 1))
        assert one.close() == Ending()
    assert (tmp_path / "started").read_text() == "x"


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("print('loading')", "the line is no JSON"),
        ("print('{\"score\": NaN}')", "`score` is no number"),
        ("print('{}')", "it has no `score`"),
        ('print(\'{"score": 1}\\n{"score": 2}\', flush=True)', "more than one line"),
        ("import sys; sys.stdout.write('x' * 200_000)", "more than 65,536 bytes"),
        ("import sys; sys.stdout.write('{\"score\": 1}'); sys.stdout.flush()", "ended with code 0 before its answer"),
        ("raise SystemExit(3)", "ended with code 3 before its answer"),
        ("import os; os.kill(os.getpid(), 9)", "ended with signal 9 before its answer"),
        ("import os, time; os.close(1); time.sleep(60)", "it closed its output"),
        ("import time; time.sleep(60)", "no answer within 0.4 s; does it flush"),
        ("import sys; sys.stdin.read()", "no answer within 0.4 s; does it flush"),
    ],
)
@pytest.mark.slow
def test_a_fault_is_that_of_one_video(program: str, why: str, tmp_path: Path) -> None:
    """The first process fails, the next one answers."""
    mark = tmp_path / "mark"
    whole = f"import os\nif not os.path.exists({str(mark)!r}):\n    open({str(mark)!r}, 'w').close()\n    {program}\n"
    with judge(f"{whole}    raise SystemExit\n{ANSWER}", seconds=0.4 if "0.4" in why else 20) as one:
        with pytest.raises(NoAnswer, match=why):
            one.ask(b"{}")
        one._seconds = 20
        assert one.ask(b"{}") == Answer(3.0, None, "3")
        assert one.close() == Ending()


def test_a_judge_that_always_fails_is_asked_no_more(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    with judge(f"open({str(starts)!r}, 'a').write('x')") as one:
        said = []
        for _ in range(5):
            with pytest.raises(NoAnswer) as caught:
                one.ask(b"{}")
            said.append(str(caught.value))
    assert starts.read_text() == "xxx" and said[3] == said[4] == "it failed 3 times in a row, so it is asked no more"


def test_a_judge_may_say_that_it_has_no_score_as_often_as_it_likes() -> None:
    with judge('import sys\nfor line in sys.stdin: print(\'{"score": null, "why": "no server"}\')') as one:
        for _ in range(5):
            with pytest.raises(NoAnswer, match=r"^it gives no score: no server$"):
                one.ask(b"{}")
        assert one.close() == Ending()


def test_more_answers_than_questions_are_no_answers() -> None:
    with judge(TWICE) as one:
        assert one.ask(b"{}") == Answer(1.0)
        with pytest.raises(NoAnswer, match="more than one line"):
            one.ask(b"{}")
            one.ask(b"{}")
    with judge(LATE) as one:
        for _ in range(3):
            one.ask(b"{}")
        ending = one.close()
    assert ending.taken_back == 3 and "more often than it was asked" in ending.wrong


@pytest.mark.slow
def test_how_it_ends_is_said() -> None:
    with judge(f"{ANSWER}\nsys.exit(4)") as one:
        one.ask(b"{}")
        assert one.close() == Ending("it ended with code 4")
    with judge(f"{ANSWER}\nimport time; time.sleep(60)", seconds=1) as one:
        one.ask(b"{}")
        assert "had not ended 1 s after its last answer" in one.close().wrong
    with pytest.raises(NoProgram, match="no such file"):
        Judge(("no-such-program-here",), 1, print).ask(b"{}")


def test_it_has_no_key_and_no_shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-secret")
    monkeypatch.setenv("OTHER_TOKEN", "t-secret")
    program = 'import json, os, sys\nfor line in sys.stdin: print(json.dumps({"score": 1, "why": str(sys.argv[1:])'
    program += ' + str("secret" in str(os.environ)) + str("PATH" in os.environ)}))'
    with judge(program, f"$(touch {tmp_path}/made); *") as one:
        why = one.ask(b"{}").why
    assert why == f"{[f'$(touch {tmp_path}/made); *']}FalseTrue" and not (tmp_path / "made").exists()


def test_what_it_writes_on_standard_error_is_heard() -> None:
    heard: list[str] = []
    program = f"import sys\nsys.stderr.write('loading\\rmore\\n\\n' + 'y' * 9000 + '\\nrest')\n{ANSWER}"
    with judge(program, heard=heard) as one:
        one.ask(b"{}")
        assert one.close() == Ending()
    assert heard[:2] == ["loading", "more"] and heard[-1].endswith("rest")
    assert sum(line.count("y") for line in heard) == 9000 and max(map(len, heard)) <= 4000


@pytest.mark.skipif(os.name == "nt", reason="no groups of processes")
def test_what_a_judge_has_started_ends_with_it(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    program = (
        f"import subprocess, sys\np = subprocess.Popen(['sleep', '60'])\nopen({str(mark)!r}, 'w').write(str(p.pid))\n"
    )
    with judge(f"{program}{ANSWER}") as one:
        one.ask(b"{}")
        pid = int(mark.read_text())
    for _ in range(100):
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":  # nobody has asked for its code yet
                return
        except (ProcessLookupError, FileNotFoundError):
            return
        threading.Event().wait(0.05)
    pytest.fail("the child of a judge lives on")
