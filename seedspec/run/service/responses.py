"""What the service's answers mean: status, headers and body become a Reply, by the tables of the provider file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import orjson

from seedspec.catalog.addresses import is_private
from seedspec.catalog.answer_paths import every, first, holds, is_number, values_at
from seedspec.project.credentials import is_loopback
from seedspec.run.engine.messages import (
    Accepted,
    Credits,
    Full,
    Listed,
    Listing,
    NotOffered,
    Refused,
    Reply,
    Stored,
    Task,
    Tasks,
    Trouble,
    Unknown,
)
from seedspec.text.value import valueclass
from seedspec.text.visible import STEERING

_QUERY = re.compile(r"(https?:[\\/]+[^\s?#\"'<>]*)[?#][^\s\"'<>]*", re.IGNORECASE)
_UNSAFE = re.compile(f"[{STEERING}]+")


@valueclass(frozen=True, slots=True)
class HttpResponse:
    """An HTTP answer, whole: header names in lower case, the body within its cap."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@valueclass(frozen=True, slots=True)
class Rules:
    """The provider file, for reading answers. `local` says that the API is on this machine."""

    provider: Mapping[str, Any]
    local: bool

    def created(self, answer: HttpResponse) -> Reply:
        """The answer to the paid request. What is neither a good id nor a clear refusal is Unknown."""
        said, take = _json(answer.body), self._take("create")
        if 200 <= answer.status < 300:
            task = first(take["task"], said)
            if task is None:
                return Unknown(f"HTTP {answer.status} without a task id: {clean(answer.body)}")
            if not re.fullmatch(self.provider["task_id"], task):
                return Unknown(f"HTTP {answer.status} with a strange task id {clean(repr(task))}")
            seen = (self.provider["doubt"]["key"] or {}).get("seen", "")
            replayed = answer.headers.get(seen, "").lower() == "true"
            return Accepted(task, _number(take, "reserved", said), _number(take, "estimate", said), replayed)
        if 300 <= answer.status < 400:
            return Refused(
                "stop", "redirected", f"HTTP {answer.status}: the address of the API redirects; not followed"
            )
        failure = self.failure_of(answer)
        table = self.provider["refusals"]
        if answer.status == 429:
            code, message = failure or ("rate_limit_exceeded", "HTTP 429")
            then = table["by_code"].get(code)  # of some services it says that the balance is empty
            return Refused(then if then in ("stop", "failed") else "later", code, message, retry_after(answer.headers))
        if failure is None:
            return Unknown(f"HTTP {answer.status} without the API's error: {clean(answer.body)}")
        code, message = failure
        then = table["by_code"].get(code) or table["by_status"].get(str(answer.status), "doubt")
        if then == "doubt":
            return Unknown(f"HTTP {answer.status}, {code}: {message}")
        return Refused(then, code, message, retry_after(answer.headers))

    def read(self, answer: HttpResponse) -> Reply:
        """The answer to reading a task."""
        said = _json(answer.body)
        if not self._is_good("read", answer, said):
            return self.trouble(answer)
        return self._task(said)

    def has_ended(self, answer: HttpResponse) -> bool:
        """Whether a task has ended by this answer, and what it gave is to be asked for by a call of its own."""
        said, take = _json(answer.body), self._take("read")
        if "result" not in self.provider["calls"] or not self._is_good("read", answer, said):
            return False
        state = self.provider["states"].get(first(take["state"], said) or "")
        return state == "completed" and first(take.get("code"), said) is None

    def result(self, answer: HttpResponse) -> Reply:
        """The answer to the question what a task gave that has ended; an error of the service says that it failed."""
        said, call = _json(answer.body), self.provider["calls"]["result"]
        if self._is_good("result", answer, said):
            return self._read_completed(said, self._take("result"))
        failure = self.failure_of(answer)
        if answer.status in call.get("failed", ()) and failure is not None:
            return Task("failed", None, (), *failure)
        return self.trouble(answer)

    def read_many(self, answer: HttpResponse) -> Reply:
        """The answer to reading many tasks: a row that says nothing clear of a task is left out, as the service
        leaves out what it does not know.
        """
        if answer.status in (404, 405):
            return NotOffered()
        rows, take = self._rows("batch", answer), self._take("batch")
        if rows is None:
            return self.trouble(answer)
        found = {}
        for row in rows:
            name = first(take["task"], row)
            if name is not None and isinstance(task := self._task(row), Task):
                found[name] = task
        return Tasks(found)

    def _task(self, said: Mapping[str, Any]) -> Task | Trouble:
        take, failures = self._take("read"), self.provider["failures"]
        word = first(take["state"], said)
        if word is None:
            return Trouble("an answer without a status")
        states: Mapping[str, str] = self.provider["states"]
        state, code = states.get(word, "running"), first(take.get("code"), said)
        credits, reserved = _number(take, "charged", said), _number(take, "reserved", said)
        model, created = first(take.get("model"), said), _read_time(take, said)
        if state == "completed" and ("result" not in self.provider["calls"] or code is None):
            return self._read_completed(said, take)
        if state not in ("queued", "running"):
            code = code or failures.get("by_word", {}).get(word, word)
            if code in failures.get("lost", ()):
                return Trouble(f"the service does not find the task: {code}", missing=True)
            message = clean(first(take.get("message"), said) or "")
            code = clean(code, 80)
            return Task("failed", None, (), code, message, credits, reserved, model=model, created=created)
        percent, estimate = _number(take, "percent", said), _number(take, "estimate", said)
        done = min(max(percent or 0, 0), 100)
        remaining = None if estimate is None else max(0.0, estimate * (1 - done / 100))
        shown = None if percent is None else int(done)
        return Task(
            "running", shown, (), "", "", credits, reserved, remaining, model, created,
            clean(word, 40), word not in states, estimate,
        )  # fmt: skip

    def _read_completed(self, said: Mapping[str, Any], take: Mapping[str, Any]) -> Task | Trouble:
        named = [url for url in every(take.get("links"), said) if isinstance(url, str)]
        links = tuple(url for url in named if safe_url(url, local=self.local))
        if not links and named:
            return Trouble("the result is at an address that is not followed: not https, or not public", final=True)
        if not links:
            return Trouble("the task is completed and names no result")
        return Task(
            "completed", 100, links, credits=_number(take, "charged", said), reserved=_number(take, "reserved", said),
            model=first(take.get("model"), said), created=_read_time(take, said),
        )  # fmt: skip

    def listed(self, answer: HttpResponse) -> Reply:
        """The answer to the question for tasks: what is no good id or has no time is left out."""
        rows, take = self._rows("list", answer), self._take("list")
        if rows is None:
            return self._strange("list", answer)
        return Listing(
            tuple(t for row in rows if (t := self._read_listed(row, take)) is not None and t.created is not None)
        )

    def found(self, answer: HttpResponse) -> Reply:
        """The answer to the question for a task by an id of ours: one task, or none."""
        if answer.status == 404:
            return Listing(())
        said = _json(answer.body)
        task = self._read_listed(said, self._take("find")) if self._is_good("find", answer, said) else None
        return self._strange("find", answer) if task is None else Listing((task,))

    def _strange(self, name: str, answer: HttpResponse) -> Trouble:
        """An answer that shows no tasks: where it is a good one, asking again gives no other."""
        if not self._is_good(name, answer, _json(answer.body)):
            return self.trouble(answer)
        return Trouble(
            f"HTTP {answer.status}, and the answer is in another form than the provider's file says", final=True
        )

    def _read_listed(self, said: Mapping[str, Any], take: Mapping[str, Any]) -> Listed | None:
        """A task with what it shows of its request; None for what has no good id."""
        doubt, task = self.provider["doubt"], first(take["task"], said)
        if task is None or not re.fullmatch(self.provider["task_id"], task):
            return None
        kinds = (str, int, float)
        seed, own = (first(doubt.get("echo", {}).get(name), said, kinds) for name in ("seed", "own"))
        body = next(every(doubt.get("body"), said), None)
        return Listed(task, _read_time(take, said), clean(first(take.get("state"), said) or "", 40), seed, own, body)

    def stored(self, answer: HttpResponse) -> Reply:
        """The answer to an upload; a refusal may come as HTTP 200, with its own status as the code."""
        said, take = _json(answer.body), self._take("upload")
        if not self._is_good("upload", answer, said):
            return self.trouble(answer)
        url = first(take["url"], said)
        if url is None or not safe_url(url, local=self.local):
            return Trouble("the upload's answer names no usable address", final=True)
        begun = first(take.get("from"), said) or _date(answer.headers)
        seconds = _seconds_between(begun, first(take.get("until"), said))
        size = _number(take, "bytes", said)
        return Stored(url, int(size or 0), seconds or 3600.0 * self.provider["upload"].get("hours", 1))

    def room(self, answer: HttpResponse) -> Reply:
        """The answer to the question how many files the account may still have: Full when it may have none."""
        said, take = _json(answer.body), self._take("room")
        left, most = _number(take, "room", said), _number(take, "most", said)
        if not self._is_good("room", answer, said) or left is None:
            return self.trouble(answer)
        if left > 0:
            return Trouble("there is room for more files")
        many = f"all {most:.0f} files of the account are in use" if most else "the account may have no more files"
        return Full(f"{many}: delete some, or wait {self.provider['upload']['hours']} h at most")

    def balance(self, answer: HttpResponse) -> Reply:
        """The answer to the question for what is left of the balance."""
        said = _json(answer.body)
        if not self._is_good("balance", answer, said):
            return self.trouble(answer)
        left = [n for n in every(self._take("balance").get("left"), said) if is_number(n)]
        return Credits(min(left, default=None))

    def trouble(self, answer: HttpResponse) -> Trouble:
        """A free call that did not succeed: whether another try, or any call with this key, can."""
        failure = self.failure_of(answer)
        said = f"HTTP {answer.status}" + (f", {failure[0]}: {failure[1]}" if failure else "")
        status = answer.status
        if status == 200 and failure and re.fullmatch("[45][0-9]{2}", failure[0]):  # the status within
            status = int(failure[0])
        stop = status in (401, 402, 403)
        final = 400 <= status < 500 and status not in (404, 408, 425, 429)
        away = status >= 500 or status in (408, 425, 429) or (status == 200 and failure is None)
        return Trouble(said, retry_after(answer.headers), stop, final, away, missing=status == 404)

    def failure_of(self, answer: HttpResponse) -> tuple[str, str] | None:
        """Code and message of the service's JSON error, in any of its forms; None when the answer is none of them."""
        said = _json(answer.body)
        if not isinstance(said, dict):
            return None
        for form in self.provider["errors"]:
            if not holds(form.get("when", {}), said):
                continue
            kinds = (str, int) if form.get("numeric") else (str,)
            code = first(form["code"], said, kinds)
            if not code and code != 0:
                code = answer.headers.get(form.get("header", ""), "") or form.get("otherwise", "")
            if code or code == 0:
                message = first(form.get("message"), said)
                return clean(str(code), 80), clean(message or form.get("otherwise") or code)
        return None

    def _take(self, name: str) -> Mapping[str, Any]:
        take: Mapping[str, Any] = self.provider["calls"].get(name, {}).get("take", {})
        return take

    def _is_good(self, name: str, answer: HttpResponse, said: Any) -> bool:
        call = self.provider["calls"].get(name, {})
        good = answer.status in call.get("ok", (200,)) and isinstance(said, dict)
        return good and holds(call.get("only_if", {}), said)

    def _rows(self, name: str, answer: HttpResponse) -> list[Mapping[str, Any]] | None:
        """The tasks in an answer; None where it is no list of any."""
        said, take = _json(answer.body), self._take(name)
        place = str(take.get("rows", "")).removesuffix("[*]")
        if not self._is_good(name, answer, said) or not isinstance(next(iter(values_at(place, said)), None), list):
            return None
        return [row for row in values_at(str(take["rows"]), said) if isinstance(row, Mapping)]


def retry_after(headers: Mapping[str, str]) -> float | None:
    """RFC 9110, 10.2.3: seconds or a date; None for anything else. The caller bounds it."""
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", text):
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


def safe_url(url: str, *, local: bool) -> bool:
    """Whether a result or upload address may be used: https, no user in it, no address of a private network."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc or len(url) > 8192 or _UNSAFE.search(url) or " " in url or "\\" in parts.netloc:
        return False
    if local and is_loopback(host):
        return parts.scheme in ("http", "https")
    return parts.scheme == "https" and not is_private(host)


def clean(said: object, most: int = 300) -> str:
    """Text of the service as one printable line within bounds; what an address may carry as a secret is left out."""
    text = said[: 8 * most].decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    plain = _QUERY.sub(r"\1?…", text[: 8 * most])
    line = " ".join(_UNSAFE.sub(" ", plain).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _number(take: Mapping[str, Any], name: str, said: Any) -> float | None:
    found = first(take.get(name), said, (int, float))
    return None if found is None or abs(found) > 1e15 else found


def _read_time(take: Mapping[str, Any], said: Any) -> float | None:
    """When a task was made, as a Unix time; the service may say it as RFC 3339 has it."""
    if (number := _number(take, "created", said)) is not None:
        return number
    try:
        when = datetime.fromisoformat(first(take.get("created"), said) or "")
    except ValueError:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _date(headers: Mapping[str, str]) -> str | None:
    """When an answer was made, by the service's own clock."""
    try:
        return parsedate_to_datetime(headers["date"]).isoformat()
    except (KeyError, TypeError, ValueError, IndexError, OverflowError):
        return None


def _seconds_between(start: object, end: object) -> float | None:
    try:
        begun, until = (datetime.fromisoformat(str(t)) for t in (start, end))
        seconds = (until - begun).total_seconds()
    except (TypeError, ValueError):
        return None
    return seconds if seconds > 0 else None
