"""What the calls of a provider file must have, so that a run can ask and read the answers: judged before any money."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from seedspec.catalog import template
from seedspec.catalog.answer_paths import writable
from seedspec.catalog.schema import Violation
from seedspec.text import later
from seedspec.text.node import Path

_PATH = later.pattern(r"(?:/(?:[A-Za-z0-9._~-]|\{task\}|\{own\}|\{model\}|\{app\})+)+")
_TAKES = {
    "create": ("task",),
    "read": ("state",),
    "list": ("rows", "task", "created"),
    "find": ("task",),
    "batch": ("rows", "task"),
    "balance": ("left",),
    "upload": ("url",),
    "room": ("room",),
}
"""What must be read from the answer of a call; without it the answer says nothing that a run can use."""
_OF_A_TASK, _METHODS = ("read", "result", "cancel"), {"create": "POST", "upload": "POST"}


def call_faults(document: Mapping[str, Any]) -> Iterator[Violation]:
    """What is wrong with the calls and states of a file that its meta schema has nothing against."""
    calls = document["calls"]
    for name, call in calls.items():
        here: Path = ("calls", name)
        if call["origin"] not in document["origins"]:
            yield _fault((*here, "origin"), f"`{call['origin']}` is none of the file's origins")
        if not _PATH.fullmatch(call["path"]) or ".." in call["path"].split("/"):
            yield _fault((*here, "path"), "expected a path as it is asked for, in which `{task}` alone is filled in")
        elif (name in _OF_A_TASK) is not ("{task}" in call["path"]):
            told = "expected `{task}` in it" if name in _OF_A_TASK else "no task is known here; expected no `{task}`"
            yield _fault((*here, "path"), told)
        elif (name == "find") is not ("{own}" in call["path"]):
            told = "expected `{own}` in it" if name == "find" else "an id of ours stands in the path of `find` alone"
            yield _fault((*here, "path"), told)
        if call["method"] != _METHODS.get(name, call["method"]):
            yield _fault((*here, "method"), f"found `{call['method']}`; expected `{_METHODS[name]}`")
        yield from _take_faults(name, call, here)
        yield from _template_faults(name, call, here)
    if not any(calls.get(name, {}).get("take", {}).get("links") for name in ("read", "result")):
        where = "result" if "result" in calls else "read"
        yield _fault(("calls", where), "expected `links` in its `take`: where the addresses of results stand")
    if "result" in calls and "failed" not in calls["result"] and not _tells_failure(document):
        what = "expected `failed`: no state says that a task has failed, so the status of this answer must"
        yield _fault(("calls", "result"), what)
    for meaning in ("running", "completed"):
        if meaning not in document["states"].values():
            yield _fault(("states",), f"no word means `{meaning}`; expected at least one")


def _tells_failure(document: Mapping[str, Any]) -> bool:
    return "failed" in document["states"].values() or "code" in document["calls"]["read"].get("take", {})


def _take_faults(name: str, call: Mapping[str, Any], here: Path) -> Iterator[Violation]:
    take = call.get("take", {})
    for wanted in _TAKES.get(name, ()):
        if wanted not in take:
            yield _fault((*here, "take") if "take" in call else here, f"expected `{wanted}` in its `take`")
    rows = take.get("rows")
    if rows is not None and not (isinstance(rows, str) and rows.endswith("[*]")):
        yield _fault((*here, "take", "rows"), "expected one path that ends in `[*]`, as in `data[*]`")
    if name == "create" and "task" in take and not writable(take["task"]):
        yield _fault((*here, "take", "task"), "expected a path that holds without `when`")


def _template_faults(asked: str, call: Mapping[str, Any], here: Path) -> Iterator[Violation]:
    if asked in ("create", "batch") and "body" not in call:
        yield _fault(here, "expected `body`: the template of what is sent")
    for key in ("body", "query"):
        if key in call:
            for place, what in template.faults(call[key]):
                steps = re.findall(r"([^.\[\]]+)|\[(\d+)\]", place)[1:]  # the first is `body`
                yield _fault((*here, key, *(name or int(number) for name, number in steps)), what)


def _fault(place: Path, what: str) -> Violation:
    return Violation(place, "provider-file", what)
