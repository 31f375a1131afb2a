"""What an emulator is asked to be: its settings, its addresses, and the faults that it makes on request."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class FaultKind:
    """One kind of fault: the operation whose occurrences it counts, what its argument is, and what it does."""

    operation: str
    argument: str | None
    default: str | None
    meaning: str


FAULTS = {
    "refused": FaultKind("create", "code", "content_policy_violation", "create answers 400 with this code"),
    "unauthorized": FaultKind("create", None, None, "create answers 401"),
    "no-balance": FaultKind("create", None, None, "create answers 402"),
    "forbidden": FaultKind("create", None, None, "create answers 403"),
    "throttled": FaultKind("create", "text", "1", "create answers 429 with this Retry-After"),
    "server-error": FaultKind("create", "status", "502", "create answers 5xx and nothing was accepted"),
    "late-error": FaultKind("create", "status", "500", "create answers 5xx, although accepted and billed"),
    "lost-reply": FaultKind("create", None, None, "accepted and billed, and the connection is cut"),
    "garbled-reply": FaultKind("create", None, None, "accepted and billed; the answer is half a JSON document"),
    "no-id": FaultKind("create", None, None, "accepted and billed; the answer lacks the id"),
    "slow": FaultKind("create", "seconds", "5", "accepted and billed; the answer comes this many seconds later"),
    "slow-task": FaultKind("task", "seconds", "60", "the task takes this many seconds"),
    "failed": FaultKind("task", "code", "service_error", "the task fails with this code and is refunded"),
    "expired-link": FaultKind("task", None, None, "the task's first link answers 403; read again for a fresh one"),
    "wrong-size": FaultKind("task", None, None, "the video has another size than was asked for"),
    "wrong-fps": FaultKind("task", None, None, "the video has 12 pictures a second"),
    "short": FaultKind("task", None, None, "the video is a second shorter than was asked for"),
    "silent": FaultKind("task", None, None, "the video has no sound, whatever was asked for"),
    "black": FaultKind("task", None, None, "the pictures of the video are black"),
    "frozen": FaultKind("task", None, None, "the pictures of the video stand still"),
    "charged": FaultKind("task", "factor", "0.9", "the bill is this many times what was reserved"),
    "noise-result": FaultKind("download", None, None, "the download is a whole file whose pictures are noise"),
    "truncated": FaultKind("download", None, None, "the download is cut half way"),
    "html-result": FaultKind("download", None, None, "the download is a web page with status 200"),
    "poll-error": FaultKind("read", "status", "503", "reading tasks answers this status"),
    "list-error": FaultKind("list", "status", "503", "listing or finding tasks answers this status"),
    "list-strange": FaultKind("list", None, None, "listing or finding tasks answers in a form that nobody knows"),
    "upload-error": FaultKind("upload", "status", "500", "an upload answers this status"),
    "upload-refused": FaultKind("upload", "status", "400", "an upload answers 200 with success: false and this code"),
    "upload-throttled": FaultKind("upload", "text", "1", "an upload answers 429 with this Retry-After"),
    "upload-full": FaultKind("upload", None, None, "an upload finds that the account may have no more files"),
    "upload-lost": FaultKind("upload", None, None, "the file is kept, and the connection is cut"),
    "upload-garbled": FaultKind("upload", None, None, "the file is kept; the answer is half a JSON document"),
    "upload-slow": FaultKind("upload", "seconds", "5", "the file is kept; the answer comes this many seconds later"),
    "upload-gone": FaultKind("upload", None, None, "the file is kept, and gone when a request names it"),
    "no-batch": FaultKind("batch", None, None, "POST /v1/tasks/batch answers 404"),
}
GRAMMAR = "NAME[=ARGUMENT][:PROBABILITY or @N,N,...]"
_FORM = re.compile(
    r"(?P<name>[A-Za-z-]+)(?:=(?P<argument>.+?))?"
    r"(?::(?P<chance>[01]?\.\d+|[01](?:\.0*)?)|@(?P<at>\d+(?:,\d+)*))?"
)
_ARGUMENTS = {
    "code": (re.compile(r"[a-z][a-z0-9_]*"), "an error code such as `content_policy_violation`"),
    "status": (re.compile(r"[45]\d\d"), "an HTTP status from 400 to 599"),
    "seconds": (re.compile(r"\d+(?:\.\d+)?"), "a number of seconds"),
    "factor": (re.compile(r"\d(?:\.\d{1,4})?"), "a factor from 0 to 9"),
    "text": (re.compile(r"[\x20-\x7e]+"), "seconds or a date"),
}


@valueclass(frozen=True, slots=True)
class Fault:
    """A fault to make: always, with a probability, or at given occurrences of its operation, counted from 1."""

    name: str
    argument: str | None = None
    probability: float = 1.0
    occurrences: frozenset[int] = frozenset()

    def strikes(self, occurrence: int, *, seed: int) -> bool:
        """Whether it strikes that occurrence; the same for the same seed, whatever else goes on."""
        if self.occurrences:
            return occurrence in self.occurrences
        return self.probability >= 1 or random.Random(f"{seed}/{self.name}/{occurrence}").random() < self.probability

    @property
    def seconds(self) -> float:
        return float(self.argument or 0)

    @property
    def status(self) -> int:
        return int(self.argument or 500)


def parse_fault(text: str) -> Fault:
    """A fault from `NAME[=ARGUMENT][:PROBABILITY or @N,N,...]`; ValueError says what was expected."""
    found = _FORM.fullmatch(text.strip())
    if not found:
        raise ValueError(f"`{text}` is no fault; expected {GRAMMAR}, such as `lost-reply:0.2` or `failed@1,3`")
    name, argument = found["name"], found["argument"]
    kind = FAULTS.get(name)
    if kind is None:
        raise ValueError(f"`{name}` is no fault; expected one of {', '.join(FAULTS)}")
    if argument is not None and kind.argument is None:
        raise ValueError(f"`{name}` takes no argument; found `{argument}`")
    if argument is not None and kind.argument is not None:
        form, expected = _ARGUMENTS[kind.argument]
        if not form.fullmatch(argument):
            raise ValueError(f"`{name}={argument}`: expected {expected}")
    chance = float(found["chance"]) if found["chance"] else 1.0
    if not 0 <= chance <= 1:
        raise ValueError(f"`{text}`: found a probability of {chance}; expected 0 to 1")
    at = frozenset(int(n) for n in found["at"].split(",")) if found["at"] else frozenset[int]()
    if 0 in at:
        raise ValueError(f"`{text}`: occurrences count from 1")
    return Fault(name, argument if argument is not None else kind.default, chance, at)


class Strikes:
    """Counts the occurrences of each operation since the start, and tells which faults strike each of them."""

    def __init__(self, faults: Iterable[Fault], *, seed: int) -> None:
        self._faults = tuple(faults)
        self._seed = seed
        self._counts: Counter[str] = Counter()

    def next(self, operation: str) -> dict[str, Fault]:
        """Count one more occurrence; the faults that strike it, by name."""
        self._counts[operation] += 1
        count = self._counts[operation]
        return {
            fault.name: fault
            for fault in self._faults
            if FAULTS[fault.name].operation == operation and fault.strikes(count, seed=self._seed)
        }


@valueclass(frozen=True, slots=True)
class Settings:
    """One emulator. Seconds are wall time; credits are the balance that its account began with."""

    folder: Path
    seconds: float = 2.0
    credits: float = 100_000
    key: str | None = None  # the one accepted key; None: any
    capacity: int | None = None  # tasks that render at once; None: all
    faults: tuple[Fault, ...] = ()
    seed: int = 0
    idempotency: bool = False  # whether `Idempotency-Key` is honoured, or only noted
    local_callbacks: bool = False  # whether a callback may go to http://127.0.0.1
    remote_callbacks: bool = False  # whether callbacks to public hosts are really sent, or only noted
    callback_waits: tuple[float, ...] = (1, 2, 4)  # before each retry
    callback_timeout: float = 10
    link_seconds: float = 24 * 3600
    upload_seconds: float = 72 * 3600
    retention: float | None = None  # how long a task can be read after it was accepted; None: always
    soft_file_errors: bool = False  # failures of the files API come with status 200
    max_files: int = 2000
    port: int = 0  # of the API and the files API; 0: a free one
    results_port: int = 0


@valueclass(frozen=True, slots=True)
class Addresses:
    """Where an emulator listens, as URLs without a slash at the end."""

    api: str
    files: str
    results: str

    def line(self) -> str:
        """One line of JSON, as a parent process reads it."""
        return json.dumps({"api": self.api, "files": self.files, "results": self.results})

    @staticmethod
    def read(line: str) -> Addresses:
        """The inverse of `line`; ValueError for anything else."""
        found = json.loads(line)
        if not isinstance(found, dict) or not all(isinstance(found.get(k), str) for k in ("api", "files", "results")):
            raise ValueError(f"expected a line with addresses; found {line[:80]!r}")
        return Addresses(found["api"], found["files"], found["results"])
