"""A judge at work: a program of the user's own that answers about one saved video after another, line by line.

It gets one line of JSON for each video on standard input, and answers with one line of JSON on standard output before
it gets the next. One process answers for all videos; after a fault there is another one.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO

from seedspec.measures.judged import Answer, NoJudgement, NoScore, answer_in
from seedspec.project.child_end import describe_end
from seedspec.project.child_environment import environment_of_child
from seedspec.text.value import valueclass

_MOST = 64 * 1024
"""Bytes of an answer."""
_MOST_SAID = 2000
"""Bytes of a line on standard error; a longer one is shown in pieces."""
_FAULTS = 3
"""Faults in a row after which a judge is asked no more: it would fail at each of a thousand videos."""
_FLUSH = "does it flush its output?"


class NoAnswer(Exception):
    """There is no answer about a video; the message says why."""


class NoProgram(Exception):
    """The command of a judge cannot be started; the message says why."""


@valueclass(frozen=True, slots=True)
class Ending:
    """How a judge ended: what was wrong in words, "" for nothing, and how many of its last answers are not to be
    believed: a judge that answered more often than it was asked may have answered about another video."""

    wrong: str = ""
    taken_back: int = 0


class Judge:
    """A program that is asked with `ask`, and ended with `close`. It gets none of the keys of this process, and no
    shell reads its command. `seconds` bound each answer. `hear` gets each line of its standard error.
    """

    def __init__(self, command: Sequence[str], seconds: float, hear: Callable[[str], None]) -> None:
        self._command, self._seconds, self._hear = tuple(command), seconds, hear
        self._process: _Process | None = None
        self._faults = self._answers = 0

    def ask(self, question: bytes) -> Answer:
        """The answer to a question, which is one line without its end. Raises NoAnswer, and NoProgram."""
        if self._faults >= _FAULTS:
            raise NoAnswer(f"it failed {_FAULTS} times in a row, so it is asked no more")
        if self._process is None:
            self._process, self._answers = _Process(self._command, self._hear), 0
        try:
            answer = self._check(self._process.ask(question, self._seconds))
        except NoAnswer:
            self._faults += 1
            self.end()
            raise
        self._faults = 0
        if isinstance(answer, NoScore):
            raise NoAnswer(f"it gives no score: {answer}" if str(answer) else "it gives no score")
        self._answers += 1
        return answer

    def _check(self, said: bytes) -> Answer | NoScore:
        line, _, more = said.partition(b"\n")
        if more.strip():
            raise NoAnswer("it answered with more than one line")
        try:
            return answer_in(line)
        except NoScore as none:
            return none
        except NoJudgement as error:
            raise NoAnswer(f"its answer is not understood: {error}") from None

    def close(self) -> Ending:
        """Tells the program that no question is left, and waits for its end."""
        if (process := self._process) is None:
            return Ending()
        try:
            more, code = process.finish(self._seconds)
        finally:
            self.end()
        if more.strip():
            return Ending("it answered more often than it was asked, so its answers are not believed", self._answers)
        if code is None:
            return Ending(f"it had not ended {self._seconds:g} s after its last answer, and was ended")
        return Ending(f"it ended with {describe_end(code)}" if code else "")

    def end(self) -> None:
        """Ends its process at once, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process = None


class _Process:
    """One process of a judge. What it reads and writes goes through threads, so that a silent one can be left."""

    def __init__(self, command: Sequence[str], hear: Callable[[str], None]) -> None:
        try:
            self._process = subprocess.Popen(
                command,
                env=environment_of_child() | {"PYTHONUNBUFFERED": "1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=os.name != "nt",
            )
        except (OSError, ValueError) as error:
            why = (getattr(error, "strerror", "") or str(error)).lower()
            raise NoProgram(f"`{command[0]}` cannot be started: {why}") from None
        assert self._process.stderr is not None
        self._threads = [threading.Thread(target=_listen, args=(self._process.stderr, hear), daemon=True)]
        self._threads[0].start()

    def ask(self, question: bytes, seconds: float) -> bytes:
        """What it prints up to the first line end, with what came together with it. Raises NoAnswer."""
        said, late = self._within(seconds, lambda: self._exchange(question + b"\n"))
        if late:
            raise NoAnswer(f"no answer within {seconds:g} s; {_FLUSH}")
        if b"\n" in said:
            return said
        if len(said) > _MOST:
            raise NoAnswer(f"its answer has more than {_MOST:,} bytes")
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        code = self._process.poll()
        raise NoAnswer(
            "it closed its output" if code is None else f"it ended with {describe_end(code)} before its answer"
        )

    def finish(self, seconds: float) -> tuple[bytes, int | None]:
        """What it prints after its last answer, and the code it ends with; None for one that does not end."""
        stdin = self._process.stdin
        assert stdin is not None
        with suppress(OSError):
            stdin.close()
        more, late = self._within(seconds, lambda: self._read(lambda found: len(found) > _MOST))
        with suppress(subprocess.TimeoutExpired):
            return more, self._process.wait(0 if late else seconds)
        return more, None

    def kill(self) -> None:
        with suppress(OSError):
            if os.name == "nt":
                self._process.kill()
            else:  # with what it has started itself
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for thread in self._threads:
            thread.join(1)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            with suppress(OSError):
                if stream is not None and not any(thread.is_alive() for thread in self._threads):
                    stream.close()

    def _exchange(self, question: bytes) -> bytes:
        stdin = self._process.stdin
        assert stdin is not None
        with suppress(OSError):  # one that has ended says so by its end
            left = memoryview(question)
            while left:
                left = left[stdin.write(left) :]
        return self._read(lambda found: b"\n" in found or len(found) > _MOST)

    def _read(self, enough: Callable[[bytes], bool]) -> bytes:
        stdout, found = self._process.stdout, b""
        assert stdout is not None
        with suppress(OSError, ValueError):
            while not enough(found) and (piece := stdout.read(_MOST)):
                found += piece
        return found

    def _within(self, seconds: float, work: Callable[[], bytes]) -> tuple[bytes, bool]:
        """What comes of work that may never end, and whether it came too late; then the process is to be ended."""
        done: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        thread = threading.Thread(target=lambda: done.put(work()), daemon=True)
        thread.start()  # Ctrl-C may strike in it, and only a thread that runs can be waited for
        self._threads[1:] = [thread]
        try:
            return done.get(timeout=seconds), False
        except queue.Empty:
            return b"", True


def _listen(stream: IO[bytes], hear: Callable[[str], None]) -> None:
    rest = b""
    with suppress(OSError, ValueError):
        while piece := stream.read(_MOST_SAID):
            *lines, rest = (rest + piece).replace(b"\r", b"\n").split(b"\n")
            if len(rest) > _MOST_SAID:
                lines, rest = [*lines, rest], b""
            for line in lines:
                if line.strip():
                    hear(line.decode("utf-8", "replace"))
    if rest.strip():
        hear(rest.decode("utf-8", "replace"))
