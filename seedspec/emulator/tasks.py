"""Tasks as values: their status as a function of time, and the JSON that the API shows of them."""

from __future__ import annotations

import math
import re
import secrets
import string
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from seedspec.media.card import Card
from seedspec.media.facts import FPS
from seedspec.text.value import valueclass

FAILURES = {
    "service_error": "The generation service had an internal error.",
    "service_unavailable": "The generation service is not available.",
    "resource_exhausted": "The generation service has no capacity left.",
    "generation_timeout": "The generation took too long.",
    "quota_exceeded": "Too many tasks at once for this account.",
    "request_cancelled": "The request was cancelled.",
    "unknown_error": "An unknown error occurred.",
    "generation_failed_no_content": "The generation gave no content.",
    "resource_not_found": "A resource of the request was not found.",
    "image_processing_error": "An image of the request could not be processed.",
    "content_policy_violation": "The content policy refused this.\nReal, identifiable people are not allowed.",
    "invalid_parameters": "The parameters of the request are not valid.",
    "image_dimension_mismatch": "The sizes of the images do not fit together.",
}


@valueclass(frozen=True, slots=True)
class Task:
    """An accepted request. Times are Unix seconds; `error`: how it will fail, if so.

    `units` are reserved and `charge` is the bill of what does not fail, both in 1/10,000 credit. `twists` are faults
    that its clip has, and `own` is the id that the client gave it, if any.
    """

    id: str
    body: Mapping[str, Any]
    created: float
    starts: float
    ends: float
    units: int
    charge: int
    width: int
    height: int
    ratio: str
    error: str | None = None
    stale_first_link: bool = False
    idempotency_key: str | None = None
    twists: tuple[str, ...] = ()
    own: str = ""

    @property
    def estimated_time(self) -> int:
        """Seconds from acceptance to the end, rounded up."""
        return max(1, math.ceil(self.ends - self.created))


def fresh_id(form: str, now: float) -> str:
    """The id of a new task, in one of the ways that services write theirs: the first that a file's pattern takes."""
    day = time.strftime("%Y%m%d%H%M%S", time.gmtime(now))
    ways = (f"task-unified-{int(now)}-{secrets.token_hex(4)}", f"cgt-{day}-{secrets.token_hex(3)}", str(uuid.uuid4()),
            secrets.token_hex(8), secrets.token_hex(16), str(secrets.randbelow(10**18)))  # fmt: skip
    begin = _BEGIN.match(form)
    head = begin[1].replace("\\", "") if begin else ""
    more = (head + tail for length in range(4, 41) for tail in _tails(length))
    return next((one for one in (*ways, *more) if re.fullmatch(form, one)), ways[0])


_BEGIN = re.compile(r"\^((?:[A-Za-z0-9_-](?![*+?{])|\\[.-])*)")
"""The letters with which every text of a pattern begins."""


def _tails(length: int) -> Iterator[str]:
    hexadecimal = secrets.token_hex(length)[:length]
    yield from (hexadecimal, hexadecimal.upper())
    yield "".join(secrets.choice(string.digits) for _ in range(length))
    yield "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))
    yield "".join(secrets.choice(string.ascii_lowercase) for _ in range(length))


def status(task: Task, now: float, *, settled: bool) -> tuple[str, int]:
    """The word and the progress at a moment. A task ends when it is due and its clip and its bill are settled."""
    if settled and now >= task.ends:
        return ("failed", 0) if task.error else ("completed", 100)
    share = (now - task.starts) / max(task.ends - task.starts, 1e-9)
    if share < 0.1:
        return "pending", 0
    return "processing", max(1, min(99, int(share * 100)))


def card(task: Task, said: Mapping[str, Any]) -> Card:
    """What its clip shows. `said` is what was asked for, in the storyboard's own words."""
    width, height = task.width, task.height
    if "wrong-size" in task.twists:
        width, height = (height, width) if width != height else (width * 3 // 4 // 2 * 2, height)
    return Card(
        task=task.id,
        prompt=str(task.body["prompt"]),
        width=width,
        height=height,
        seconds=int(said["duration"]) - ("short" in task.twists),
        quality=str(said.get("quality", "-")),
        ratio=task.ratio,
        audio=said.get("generate_audio") is True and "silent" not in task.twists,
        fps=FPS // 2 if "wrong-fps" in task.twists else FPS,
        pictures="black" if "black" in task.twists else "still" if "frozen" in task.twists else "moving",
    )


def document(task: Task, now: float, *, settled: bool, seconds: int, link: str | None) -> dict[str, Any]:
    """A task as create, read, batch and the callback show it. The prompt and the media are never repeated."""
    word, progress = status(task, now, settled=settled)
    usage: dict[str, Any] = {
        "billing_rule": "per_second",
        "credits_reserved": task.units / 10_000,
        "user_group": "default",
    }
    shown: dict[str, Any] = {
        "id": task.id,
        "object": "video.generation.task",
        "created": int(task.created),
        "model": task.body["model"],
        "status": word,
        "progress": progress,
        "type": "video",
        "task_info": {"can_cancel": False, "estimated_time": task.estimated_time, "video_duration": seconds},
        "usage": usage,
    }
    if word == "completed":
        usage["credits_used"] = task.charge / 10_000
        shown["results"] = [link]
    elif word == "failed" and task.error:
        usage["credits_used"] = 0
        message = FAILURES.get(task.error, "The task failed.")
        shown["error"] = {"code": task.error, "message": message, "type": "task_error"}
    return shown


def summary(task: Task, now: float, *, settled: bool) -> dict[str, Any]:
    """A task as a row of the list: no link, no prompt."""
    word, progress = status(task, now, settled=settled)
    return {
        "id": task.id,
        "status": word,
        "model": task.body["model"],
        "type": "video",
        "progress": progress,
        "created_at": int(task.created),
        "has_results": word == "completed",
        "has_error": word == "failed",
        "credits_used": task.charge / 10_000 if word == "completed" else 0,
    }


def record(task: Task) -> dict[str, Any]:
    """The fields of a task as the ledger keeps them."""
    return {**asdict(task), "body": dict(task.body)}


def restore(kept: Mapping[str, Any]) -> Task:
    """The inverse of `record`, also of one by an older version; TypeError when a field is missing."""
    known = {"charge": kept.get("units"), "twists": (), **kept}
    return Task(**{**known, "twists": tuple(known["twists"])})
