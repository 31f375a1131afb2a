"""What the service's answers mean: status, headers and body become a Reply, by the tables of the provider file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import orjson

from seedspec.catalog.addresses import is_private
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
from seedspec.text.visible import STEERING

_QUERY = re.compile(r"(https?:[\\/]+[^\s?#\"'<>]*)[?#][^\s\"'<>]*", re.IGNORECASE)
_UNSAFE = re.compile(f"[{STEERING}]+")


_ENDS = {
    **dict.fromkeys(("failed", "failure", "error"), "unknown_error"),
    **dict.fromkeys(("cancelled", "canceled"), "request_cancelled"),
}
"""The codes of statuses that say a task has failed and carry none; any other is its own code."""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An HTTP answer, whole: header names in lower case, the body within its cap."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Rules:
    """The provider file, for reading answers. `local` says that the API is on this machine."""

    provider: Mapping[str, Any]
    local: bool

    def created(self, answer: HttpResponse) -> Reply:
        """The answer to the paid request. What is neither a good id nor a clear refusal is Unknown."""
        said = _json(answer.body)
        if 200 <= answer.status < 300:
            task = said.get("id") if isinstance(said, dict) else None
            if not isinstance(task, str):
                return Unknown(f"HTTP {answer.status} without a task id: {clean(answer.body)}")
            if not re.fullmatch(self.provider["task_id"], task):
                return Unknown(f"HTTP {answer.status} with a strange task id {clean(repr(task))}")
            assert isinstance(said, dict)
            usage, info = _mapping(said.get("usage")), _mapping(said.get("task_info"))
            reserved, estimate = _number(usage.get("credits_reserved")), _number(info.get("estimated_time"))
            replayed = answer.headers.get("idempotency-replayed", "").lower() == "true"
            return Accepted(task, reserved, estimate, replayed)
        if 300 <= answer.status < 400:
            return Refused(
                "stop", "redirected", f"HTTP {answer.status}: the address of the API redirects; not followed"
            )
        failure = failure_of(answer.body)
        table = self.provider["refusals"]
        if answer.status == 429:
            code, message = failure or ("rate_limit_exceeded", "HTTP 429")
            return Refused("later", code, message, retry_after(answer.headers))
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
        if answer.status != 200 or not isinstance(said, dict):
            return self.trouble(answer)
        return self._task(said)

    def read_many(self, answer: HttpResponse) -> Reply:
        """The answer to reading many tasks: a row that says nothing clear of a task is left out, as the service
        leaves out what it does not know.
        """
        if answer.status in (404, 405):
            return NotOffered()
        said = _json(answer.body)
        rows = said.get("data") if isinstance(said, dict) else None
        if answer.status != 200 or not isinstance(rows, list):
            return self.trouble(answer)
        found = {}
        for row in map(_mapping, rows):
            if isinstance(row.get("id"), str) and isinstance(task := self._task(row), Task):
                found[row["id"]] = task
        return Tasks(found)

    def _task(self, said: Mapping[str, Any]) -> Task | Trouble:
        word = said.get("status")
        if not isinstance(word, str):
            return Trouble("an answer without a status")
        statuses: Mapping[str, Literal["running", "completed", "failed"]] = self.provider["statuses"]
        state = statuses.get(word, "running")
        credits, reserved = _charged(said), _number(_mapping(said.get("usage")).get("credits_reserved"))
        model = said["model"] if isinstance(said.get("model"), str) else None
        created = _number(said.get("created"))
        percent = _number(said.get("progress"))
        if state == "completed":
            links = self._links(said)
            if not links and any(self._named(said)):
                return Trouble("the result is at an address that is not followed: not https, or not public", final=True)
            if not links:
                return Trouble("the task is completed and names no result")
            return Task("completed", 100, links, credits=credits, reserved=reserved, model=model, created=created)
        if state == "failed":
            error = _mapping(said.get("error"))
            code = error.get("code")
            if not isinstance(code, str) or not code:
                code = _ENDS.get(word, word)
            if code in self.provider["failures"].get("lost", ()):
                return Trouble(f"the service does not find the task: {code}", missing=True)
            message = clean(error.get("message") or "")
            code = clean(code, 80)
            return Task("failed", None, (), code, message, credits, reserved, model=model, created=created)
        info = _mapping(said.get("task_info"))
        estimate, done = _number(info.get("estimated_time")), min(max(percent or 0, 0), 100)
        remaining = None if estimate is None else max(0.0, estimate * (1 - done / 100))
        shown = None if percent is None else int(done)
        return Task(
            "running", shown, (), "", "", credits, reserved, remaining, model, created,
            clean(word, 40), word not in statuses, estimate,
        )  # fmt: skip

    def listed(self, answer: HttpResponse) -> Reply:
        """The answer to the question for tasks: what is no good id or has no time is left out."""
        said = _json(answer.body)
        rows = said.get("data") if isinstance(said, dict) else None
        if answer.status != 200 or not isinstance(rows, list):
            return self.trouble(answer)
        found = []
        for row in map(_mapping, rows):
            task, created = row.get("id"), _number(row.get("created_at"))
            if isinstance(task, str) and created is not None and re.fullmatch(self.provider["task_id"], task):
                found.append(Listed(task, created, clean(row.get("status", ""), 40)))
        return Listing(tuple(found))

    def stored(self, answer: HttpResponse) -> Reply:
        """The answer to an upload; a refusal may come as HTTP 200, with its own status as the code."""
        said = _json(answer.body)
        if answer.status != 200 or not isinstance(said, dict) or said.get("success") is not True:
            return self.trouble(answer)
        file = _mapping(said.get("data"))
        url = file.get("file_url")
        if not isinstance(url, str) or not safe_url(url, local=self.local):
            return Trouble("the upload's answer names no usable address", final=True)
        begun = file.get("upload_time") or _date(answer.headers)
        seconds = _seconds_between(begun, file.get("expires_at"))
        size = _number(file.get("file_size"))
        return Stored(url, int(size or 0), seconds or 3600.0 * self.provider["upload_hours"])

    def room(self, answer: HttpResponse) -> Reply:
        """The answer to the question how many files the account may still have: Full when it may have none."""
        said = _json(answer.body)
        quota = _mapping(said.get("data")) if isinstance(said, dict) else {}
        left, most = _number(quota.get("remain_files")), _number(quota.get("max_files"))
        if answer.status != 200 or left is None:
            return self.trouble(answer)
        if left > 0:
            return Trouble("there is room for more files")
        many = f"all {most:.0f} files of the account are in use" if most else "the account may have no more files"
        return Full(f"{many}: delete some, or wait {self.provider['upload_hours']} h at most")

    def balance(self, answer: HttpResponse) -> Reply:
        """The answer to the question for credits."""
        said = _json(answer.body)
        if answer.status != 200 or not isinstance(said, dict):
            return self.trouble(answer)
        account = _mapping(said.get("data"))
        token, user = _mapping(account.get("token")), _mapping(account.get("user"))
        left = [_number(user.get("remaining_credits"))]
        if not token.get("unlimited_credits"):
            left.append(_number(token.get("remaining_credits")))
        known = [n for n in left if n is not None]
        return Credits(min(known) if known else None)

    def trouble(self, answer: HttpResponse) -> Trouble:
        """A free call that did not succeed: whether another try, or any call with this key, can."""
        failure = failure_of(answer.body)
        said = f"HTTP {answer.status}" + (f", {failure[0]}: {failure[1]}" if failure else "")
        status = answer.status
        if status == 200 and failure and re.fullmatch("[45][0-9]{2}", failure[0]):  # the status within
            status = int(failure[0])
        stop = status in (401, 402, 403)
        final = 400 <= status < 500 and status not in (404, 408, 425, 429)
        away = status >= 500 or status in (408, 425, 429) or (status == 200 and failure is None)
        return Trouble(said, retry_after(answer.headers), stop, final, away, missing=status == 404)

    def _links(self, said: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(u for u in self._named(said) if safe_url(u, local=self.local))

    def _named(self, said: Mapping[str, Any]) -> list[str]:
        """What a task names as its results, whether they may be fetched or not."""
        results = said.get("results")
        found = list(results) if isinstance(results, list) else []
        for place in ("result_data", "output"):  # seen in the vendor's own clients
            found.append(_mapping(said.get(place)).get("video_url"))
        return [u for u in found if isinstance(u, str)]


def failure_of(body: bytes) -> tuple[str, str] | None:
    """Code and message of the API's JSON error, in any of its three shapes; None when the body is none of them."""
    said = _json(body)
    if not isinstance(said, dict):
        return None
    error = said.get("error")
    if isinstance(error, dict):
        code = error.get("code")
        name = code if isinstance(code, str) and code else error.get("type")
        if isinstance(name, str) and name:
            return clean(name, 80), clean(error.get("message") or name)
    if said.get("success") is False:
        message = clean(said.get("msg") or said.get("message") or "refused")
        return clean(str(said.get("code", "refused")), 80), message
    return None


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


def _charged(said: Mapping[str, Any]) -> float | None:
    """The credits that a task cost in the end, where its answer says so: in `billing` once settled, or in `usage`."""
    billing, usage = _mapping(said.get("billing")), _mapping(said.get("usage"))
    if billing.get("charge_status") == "released":
        return 0.0
    charged = _number(billing.get("charged_credits"))
    if billing.get("charge_status") == "charged" and charged is not None:
        return max(0.0, charged - (_number(billing.get("refunded_credits")) or 0.0))
    used = _number(usage.get("credits_used"))
    return _number(_mapping(usage.get("cost")).get("credits")) if used is None else used


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > 1e15:
        return None
    return value


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
